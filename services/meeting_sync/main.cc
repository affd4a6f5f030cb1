#include <condition_variable>
#include <mutex>
#include <random>

#include "common/app/app.h"
#include "common/app/redis_part.h"
#include "common/app/redis_readiness.h"
#include "common/grpcx/channel.h"
#include "common/redis/outbox.h"
#include "common/status/status.h"
#include "common/tasks/task_pool.h"
#include "connectors/ews_gate/tenant_clients.h"
#include "crosspoint/admin/v1/operations_service.grpc.pb.h"
#include "crosspoint/meeting_sync/v1/mailbox_feed_service.grpc.pb.h"
#include "crosspoint/meeting_sync/v1/meeting_service.grpc.pb.h"
#include "meeting_sync/adapters/claim_outbox.h"
#include "meeting_sync/adapters/directory_users.h"
#include "meeting_sync/adapters/ews_mailboxes.h"
#include "meeting_sync/adapters/grpc_presence.h"
#include "meeting_sync/adapters/metrics.h"
#include "meeting_sync/adapters/redis_feed_log.h"
#include "meeting_sync/adapters/redis_list_revisions.h"
#include "meeting_sync/adapters/redis_ports.h"
#include "meeting_sync/adapters/redis_sync_store.h"
#include "meeting_sync/adapters/redis_watch_memory.h"
#include "meeting_sync/adapters/tenant_feed.h"
#include "meeting_sync/adapters/traced_tasks.h"
#include "meeting_sync/api/mailbox_feed_handler.h"
#include "meeting_sync/api/meeting_handler.h"
#include "meeting_sync/api/meeting_service_handler.h"
#include "meeting_sync/api/meeting_watch_handler.h"
#include "meeting_sync/api/operations_handler.h"
#include "meeting_sync/app/breaking_mailboxes.h"
#include "meeting_sync/app/feed_keeper.h"
#include "meeting_sync/app/meeting_watch.h"
#include "meeting_sync/config.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kHandOverLimit{3'000};
constexpr seconds kProbeLimit{5};

double Random() {
  thread_local std::mt19937 random{std::random_device{}()};
  return std::uniform_real_distribution<>(0, 1)(random);
}

// Ends the threads that use other parts, before any part goes. Made last, so destroyed first.
struct Shutdown {
  FeedKeeper& keeper;
  clients::DirectoryFollower& directory;
  OutboxWorker& deliveries;
  ews::FeedHub& hub;
  ews::TenantClients& clients;
  TaskPool& pool;
  TaskPool& feed_pool;
  TaskPool& watch_pool;
  ~Shutdown() {
    directory.Stop();
    keeper.Stop(kHandOverLimit);
    hub.Stop();
    // What hangs in a mail server now would keep the process for up to half a minute.
    clients.Stop();
    deliveries.Stop();
    pool.Stop();
    feed_pool.Stop();
    watch_pool.Stop();
  }
};

// Asks each tenant's server until it has answered once, so that readiness is known without any user.
void ProbeServers(EwsMailboxes& mailboxes, TenantHealth& health, std::vector<TenantId> tenants, std::stop_token stop) {
  std::mutex mu;
  std::condition_variable_any wake;
  for (milliseconds pause{500}; !tenants.empty() && !stop.stop_requested();
       pause = std::min<milliseconds>(pause * 2, seconds{15})) {
    std::erase_if(tenants, [&](const TenantId& tenant) {
      if (!health.Enter(tenant).ok()) return false;
      const auto status = mailboxes.Probe(tenant, std::chrono::steady_clock::now() + kProbeLimit);
      health.Leave(tenant, TenantHealth::VerdictOf(status), status);
      return status.ok();
    });
    std::unique_lock lock(mu);
    wake.wait_for(lock, stop, pause, [] { return false; });
  }
}

struct Tenants {
  std::vector<TenantId> all;
  std::vector<TenantId> on_exchange;
  std::map<TenantId, Binding> bindings;
  std::map<TenantId, ews::EwsClient*> clients;
};

