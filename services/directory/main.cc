#include <map>
#include <memory>
#include <set>
#include <vector>

#include "common/app/app.h"
#include "common/app/redis_part.h"
#include "common/app/redis_readiness.h"
#include "common/grpcx/channel.h"
#include "common/status/status.h"
#include "common/zmq/bus_metrics.h"
#include "common/zmq/bus_node.h"
#include "common/zmq/redis_peer_directory.h"
#include "connectors/ews/metrics_observer.h"
#include "connectors/ews_gate/gate_metrics.h"
#include "crosspoint/directory/v1/connector_service.grpc.pb.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "crosspoint/directory/v1/tenant_service.grpc.pb.h"
#include "directory/adapters/ews_connections.h"
#include "directory/adapters/ews_connector_probe.h"
#include "directory/adapters/ews_directory.h"
#include "directory/adapters/grpc_presence_source.h"
#include "directory/adapters/ldap_directory.h"
#include "directory/adapters/metrics.h"
#include "directory/adapters/redis_connector_store.h"
#include "directory/adapters/redis_list_snapshots.h"
#include "directory/adapters/redis_photo_cache.h"
#include "directory/adapters/redis_tenant_store.h"
#include "directory/adapters/redis_user_store.h"
#include "directory/adapters/tenant_sources.h"
#include "directory/adapters/zmq_change_announcer.h"
#include "directory/adapters/zmq_hint_listener.h"
#include "directory/api/connector_handler.h"
#include "directory/api/directory_handler.h"
#include "directory/api/tenant_handler.h"
#include "directory/app/connector_test_run.h"
#include "directory/app/feed_refresher.h"
#include "directory/config.h"

