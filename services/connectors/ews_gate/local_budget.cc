#include "connectors/ews_gate/local_budget.h"

#include <algorithm>

namespace crosspoint::ews {

void LocalBudget::Silence(const std::string& lane, Time until) {
  const std::lock_guard lock(mu_);
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(until_, [now](const auto& entry) { return entry.second <= now; });
  auto& end = until_[lane];
  end = std::max(end, until);
}

LocalBudget::Time LocalBudget::SilentUntil(const std::string& lane) const {
  const std::lock_guard lock(mu_);
  Time until{};
  for (const auto& key : {std::string(), lane}) {
    if (const auto found = until_.find(key); found != until_.end()) until = std::max(until, found->second);
  }
  return until;
}

bool LocalBudget::Take(Time give_up) {
  std::unique_lock lock(mu_);
  if (!given_.wait_until(lock, give_up, [this] { return free_ > 0; })) return false;
  --free_;
  return true;
}

void LocalBudget::Give() {
  {
    const std::lock_guard lock(mu_);
    ++free_;
  }
  given_.notify_one();
}

}  // namespace crosspoint::ews
