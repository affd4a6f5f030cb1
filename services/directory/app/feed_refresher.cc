#include "directory/app/feed_refresher.h"

#include <set>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

constexpr std::chrono::seconds kReadLimit{5};
constexpr std::chrono::milliseconds kPauseAfterFailure{200};

Deadline Soon() { return std::chrono::steady_clock::now() + kReadLimit; }

}  // namespace

FeedRefresher::FeedRefresher(DueTenants& due, TenantRegistry& tenants, UserFeed& feed, ConnectorBook& connectors,
                             log::Logger& log, std::chrono::milliseconds interval)
    : due_(due), tenants_(tenants), feed_(feed), connectors_(connectors), log_(log), interval_(interval) {}

absl::Status FeedRefresher::Refresh(const TenantId& tenant) {
  // Another replica may have created it.
  if (const auto known = tenants_.Require(tenant, Soon()); !known.ok()) {
    return absl::IsNotFound(known) ? absl::OkStatus() : known;
  }
  const auto page = connectors_.Refresh(tenant, Soon());
  const auto users = feed_.Refresh(tenant, Soon());
  return users.ok() ? page : users;
}

void FeedRefresher::Run(const std::stop_token& stop) {
  bool failing = false;
  bool all = true;
  std::set<TenantId> due;
  while (!stop.stop_requested()) {
    if (all) {
      all = !tenants_.Refresh(Soon()).ok();
      for (const auto& tenant : tenants_.known()) due.insert(tenant);
    }
    std::set<TenantId> failed;
    for (const auto& tenant : due) {
      if (stop.stop_requested()) return;
      const auto read = Refresh(tenant);
      if (read.ok()) continue;
      failed.insert(tenant);
      if (!failing) log_.Warn("users_unreadable", {{"tenant", tenant.value}, {"error", MessageOf(read)}});
    }
    if (failing && failed.empty()) log_.Info("users_readable_again");
    failing = !failed.empty();

    due = due_.Take(stop, failing || all ? kPauseAfterFailure : interval_);
    all = all || due.empty();
    due.insert(failed.begin(), failed.end());
  }
}

}  // namespace crosspoint::directory
