#include "contact/app/shelf_refresher.h"

#include <utility>

#include "common/status/status.h"

namespace crosspoint::contact {
namespace {

constexpr std::chrono::seconds kReadLimit{5};
constexpr std::chrono::milliseconds kPauseAfterFailure{200};

}  // namespace

void ShelfRefresher::Wake(const UserId& owner) {
  if (!shelf_.Has(owner)) return;
  {
    const std::lock_guard lock(mu_);
    due_.insert(owner);
  }
  woken_.notify_one();
}

void ShelfRefresher::Run(const std::stop_token& stop) {
  bool failing = false;
  std::set<UserId> due;
  while (!stop.stop_requested()) {
    std::set<UserId> failed;
    for (const auto& owner : due) {
      if (stop.stop_requested()) return;
      // One store serves all: when it is away the others need not be tried.
      const auto read = failed.empty() ? shelf_.Refresh(owner, std::chrono::steady_clock::now() + kReadLimit)
                                       : absl::UnavailableError("not tried");
      if (read.ok()) continue;
      if (!failing && failed.empty()) log_.Warn("contacts_unreadable", {{"error", MessageOf(read)}});
      failed.insert(owner);
    }
    if (failing && failed.empty()) log_.Info("contacts_readable_again");
    failing = !failed.empty();

    std::unique_lock lock(mu_);
    const bool woken =
        woken_.wait_for(lock, stop, failing ? kPauseAfterFailure : interval_, [this] { return !due_.empty(); });
    due = std::exchange(due_, {});
    due.insert(failed.begin(), failed.end());
    lock.unlock();
    if (!woken) {
      for (auto& owner : shelf_.Watched()) due.insert(std::move(owner));
    }
  }
}

}  // namespace crosspoint::contact