absl::StatusOr<ews::TenantClients*> MakeClients(App& app, const MeetingSyncConfig& config, RedisClient& redis) {
  std::map<std::string, ews::EwsSettings> settings;
  for (const auto& [id, tenant] : config.tenants) settings[id] = tenant.ews;
  CROSSPOINT_ASSIGN_OR_RETURN(auto clients, ews::TenantClients::Create(settings, redis, app.metrics()));
  return &app.Keep(std::move(clients));
}

Tenants TenantsOf(const MeetingSyncConfig& config, const ews::TenantClients& clients) {
  Tenants tenants;
  for (const auto& [id, tenant] : config.tenants) {
    tenants.all.push_back(TenantId{id});
    tenants.bindings[TenantId{id}] = tenant.default_binding;
    auto* const client = clients.Find(id);
    if (client == nullptr) continue;
    tenants.clients[TenantId{id}] = client;
    tenants.on_exchange.push_back(TenantId{id});
  }
  return tenants;
}

std::map<TenantId, ews::FeedServer*> MakeFeeds(App& app, const Tenants& tenants, TenantHealth& health) {
  std::map<TenantId, ews::FeedServer*> feeds;
  for (const auto& [tenant, client] : tenants.clients) {
    auto& server = app.Make<ews::EwsFeedServer>(*client);
    feeds[tenant] = &app.Make<TenantFeed>(server, health, tenant);
  }
  return feeds;
}

void AddGauges(metrics::Registry& registry, const TenantHealth& health, const UserBook& users,
               const ews::FeedHub& hub) {
  registry.AddReadGauge("crosspoint_meeting_sync_streams_open", "Streaming connections that are open",
                        [&hub] { return static_cast<double>(hub.stats().connections); });
  registry.AddReadGauge("crosspoint_meeting_sync_mailboxes_fed", "Mailboxes whose changes are told to this replica",
                        [&hub] { return static_cast<double>(hub.stats().fed); });
  registry.AddReadGauge("crosspoint_meeting_sync_exchange_down_tenants", "Tenants whose mail server does not answer",
                        [&health] { return static_cast<double>(health.tenants_down()); });
  registry.AddReadGauge("crosspoint_meeting_sync_mailboxes", "Mailboxes that all replicas together should read",
                        [&users] { return static_cast<double>(users.mailbox_count()); });
}

