#include <map>
#include <memory>
#include <vector>

#include "common/app/app.h"
#include "common/app/redis_part.h"
#include "common/app/redis_readiness.h"
#include "common/status/status.h"
#include "common/zmq/bus_node.h"
#include "common/zmq/redis_peer_directory.h"
#include "connectors/ews_gate/tenant_clients.h"
#include "crosspoint/directory/v1/connector_service.grpc.pb.h"
#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "crosspoint/directory/v1/tenant_service.grpc.pb.h"
#include "directory/adapters/ews_connector_probe.h"
#include "directory/adapters/ews_directory.h"
#include "directory/adapters/redis_photo_cache.h"
#include "directory/adapters/redis_user_store.h"
#include "directory/adapters/zmq_change_announcer.h"
#include "directory/adapters/zmq_hint_listener.h"
#include "directory/api/connector_handler.h"
#include "directory/api/directory_handler.h"
#include "directory/app/connector_test_run.h"
#include "directory/app/feed_refresher.h"
#include "directory/config.h"

namespace {

using namespace crosspoint;

absl::StatusOr<std::map<TenantId, ews::EwsClient*>> MakeEwsClients(App& app, const directory::DirectoryConfig& config,
                                                                   RedisClient& redis) {
  std::map<std::string, ews::EwsSettings> settings;
  for (const auto& [id, tenant] : config.tenants) settings[id] = tenant.ews;
  CROSSPOINT_ASSIGN_OR_RETURN(auto made, ews::TenantClients::Create(settings, redis, app.metrics()));
  std::map<TenantId, ews::EwsClient*> clients;
  for (const auto& [id, client] : made->all()) clients[TenantId{id}] = client.get();
  app.Keep(std::move(made));
  return clients;
}

std::map<TenantId, ews::EwsConfig> EwsConfigs(const directory::DirectoryConfig& config) {
  std::map<TenantId, ews::EwsConfig> configs;
  for (const auto& [id, tenant] : config.tenants) {
    if (tenant.ews.configured()) configs.emplace(TenantId{id}, tenant.ews.ToConfig());
  }
  return configs;
}

absl::Status Setup(App& app) {
  auto& config = app.Make<directory::DirectoryConfig>();
  CROSSPOINT_RETURN_IF_ERROR(app.LoadConfig(config));
  auto& redis = MakeRedis(app, config.redis);
  CROSSPOINT_RETURN_IF_ERROR(RequireDurableRedis(app, redis));
  auto& store = app.Make<directory::RedisUserStore>(redis, app.ids());
  std::vector<TenantId> tenants;
  for (const auto& [id, tenant] : config.tenants) tenants.push_back({id});
  auto& feed = app.Make<directory::UserFeed>(store, tenants);
  auto& refresher = app.Make<directory::FeedRefresher>(feed, app.log(), config.reconcile_interval);

  auto& peers = app.Make<RedisPeerDirectory>(redis);
  auto& listener = app.Make<directory::ZmqHintListener>([&refresher](const TenantId& t) { refresher.Wake(t); });
  auto& bus = app.Make<BusNode>(config.bus, directory::kHintChannel, peers, nullptr, listener, app.clock(), app.log());
  CROSSPOINT_RETURN_IF_ERROR(bus.Start());
  auto& announcer = app.Make<directory::ZmqChangeAnnouncer>(bus);

  CROSSPOINT_ASSIGN_OR_RETURN(auto clients, MakeEwsClients(app, config, redis));
  auto& exchange = app.Make<directory::EwsDirectory>(std::move(clients));
  auto& photo_cache = app.Make<directory::RedisPhotoCache>(redis);
  auto& photos =
      app.Make<directory::PhotoLibrary>(exchange, photo_cache, app.clock(), app.log(), config.photo_fresh_for);
  auto& search = app.Make<directory::PeopleSearch>(feed, exchange, app.log(), config.corporate_limit);
  auto& registry = app.Make<directory::UserRegistry>(store, announcer, app.ids(),
                                                     [&refresher](const TenantId& t) { refresher.Wake(t); });

  app.Serve<directory::v1::DirectoryService>(app.Make<directory::DirectoryHandler>(registry, feed, search, photos));
  auto& probe = app.Make<directory::EwsConnectorProbe>(EwsConfigs(config));
  auto& test_run = app.Make<directory::ConnectorTestRun>(probe, feed);
  app.Serve<directory::v1::ConnectorService>(app.Make<directory::ConnectorHandler>(test_run, feed));
  app.RunInBackground("user_feed", [&refresher](const std::stop_token& stop) { refresher.Run(stop); });
  app.AddReadinessCheck("users", [&feed] { return feed.Loaded(); });
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) { return crosspoint::RunMain("directory", argc, argv, Setup); }
