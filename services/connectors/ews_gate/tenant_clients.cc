#include "connectors/ews_gate/tenant_clients.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "common/status/status.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/metrics_observer.h"

namespace crosspoint::ews {
namespace {

constexpr size_t kMostServers = 100;  // of a tenant

std::string Folded(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

// One address.
struct TenantClients::Server {
  std::unique_ptr<RedisEwsGate> gate;
  std::unique_ptr<NotingGate> noting;  // null without Autodiscover
  std::unique_ptr<EwsClient> client;
};

struct TenantClients::Tenant {
  EwsSettings settings;
  std::unique_ptr<Autodiscover> autodiscover;  // null: not asked
  std::unique_ptr<MailboxPlaces> places;       // likewise
  std::unique_ptr<Server> home;
  std::mutex mu;
  std::map<std::string, std::unique_ptr<Server>> others;  // by address in lower case; guarded by mu
  bool stopped = false;                                   // guarded by mu
};

TenantClients::TenantClients(RedisClient& redis, metrics::Registry& registry, log::Logger& log)
    : redis_(redis), log_(log), metrics_(registry), observer_(MetricsObserver(registry)) {}

TenantClients::~TenantClients() = default;

absl::StatusOr<std::unique_ptr<TenantClients>> TenantClients::Create(
    const std::map<std::string, TenantExchange>& tenants, RedisClient& redis, metrics::Registry& registry,
    const Clock& clock, log::Logger& log) {
  std::unique_ptr<TenantClients> made(new TenantClients(redis, registry, log));
  for (const auto& [id, exchange] : tenants) {
    if (!exchange.ews.configured()) continue;
    if (auto status = made->Add(id, exchange, clock); !status.ok()) return Annotate(status, "tenants." + id);
  }
  return made;
}

absl::Status TenantClients::Add(const std::string& id, const TenantExchange& exchange, const Clock& clock) {
  auto tenant = std::make_unique<Tenant>();
  tenant->settings = exchange.ews;
  const auto& asked = exchange.autodiscover;
  if (asked.on()) {
    CROSSPOINT_ASSIGN_OR_RETURN(tenant->autodiscover, Autodiscover::Create(exchange.ews.ToConfig(), asked.url()));
    tenant->places = std::make_unique<MailboxPlaces>(
        [&autodiscover = *tenant->autodiscover](const auto& mailboxes, Deadline deadline) {
          return autodiscover.Discover(mailboxes, deadline);
        },
        clock,
        MailboxPlaces::Options{
            .home = exchange.ews.url, .fresh_for = asked.fresh_for, .retry_after = asked.retry_after},
        [this, id](const absl::Status& status) {
          if (status.ok()) return log_.Info("autodiscover_reachable", {{"tenant", id}});
          log_.Warn("autodiscover_unreachable", {{"tenant", id}, {"problem", MessageOf(status)}});
        });
  }
  CROSSPOINT_ASSIGN_OR_RETURN(tenant->home, Connect(id, *tenant, exchange.ews.url));
  tenants_.emplace(id, std::move(tenant));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<TenantClients::Server>> TenantClients::Connect(const std::string& id, Tenant& tenant,
                                                                              const std::string& url) {
  auto settings = tenant.settings;
  settings.url = url;
  auto config = settings.ToConfig();
  auto server = std::make_unique<Server>();
  server->gate = std::make_unique<RedisEwsGate>(redis_, AccountOf(settings, id), settings.politeness, metrics_);
  config.gate = server->gate.get();
  if (tenant.places) {
    server->noting = std::make_unique<NotingGate>(
        *server->gate, [&places = *tenant.places](const std::string& mailbox, const absl::Status& outcome) {
          places.Note(mailbox, outcome);
        });
    config.gate = server->noting.get();
  }
  auto client = EwsClient::Create(std::move(config), observer_);
  if (!client.ok()) return Annotate(client.status(), "ews");
  server->client = *std::move(client);
  return server;
}

absl::StatusOr<EwsClient*> TenantClients::ClientAt(const std::string& id, Tenant& tenant, const std::string& url) {
  const std::lock_guard lock(tenant.mu);
  if (tenant.stopped) return absl::CancelledError("stopped");
  auto key = Folded(url);
  if (const auto known = tenant.others.find(key); known != tenant.others.end()) return known->second->client.get();
  if (tenant.others.size() >= kMostServers) {
    return ErrorWithInfo(absl::StatusCode::kResourceExhausted,
                         fmt::format("Autodiscover names more than {} addresses", kMostServers),
                         {"EWS_TOO_MANY_SERVERS", std::string(kErrorDomain), {{"reaction", "stop"}}});
  }
  CROSSPOINT_ASSIGN_OR_RETURN(auto server, Connect(id, tenant, url));
  return tenant.others.emplace(std::move(key), std::move(server)).first->second->client.get();
}

EwsClient* TenantClients::Find(const std::string& tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? nullptr : found->second->home->client.get();
}

absl::StatusOr<TenantClients::Seat> TenantClients::Find(const std::string& tenant, const std::string& mailbox,
                                                        std::optional<Deadline> deadline) {
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return absl::InternalError("asked for a tenant without a server");
  auto& exchange = *found->second;
  if (!exchange.places) return Seat{exchange.home->client.get(), {exchange.settings.url, ""}};
  CROSSPOINT_ASSIGN_OR_RETURN(auto place, exchange.places->Find(mailbox, deadline));
  if (place.url == exchange.settings.url) return Seat{exchange.home->client.get(), std::move(place)};
  CROSSPOINT_ASSIGN_OR_RETURN(auto* const client, ClientAt(tenant, exchange, place.url));
  return Seat{client, std::move(place)};
}

std::optional<MailboxPlace> TenantClients::Known(const std::string& tenant, const std::string& mailbox) const {
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return std::nullopt;
  const auto& exchange = *found->second;
  return exchange.places ? exchange.places->Known(mailbox) : MailboxPlace{exchange.settings.url, ""};
}

std::string TenantClients::HomeUrl(const std::string& tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? "" : found->second->settings.url;
}

void TenantClients::SetCompanions(const std::function<std::vector<std::string>(const std::string&)>& companions) {
  for (const auto& [id, tenant] : tenants_) {
    if (tenant->places) tenant->places->SetCompanions([companions, id = id] { return companions(id); });
  }
}

void TenantClients::Stop() {
  for (const auto& [id, tenant] : tenants_) {
    if (tenant->autodiscover) tenant->autodiscover->Stop();
    tenant->home->client->Stop();
    const std::lock_guard lock(tenant->mu);
    tenant->stopped = true;
    for (const auto& [url, server] : tenant->others) server->client->Stop();
  }
}

}  // namespace crosspoint::ews
