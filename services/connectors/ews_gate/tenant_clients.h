#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/log/log.h"
#include "connectors/ews/autodiscover/mailbox_places.h"
#include "connectors/ews/autodiscover/settings.h"
#include "connectors/ews/client.h"
#include "connectors/ews/settings.h"
#include "connectors/ews_gate/noting_gate.h"
#include "connectors/ews_gate/redis_gate.h"

namespace crosspoint::ews {

// A tenant's Exchange as a service is configured for it.
struct TenantExchange {
  EwsSettings ews;
  AutodiscoverOptions autodiscover;
};

// The EWS clients of a service, each behind the gate shared through Redis: one per tenant that has a server, and where
// Autodiscover is asked one more for every other address that it names. Thread-safe.
class TenantClients {
 public:
  using Deadline = EwsGate::Deadline;

  // Where a mailbox is and who speaks to that server; the client lives as long as this.
  struct Seat {
    EwsClient* client = nullptr;
    MailboxPlace place;
  };

  // `tenants` by tenant id; those without a server are left out. References must outlive it; once per registry.
  //   kInvalidArgument: settings that cannot work, with the tenant named
  static absl::StatusOr<std::unique_ptr<TenantClients>> Create(const std::map<std::string, TenantExchange>& tenants,
                                                               RedisClient& redis, metrics::Registry& registry,
                                                               const Clock& clock, log::Logger& log);
  ~TenantClients();

  // At the tenant's own address; nullptr when the tenant has no server. Lives as long as this.
  EwsClient* Find(const std::string& tenant) const;
  // For calls about `mailbox`; asks Autodiscover where the tenant has it and the answer is not known. `deadline`: of a
  // call that a person waits for. The tenant must have a server.
  //   errors of Autodiscover::Discover that are about this mailbox
  //   kResourceExhausted  EWS_TOO_MANY_SERVERS: Autodiscover names ever more addresses
  absl::StatusOr<Seat> Find(const std::string& tenant, const std::string& mailbox,
                            std::optional<Deadline> deadline = std::nullopt);
  // Where the mailbox is as far as is known, without asking; nullopt when it has to be asked for.
  std::optional<MailboxPlace> Known(const std::string& tenant, const std::string& mailbox) const;
  // The tenant's own address; empty without a server.
  std::string HomeUrl(const std::string& tenant) const;
  // Whose mailboxes of a tenant are looked up together. Before any call; called on their threads.
  void SetCompanions(const std::function<std::vector<std::string>(const std::string& tenant)>& companions);

  // Ends all calls in flight, which would otherwise keep the process for as long as a server hangs.
  void Stop();

 private:
  struct Server;
  struct Tenant;

  TenantClients(RedisClient& redis, metrics::Registry& registry, log::Logger& log);
  absl::Status Add(const std::string& id, const TenantExchange& exchange, const Clock& clock);
  absl::StatusOr<std::unique_ptr<Server>> Connect(const std::string& id, Tenant& tenant, const std::string& url);
  absl::StatusOr<EwsClient*> ClientAt(const std::string& id, Tenant& tenant, const std::string& url);

  RedisClient& redis_;
  log::Logger& log_;
  GateMetrics metrics_;
  const EwsObserver observer_;
  std::map<std::string, std::unique_ptr<Tenant>> tenants_;
};

}  // namespace crosspoint::ews