namespace {

using namespace crosspoint;

std::map<TenantId, directory::ConfiguredExchange> ExchangeOf(const directory::DirectoryConfig& config) {
  std::map<TenantId, directory::ConfiguredExchange> exchange;
  for (const auto& [id, tenant] : config.tenants) exchange[TenantId{id}] = {tenant.ews, tenant.secrets};
  return exchange;
}

std::vector<directory::Tenant> TenantsOf(const directory::DirectoryConfig& config) {
  std::vector<directory::Tenant> tenants;
  for (const auto& [id, tenant] : config.tenants) tenants.push_back(tenant.ToTenant(id));
  return tenants;
}

std::map<TenantId, directory::EwsDirectory::Lists> ListsOf(const directory::DirectoryConfig& config) {
  std::map<TenantId, directory::EwsDirectory::Lists> lists;
  for (const auto& [id, tenant] : config.tenants) {
    lists[TenantId{id}] = {tenant.lookup_mailbox, tenant.address_list, tenant.public_contacts};
  }
  return lists;
}

std::map<TenantId, ldap::LdapSettings> LdapOf(const directory::DirectoryConfig& config) {
  std::map<TenantId, ldap::LdapSettings> settings;
  for (const auto& [id, tenant] : config.tenants) {
    if (tenant.ldap.configured()) settings[TenantId{id}] = tenant.ldap;
  }
  return settings;
}

std::set<TenantId> TenantsOfLdap(const directory::DirectoryConfig& config) {
  std::set<TenantId> tenants;
  for (const auto& [id, tenant] : config.tenants) {
    if (tenant.corporate_source == directory::CorporateSource::kLdap) tenants.insert(TenantId{id});
  }
  return tenants;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> PresenceChannel(const directory::DirectoryConfig& config) {
  if (config.presence.target.empty()) return nullptr;
  return grpcx::MakeChannel(config.presence);
}

absl::Status Setup(App& app) {
  auto& config = app.Make<directory::DirectoryConfig>();
  CROSSPOINT_RETURN_IF_ERROR(app.LoadConfig(config));
  auto& redis = MakeRedis(app, config.redis);
  CROSSPOINT_RETURN_IF_ERROR(RequireDurableRedis(app, redis));
  auto& store = app.Make<directory::RedisUserStore>(redis, app.ids());
  auto& due = app.Make<directory::DueTenants>();

  auto& peers = app.Make<RedisPeerDirectory>(redis);
  auto& listener = app.Make<directory::ZmqHintListener>([&due](const TenantId& tenant) { due.Add(tenant); });
  auto& bus = app.Make<BusNode>(config.bus, directory::kHintChannel, peers, nullptr, listener, app.clock(), app.log());
  AddBusMetrics(app.metrics(), "directory", bus);
  CROSSPOINT_RETURN_IF_ERROR(bus.Start());
  auto& announcer = app.Make<directory::ZmqChangeAnnouncer>(bus);

  auto& feed = app.Make<directory::UserFeed>(store, std::vector<TenantId>());
  auto& tenant_store = app.Make<directory::RedisTenantStore>(redis);
  auto& tenants = app.Make<directory::TenantRegistry>(tenant_store, announcer, TenantsOf(config),
                                                      [&feed, &due](const TenantId& tenant) {
                                                        feed.Admit(tenant);
                                                        due.Add(tenant);
                                                      });
  auto& connector_store = app.Make<directory::RedisConnectorStore>(redis);
  auto& connections = app.Make<directory::EwsConnections>(
      ExchangeOf(config), redis, app.Make<ews::GateMetrics>(app.metrics()), ews::MetricsObserver(app.metrics()));
  auto& connectors = app.Make<directory::ConnectorBook>(connector_store, connections, announcer);
  auto& refresher =
      app.Make<directory::FeedRefresher>(due, tenants, feed, connectors, app.log(), config.reconcile_interval);

  auto& exchange = app.Make<directory::EwsDirectory>(connections, ListsOf(config), app.log());
  CROSSPOINT_ASSIGN_OR_RETURN(auto ldap_made, directory::LdapDirectory::Create(LdapOf(config)));
  auto& ldap = app.Keep(std::move(ldap_made));
  auto& sources = app.Make<directory::TenantSources>(exchange, ldap, TenantsOfLdap(config));
  auto& corporate = app.Make<directory::MeteredCorporateDirectory>(sources, app.metrics());
  auto& photo_cache = app.Make<directory::RedisPhotoCache>(redis);
  auto& photos =
      app.Make<directory::PhotoLibrary>(sources, photo_cache, app.clock(), app.log(), config.photo_fresh_for);
  auto& search = app.Make<directory::PeopleSearch>(feed, corporate, app.log(), config.corporate_limit);
  directory::OfferMetrics(app.metrics(), feed, search);
  auto& registry = app.Make<directory::UserRegistry>(store, announcer, app.ids(),
                                                     [&due](const TenantId& tenant) { due.Add(tenant); });

  auto& snapshots = app.Make<directory::RedisListSnapshots>(redis, config.list_fresh_for);
  auto& lists = app.Make<directory::CorporateLists>(corporate, snapshots, feed, app.ids());
  CROSSPOINT_ASSIGN_OR_RETURN(auto presence_channel, PresenceChannel(config));
  auto& presence = app.Make<directory::GrpcPresenceSource>(std::move(presence_channel));
  auto& cards = app.Make<directory::ContactCards>(feed, search, photos, presence, app.log(), config.corporate_limit);

  app.Serve<directory::v1::DirectoryService>(
      app.Make<directory::DirectoryHandler>(tenants, registry, feed, search, photos, lists, cards));
  app.Serve<directory::v1::TenantService>(app.Make<directory::TenantHandler>(tenants));
  auto& probe = app.Make<directory::EwsConnectorProbe>(connections);
  auto& test_run = app.Make<directory::ConnectorTestRun>(probe, feed);
  app.Serve<directory::v1::ConnectorService>(app.Make<directory::ConnectorHandler>(connectors, test_run, tenants));
  app.RunInBackground("user_feed", [&refresher](const std::stop_token& stop) { refresher.Run(stop); });
  app.AddReadinessCheck("tenants", [&tenants] { return tenants.Loaded(); });
  app.AddReadinessCheck("users", [&feed] { return feed.Loaded(); });
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) { return crosspoint::RunMain("directory", argc, argv, Setup); }
