#include "directory/adapters/ews_connections.h"

#include <utility>

#include "common/status/status.h"
#include "connectors/ews/host_rules.h"
#include "connectors/ews_gate/redis_gate.h"

namespace crosspoint::directory {
namespace {

// What the page shows where nobody has written one: any text, and never used.
constexpr char kAnyText[] = "unused";

absl::Status Refused(const char* reason, const std::string& message) {
  return ErrorWithInfo(absl::StatusCode::kFailedPrecondition, message,
                       {.reason = reason, .domain = "directory.crosspoint", .metadata = {}});
}

absl::Status MeansGraph(const std::string& host) {
  return Refused("MEANS_GRAPH", "connector.server_address: " + host +
                                    " is Exchange Online, where EWS is switched off. Its mailboxes are reached by "
                                    "Microsoft Graph, which this version does not speak; give the address of an "
                                    "Exchange Server");
}

std::string NamesOf(const std::map<std::string, ews::EwsSettings>& secrets) {
  std::string names;
  for (const auto& [name, settings] : secrets) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "it has none" : "it has " + names;
}

}  // namespace

// One page put into effect.
struct EwsConnections::Connection {
  bool enabled = false;
  absl::StatusOr<ews::EwsSettings> settings = absl::UnknownError("");
  std::unique_ptr<ews::RedisEwsGate> gate;
  std::unique_ptr<ews::EwsClient> client;  // uses the gate; null when disabled or `settings` is an error
};

EwsConnections::EwsConnections(std::map<TenantId, ConfiguredExchange> configured, RedisClient& redis,
                               ews::GateMetrics& metrics, ews::EwsObserver observer)
    : configured_(std::move(configured)), redis_(redis), metrics_(metrics), observer_(std::move(observer)) {
  for (const auto& [tenant, exchange] : configured_) connections_[tenant] = Open(tenant, Configured(tenant));
}

EwsConnections::~EwsConnections() { Stop(); }

ConnectorPage EwsConnections::Configured(const TenantId& tenant) const {
  ConnectorPage page{.username = kAnyText, .password = kAnyText};
  const auto it = configured_.find(tenant);
  if (it != configured_.end() && it->second.ews.configured()) {
    page.enabled = true;
    page.server_address = it->second.ews.url;
  }
  return page;
}

absl::StatusOr<ews::EwsSettings> EwsConnections::Effective(const TenantId& tenant, const ConnectorPage& page) const {
  const auto host = HostOfAddress(page.server_address);
  if (ews::IsExchangeOnlineHost(host)) return MeansGraph(host);
  static const ConfiguredExchange kNothing;
  const auto it = configured_.find(tenant);
  const auto& configured = it == configured_.end() ? kNothing : it->second;
  const auto* base = &configured.ews;
  if (!page.credential_secret.empty()) {
    const auto secret = configured.secrets.find(page.credential_secret);
    if (secret == configured.secrets.end()) {
      return Refused("SECRET_UNKNOWN", "connector.credential_secret: the configuration of " + tenant.Name() +
                                           " has no secret " + page.credential_secret + "; " +
                                           NamesOf(configured.secrets));
    }
    base = &secret->second;
  }
  if (!base->configured()) {
    return Refused("CREDENTIALS_MISSING", "the configuration of " + tenant.Name() +
                                              " has no credentials of its own for Exchange; name a "
                                              "connector.credential_secret: " +
                                              NamesOf(configured.secrets));
  }
  ews::EwsSettings settings = *base;
  if (settings.allowed_hosts.empty()) settings.allowed_hosts = {HostOfAddress(settings.url)};
  settings.url = EwsUrlOfAddress(page.server_address);
  const auto config = settings.ToConfig();
  if (const auto may = config.CheckUrl(settings.url); !may.ok()) {
    return Refused("HOST_NOT_ALLOWED", "connector.server_address: the credentials may not be sent there (" +
                                           MessageOf(may) + "); the operator's configuration names the allowed hosts");
  }
  if (const auto valid = config.Validate(); !valid.ok()) {
    return InvalidField("connector.server_address", MessageOf(valid));
  }
  return settings;
}

absl::Status EwsConnections::Check(const TenantId& tenant, const ConnectorPage& page) const {
  return Effective(tenant, page).status();
}

std::shared_ptr<EwsConnections::Connection> EwsConnections::Open(const TenantId& tenant,
                                                                 const ConnectorPage& page) const {
  auto connection = std::make_shared<Connection>();
  connection->enabled = page.enabled;
  if (!page.enabled) return connection;
  connection->settings = Effective(tenant, page);
  if (!connection->settings.ok()) return connection;
  const auto& settings = *connection->settings;
  connection->gate = std::make_unique<ews::RedisEwsGate>(redis_, ews::AccountOf(settings, tenant.value),
                                                         settings.politeness, metrics_);
  auto config = settings.ToConfig();
  config.gate = connection->gate.get();
  auto client = ews::EwsClient::Create(std::move(config), observer_);
  if (client.ok()) {
    connection->client = *std::move(client);
  } else {
    connection->settings = client.status();
  }
  return connection;
}

void EwsConnections::Apply(const TenantId& tenant, const ConnectorPage& page) {
  auto next = Open(tenant, page);
  std::shared_ptr<Connection> last;  // destroyed without the lock: it joins threads
  const std::lock_guard lock(mu_);
  if (stopped_) return;
  last = std::exchange(connections_[tenant], std::move(next));
}

std::shared_ptr<EwsConnections::Connection> EwsConnections::Current(const TenantId& tenant) const {
  const std::lock_guard lock(mu_);
  const auto it = connections_.find(tenant);
  return it == connections_.end() ? nullptr : it->second;
}

bool EwsConnections::Has(const TenantId& tenant) const {
  const auto connection = Current(tenant);
  return connection != nullptr && connection->enabled;
}

absl::StatusOr<std::shared_ptr<EwsConnections::Connection>> EwsConnections::Enabled(const TenantId& tenant) const {
  auto connection = Current(tenant);
  if (connection == nullptr || !connection->enabled) {
    return Refused("NO_CONNECTOR", tenant.Name() + " has no Exchange connector, or it is disabled");
  }
  if (!connection->settings.ok()) return connection->settings.status();
  return connection;
}

absl::StatusOr<std::shared_ptr<ews::EwsClient>> EwsConnections::Find(const TenantId& tenant) const {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto connection, Enabled(tenant));
  return std::shared_ptr<ews::EwsClient>(connection, connection->client.get());
}

absl::StatusOr<ews::EwsConfig> EwsConnections::ConfigOf(const TenantId& tenant) const {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto connection, Enabled(tenant));
  return connection->settings->ToConfig();
}

void EwsConnections::Stop() {
  std::map<TenantId, std::shared_ptr<Connection>> all;
  {
    const std::lock_guard lock(mu_);
    stopped_ = true;
    all = connections_;
  }
  for (const auto& [tenant, connection] : all) {
    if (connection->client != nullptr) connection->client->Stop();
  }
}

}  // namespace crosspoint::directory