absl::Status SetUp(App& app) {
  MeetingSyncConfig config;
  CROSSPOINT_RETURN_IF_ERROR(app.LoadConfig(config));
  auto& metrics = app.Make<Metrics>(app.metrics());
  auto& redis = MakeRedis(app, config.redis);
  CROSSPOINT_RETURN_IF_ERROR(RequireDurableRedis(app, redis));

  const std::string self(app.instance());
  auto& outbox = app.Make<Outbox>(redis, "meeting_sync");
  auto& store = app.Make<RedisSyncStore>(redis, outbox, app.log());
  auto& replicas = app.Make<RedisReplicas>(redis, self, config.replica_lease);
  auto& leases = app.Make<RedisMailboxLeases>(redis, replicas, config.lease);
  auto& names = app.Make<RedisNameMemory>(redis);
  auto& feed_log = app.Make<RedisFeedLog>(redis);

  CROSSPOINT_ASSIGN_OR_RETURN(auto* const clients, MakeClients(app, config, redis));
  const auto tenants = TenantsOf(config, *clients);
  auto& users = app.Make<UserBook>(tenants.bindings);
  auto& health = app.Make<TenantHealth>(tenants.on_exchange, app.log());
  auto& feed_pool = app.Make<TaskPool>(2 * config.feed.parallel_subscribes + 1);
  config.feed.first_retry = config.timing.first_retry;
  config.feed.max_retry = config.timing.max_retry;
  const auto feeds = MakeFeeds(app, tenants, health);
  auto& hub = app.Make<ews::FeedHub>(feed_pool, config.feed, Random);
  auto& exchange = app.Make<EwsMailboxes>(tenants.clients, hub, feeds);
  auto& mailboxes = app.Make<BreakingMailboxes>(exchange, exchange, exchange, health);
  auto& sync = app.Make<MailboxSync>(mailboxes, store, app.clock(), app.log());
  auto& pool = app.Make<TaskPool>(config.workers);
  auto& tasks = app.Make<TracedTasks>(pool);

  CROSSPOINT_ASSIGN_OR_RETURN(auto presence_channel, grpcx::MakeChannel(config.presence));
  auto& presence = app.Make<GrpcPresence>(std::move(presence_channel));
  auto& delivery = app.Make<ClaimDelivery>(presence, app.clock(), app.log());
  auto& deliveries = app.Make<OutboxWorker>(outbox, ClaimOutboxHandler(delivery, metrics),
                                            ClaimOutboxOptions(config.delivery_threads, self, app.log()));
  CROSSPOINT_ASSIGN_OR_RETURN(auto directory_channel, grpcx::MakeChannel(config.directory));
  auto& told = app.Make<DirectoryUsers>(users);
  auto& directory =
      app.Make<clients::DirectoryFollower>(std::move(directory_channel), tenants.all, told, tasks, app.log());
  auto& keeper = app.Make<FeedKeeper>(
      MailboxReader::Parts{leases, mailboxes, sync, store, feed_log, tasks, metrics, app.log(), config.timing, Random},
      users, replicas, config.beat);

  auto& book = app.Make<MeetingBook>(users, mailboxes, store, names, app.clock());
  auto& watch_pool = app.Make<TaskPool>(config.watch_threads);
  auto& watch = app.Make<MeetingWatch>(MeetingWatch::Parts{
      [&book](const ListQuery& query, Viewer viewer, Deadline deadline) { return book.List(query, viewer, deadline); },
      feed_log,
      app.Make<RedisListRevisions>(redis),
      app.Make<RedisWatchMemory>(redis),
      app.Make<TracedTasks>(watch_pool),
      app.log(),
      {.reconcile = config.timing.reconcile}});
  auto& meetings = app.Make<MeetingHandler>(book, users, store, keeper, app.clock());
  auto& watching = app.Make<MeetingWatchHandler>(watch);
  app.Serve<v1::MeetingService>(
      app.Make<MeetingServiceHandler<MeetingHandler, MeetingWatchHandler>>(meetings, watching));
  auto& feed = app.Make<MailboxFeedHandler>(feed_log);
  app.Serve<v1::MailboxFeedService>(feed);
  app.Serve<admin::v1::OperationsService>(app.Make<OperationsHandler>(outbox));

  AddGauges(app.metrics(), health, users, hub);
  app.metrics().AddReadGauge("crosspoint_meeting_sync_watchers", "Streams that watch a list of meetings",
                             [&watch] { return static_cast<double>(watch.watchers()); });
  app.AddReadinessCheck("exchange", [&health] { return health.Ready(); });

  // Ends after Shutdown, which ends the call that it may be waiting for.
  app.RunInBackground("exchange_probe", [&exchange, &health, asked = tenants.on_exchange](std::stop_token stop) {
    ProbeServers(exchange, health, asked, stop);
  });
  app.Make<Shutdown>(keeper, directory, deliveries, hub, *clients, pool, feed_pool, watch_pool);
  app.RunInBackground("mailbox_feed", [&feed](std::stop_token stop) { feed.Run(stop); });
  app.RunInBackground("meeting_watch", [&watch](std::stop_token stop) { watch.Run(stop); });
  keeper.Start();
  directory.Start();
  return absl::OkStatus();
}

}  // namespace
}  // namespace crosspoint::meeting_sync

int main(int argc, char** argv) {
  return crosspoint::RunMain("meeting_sync", argc, argv, crosspoint::meeting_sync::SetUp);
}
