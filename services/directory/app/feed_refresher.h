#pragma once

#include <chrono>
#include <stop_token>

#include "common/log/log.h"
#include "directory/app/connector_book.h"
#include "directory/app/due_tenants.h"
#include "directory/app/tenant_registry.h"
#include "directory/app/user_feed.h"

namespace crosspoint::directory {

// Keeps what is held in memory of every tenant fresh: at once when it is due, and all of it each `interval`.
class FeedRefresher {
 public:
  FeedRefresher(DueTenants& due, TenantRegistry& tenants, UserFeed& feed, ConnectorBook& connectors, log::Logger& log,
                std::chrono::milliseconds interval);

  // The body of one thread.
  void Run(const std::stop_token& stop);

 private:
  absl::Status Refresh(const TenantId& tenant);

  DueTenants& due_;
  TenantRegistry& tenants_;
  UserFeed& feed_;
  ConnectorBook& connectors_;
  log::Logger& log_;
  const std::chrono::milliseconds interval_;
};

}  // namespace crosspoint::directory
