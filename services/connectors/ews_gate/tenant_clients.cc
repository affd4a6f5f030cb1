#include "connectors/ews_gate/tenant_clients.h"

#include <utility>

#include "common/status/status.h"
#include "connectors/ews/metrics_observer.h"

namespace crosspoint::ews {

absl::StatusOr<std::unique_ptr<TenantClients>> TenantClients::Create(const std::map<std::string, EwsSettings>& tenants,
                                                                     RedisClient& redis, metrics::Registry& registry) {
  const auto observer = MetricsObserver(registry);
  std::unique_ptr<TenantClients> made(new TenantClients(registry));
  for (const auto& [id, settings] : tenants) {
    if (!settings.configured()) continue;
    auto config = settings.ToConfig();
    auto& gate = made->gates_[id];
    gate = std::make_unique<RedisEwsGate>(redis, AccountOf(settings, id), settings.politeness, made->metrics_);
    config.gate = gate.get();
    auto client = EwsClient::Create(std::move(config), observer);
    if (!client.ok()) return Annotate(client.status(), "tenants." + id + ".ews");
    made->clients_[id] = *std::move(client);
  }
  return made;
}

EwsClient* TenantClients::Find(const std::string& tenant) const {
  const auto found = clients_.find(tenant);
  return found == clients_.end() ? nullptr : found->second.get();
}

void TenantClients::Stop() {
  for (const auto& [id, client] : clients_) client->Stop();
}

}  // namespace crosspoint::ews
