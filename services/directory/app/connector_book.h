#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "directory/app/listeners.h"
#include "directory/app/tenant_ports.h"

namespace crosspoint::directory {

// Every tenant's connector page: changed here, kept equal to the store, put into effect. Thread-safe.
class ConnectorBook {
 public:
  ConnectorBook(ConnectorStore& store, ExchangeAccess& access, ChangeAnnouncer& announcer);

  // The page as it is stored now, or as the configuration has it.
  absl::StatusOr<ConnectorPage> Get(const TenantId& tenant, Deadline deadline);
  // Reads, lets `change` alter it, checks, writes it back; again when somebody was faster, unless `revision` is given.
  absl::StatusOr<ConnectorPage> Update(const TenantId& tenant, uint64_t revision,
                                       const std::function<void(ConnectorPage&)>& change, Deadline deadline);

  // Reads the page; when it is another one than before, puts it into effect and tells the listeners.
  absl::Status Refresh(const TenantId& tenant, Deadline deadline);
  // The page in effect here; nullopt before the first Refresh.
  std::optional<ConnectorPage> Current(const TenantId& tenant) const;
  // `listener` runs after each change that Refresh saw or Update made.
  std::unique_ptr<Listeners::Subscription> Subscribe(const TenantId& tenant, std::function<void()> listener);

 private:
  void Take(const TenantId& tenant, const ConnectorPage& page);

  ConnectorStore& store_;
  ExchangeAccess& access_;
  ChangeAnnouncer& announcer_;
  Listeners listeners_;
  mutable std::mutex mu_;
  std::map<TenantId, ConnectorPage> pages_;  // guarded by mu_
  std::mutex take_mu_;                       // one change at a time is put into effect; taken before mu_
};

}  // namespace crosspoint::directory
