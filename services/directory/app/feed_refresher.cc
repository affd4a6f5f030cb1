#include "directory/app/feed_refresher.h"

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

constexpr std::chrono::seconds kReadLimit{5};
constexpr std::chrono::milliseconds kPauseAfterFailure{200};

}  // namespace

FeedRefresher::FeedRefresher(UserFeed& feed, log::Logger& log, std::chrono::milliseconds interval)
    : feed_(feed), log_(log), interval_(interval) {}

void FeedRefresher::Wake(const TenantId& tenant) {
  if (!feed_.Knows(tenant)) return;
  {
    const std::lock_guard lock(mu_);
    due_.insert(tenant);
  }
  woken_.notify_one();
}

void FeedRefresher::Run(const std::stop_token& stop) {
  bool failing = false;
  std::set<TenantId> due(feed_.tenants().begin(), feed_.tenants().end());
  while (!stop.stop_requested()) {
    std::set<TenantId> failed;
    for (const auto& tenant : due) {
      const auto read = feed_.Refresh(tenant, std::chrono::steady_clock::now() + kReadLimit);
      if (read.ok()) continue;
      failed.insert(tenant);
      if (!failing) log_.Warn("users_unreadable", {{"tenant", tenant.value}, {"error", MessageOf(read)}});
    }
    if (failing && failed.empty()) log_.Info("users_readable_again");
    failing = !failed.empty();

    std::unique_lock lock(mu_);
    const auto pause = failing ? kPauseAfterFailure : interval_;
    const bool woken = woken_.wait_for(lock, stop, pause, [this] { return !due_.empty(); });
    due = std::exchange(due_, {});
    due.insert(failed.begin(), failed.end());
    if (!woken) due.insert(feed_.tenants().begin(), feed_.tenants().end());
  }
}

}  // namespace crosspoint::directory
