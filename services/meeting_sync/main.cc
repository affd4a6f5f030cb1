#include <condition_variable>
#include <mutex>
#include <random>

#include "common/app/app.h"
#include "common/app/outbox_metrics.h"
#include "common/app/redis_part.h"
#include "common/app/redis_readiness.h"
#include "common/grpcx/channel.h"
#include "common/ids/random_digits.h"
#include "common/operations/outbox_operations.h"
#include "common/redis/outbox.h"
#include "common/status/status.h"
#include "common/tasks/task_pool.h"
#include "connectors/ews_gate/tenant_clients.h"
#include "crosspoint/admin/v1/operations_service.grpc.pb.h"
#include "crosspoint/meeting_sync/v1/mailbox_feed_service.grpc.pb.h"
#include "crosspoint/meeting_sync/v1/meeting_service.grpc.pb.h"
#include "meeting_sync/adapters/claim_outbox.h"
#include "meeting_sync/adapters/configured_bridge.h"
#include "meeting_sync/adapters/directory_users.h"
#include "meeting_sync/adapters/ews_mailboxes.h"
#include "meeting_sync/adapters/ews_servers.h"
#include "meeting_sync/adapters/ews_writer.h"
#include "meeting_sync/adapters/grpc_presence.h"
#include "meeting_sync/adapters/metrics.h"
#include "meeting_sync/adapters/push_outbox.h"
#include "meeting_sync/adapters/redis_feed_log.h"
#include "meeting_sync/adapters/redis_guess_limit.h"
#include "meeting_sync/adapters/redis_import_store.h"
#include "meeting_sync/adapters/redis_list_revisions.h"
#include "meeting_sync/adapters/redis_meeting_store.h"
#include "meeting_sync/adapters/redis_ports.h"
#include "meeting_sync/adapters/redis_sync_store.h"
#include "meeting_sync/adapters/redis_watch_memory.h"
#include "meeting_sync/adapters/traced_tasks.h"
#include "meeting_sync/api/conference_handler.h"
#include "meeting_sync/api/link_handler.h"
#include "meeting_sync/api/mailbox_feed_handler.h"
#include "meeting_sync/api/meeting_handler.h"
#include "meeting_sync/api/meeting_import_handler.h"
#include "meeting_sync/api/meeting_join_handler.h"
#include "meeting_sync/api/meeting_service_handler.h"
#include "meeting_sync/api/meeting_watch_handler.h"
#include "meeting_sync/app/breaking_mailboxes.h"
#include "meeting_sync/app/breaking_writer.h"
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
void ProbeServers(EwsMailboxes& mailboxes, TenantHealth& health, std::vector<MailServer> servers,
                  std::stop_token stop) {
  std::mutex mu;
  std::condition_variable_any wake;
  for (milliseconds pause{500}; !servers.empty() && !stop.stop_requested();
       pause = std::min<milliseconds>(pause * 2, seconds{15})) {
    std::erase_if(servers, [&](const MailServer& server) {
      if (!health.Enter(server).ok()) return false;
      const auto status = mailboxes.Probe(server.tenant, std::chrono::steady_clock::now() + kProbeLimit);
      health.Leave(server, TenantHealth::VerdictOf(status), status);
      return status.ok();
    });
    std::unique_lock lock(mu);
    wake.wait_for(lock, stop, pause, [] { return false; });
  }
}

struct Tenants {
  std::vector<TenantId> all;
  std::vector<MailServer> on_exchange;
  std::map<TenantId, TenantDefaults> defaults;
  std::map<TenantId, BridgeSettings> bridges;
};

absl::StatusOr<ews::TenantClients*> MakeClients(App& app, const MeetingSyncConfig& config, RedisClient& redis) {
  std::map<std::string, ews::TenantExchange> settings;
  for (const auto& [id, tenant] : config.tenants) settings[id] = {tenant.ews, tenant.autodiscover};
  CROSSPOINT_ASSIGN_OR_RETURN(auto clients,
                              ews::TenantClients::Create(settings, redis, app.metrics(), app.clock(), app.log()));
  return &app.Keep(std::move(clients));
}

Tenants TenantsOf(const MeetingSyncConfig& config, const ews::TenantClients& clients) {
  Tenants tenants;
  for (const auto& [id, tenant] : config.tenants) {
    tenants.all.push_back(TenantId{id});
    tenants.defaults.emplace(TenantId{id},
                             TenantDefaults{tenant.default_binding, tenant.default_outlook_use, tenant.auto_outlook});
    tenants.bridges[TenantId{id}] = tenant.bridge;
    if (clients.Find(id) != nullptr) tenants.on_exchange.push_back({TenantId{id}, tenant.ews.url});
  }
  return tenants;
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

// The bridge's side: its records, and their link to the mailboxes.
struct BridgeSide {
  MeetingStore& records;
  MailboxWriter& writer;
  LiveLink& link;
};

BridgeSide MakeBridgeSide(App& app, MeetingStore& records, EwsServers& servers, BreakingMailboxes& mailboxes,
                          TenantHealth& health, WrittenItems& written, Metrics& metrics) {
  auto& exchange = app.Make<EwsMailboxWriter>(servers, written);
  auto& writer = app.Make<BreakingWriter>(exchange, servers, health);
  auto& link =
      app.Make<LiveLink>(LiveLink::Parts{records, mailboxes, mailboxes, writer, metrics, app.clock(), app.log()});
  return {records, writer, link};
}

// What MeetingService is made of besides its watches.
struct Desk {
  BridgeSide side;
  const Tenants& tenants;
  BreakingMailboxes& mailboxes;
  UserBook& users;
  MeetingBook& book;
  SyncStore& store;
  FeedKeeper& keeper;
  MeetingImport& import;
  GuessLimit& guesses;
};

void ServeMeetings(App& app, const Desk& desk, MeetingWatch& watch) {
  const auto& side = desk.side;
  auto& bridge = app.Make<ConfiguredBridge>(desk.tenants.bridges, [](size_t count) { return RandomDigits(count); });
  auto& ids = app.Make<RandomIdSource>();
  auto& invitations =
      app.Make<Invitations>(Invitations::Parts{desk.users, side.records, bridge, desk.mailboxes, ids, app.clock()});
  auto& editor = app.Make<MeetingEditor>(
      MeetingEditor::Parts{desk.users, desk.book, side.records, side.writer, app.clock(), &desk.import});
  auto& meetings = app.Make<MeetingHandler>(desk.book, desk.users, desk.store, side.records, desk.keeper, app.clock());
  auto& conferences = app.Make<ConferenceHandler>(invitations, editor);
  auto& link = app.Make<LinkHandler>(
      side.records, desk.book, side.link, desk.users,
      [&meetings](const UserId& user, Deadline deadline) { return meetings.SyncOf(user, deadline); });
  auto& watching = app.Make<MeetingWatchHandler>(watch);
  auto& door = app.Make<JoinDesk>(
      side.records,
      [&users = desk.users](const UserId& id) {
        const auto user = users.Find(id);
        if (!user.ok()) return std::vector<std::string>();
        auto addresses = user->aliases;
        addresses.push_back(user->address);
        return addresses;
      },
      desk.guesses);
  auto& joining = app.Make<MeetingJoinHandler>(door);
  auto& importing = app.Make<MeetingImportHandler>(desk.import);
  app.Serve<v1::MeetingService>(
      app.Make<MeetingServiceHandler<MeetingHandler, ConferenceHandler, LinkHandler, MeetingWatchHandler,
                                     MeetingJoinHandler, MeetingImportHandler>>(meetings, conferences, link, watching,
                                                                                joining, importing));
}

MeetingImport& MakeImport(App& app, RedisClient& redis, MeetingStore& records, const UserBook& users) {
  const auto mode = [&users](const UserId& id) -> absl::StatusOr<UserMode> {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto user, users.Find(id));
    return user.mode;
  };
  return app.Make<MeetingImport>(records, app.Make<RedisImportStore>(redis, app.log()), mode, app.clock());
}

// Lists that people look at, now and on and on.
MeetingWatch& MakeWatch(App& app, RedisClient& redis, MeetingBook& book, FeedReader& feed, TaskPool& pool,
                        std::chrono::milliseconds reconcile) {
  auto& watch = app.Make<MeetingWatch>(MeetingWatch::Parts{
      [&book](const ListQuery& query, Viewer viewer, Deadline deadline) { return book.List(query, viewer, deadline); },
      feed,
      app.Make<RedisListRevisions>(redis),
      app.Make<RedisWatchMemory>(redis),
      app.Make<TracedTasks>(pool),
      app.log(),
      {.reconcile = reconcile}});
  app.metrics().AddReadGauge("crosspoint_meeting_sync_watchers", "Streams that watch a list of meetings",
                             [&watch] { return static_cast<double>(watch.watchers()); });
  return watch;
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
  auto& users = app.Make<UserBook>(tenants.defaults);
  auto& health = app.Make<TenantHealth>(tenants.on_exchange, app.log());
  auto& feed_pool = app.Make<TaskPool>(2 * config.feed.parallel_subscribes + 1);
  config.feed.first_retry = config.timing.first_retry;
  config.feed.max_retry = config.timing.max_retry;
  auto& servers = app.Make<EwsServers>(*clients, health);
  clients->SetCompanions([&users](const std::string& tenant) {
    std::vector<std::string> addresses;
    for (auto& mailbox : users.Mailboxes()) {
      if (mailbox.user.tenant.value == tenant) addresses.push_back(std::move(mailbox.address));
    }
    return addresses;
  });
  auto& hub = app.Make<ews::FeedHub>(feed_pool, config.feed, Random);
  auto& written = app.Make<WrittenItems>();
  auto& exchange = app.Make<EwsMailboxes>(servers, hub, written);
  auto& mailboxes = app.Make<BreakingMailboxes>(exchange, exchange, exchange, servers, health);
  auto& records = app.Make<RedisMeetingStore>(redis, outbox, app.clock(), app.log());
  const auto side = MakeBridgeSide(app, records, servers, mailboxes, health, written, metrics);
  auto& sync =
      app.Make<MailboxSync>(mailboxes, store, app.clock(), app.log(),
                            [&link = side.link](const Mailbox& mailbox, std::span<const CalendarChange> changes,
                                                bool reset) { return link.Follow(mailbox, changes, reset); });
  auto& pool = app.Make<TaskPool>(config.workers);
  auto& tasks = app.Make<TracedTasks>(pool);

  CROSSPOINT_ASSIGN_OR_RETURN(auto presence_channel, grpcx::MakeChannel(config.presence));
  auto& presence = app.Make<GrpcPresence>(std::move(presence_channel));
  auto& delivery = app.Make<ClaimDelivery>(presence, app.clock(), app.log());
  auto& deliveries =
      app.Make<OutboxWorker>(outbox, PushOutboxHandler(users, side.link, ClaimOutboxHandler(delivery, metrics)),
                             ClaimOutboxOptions(config.delivery_threads, self, app.log()));
  AddOutboxMetrics(app.metrics(), deliveries);
  CROSSPOINT_ASSIGN_OR_RETURN(auto directory_channel, grpcx::MakeChannel(config.directory));
  auto& told = app.Make<DirectoryUsers>(users);
  auto& directory =
      app.Make<clients::DirectoryFollower>(std::move(directory_channel), tenants.all, told, tasks, app.log());
  auto& keeper = app.Make<FeedKeeper>(
      MailboxReader::Parts{leases, mailboxes, sync, store, feed_log, tasks, metrics, app.log(), config.timing, Random},
      users, replicas, config.beat);

  auto& import = MakeImport(app, redis, records, users);
  auto& book = app.Make<MeetingBook>(users, mailboxes, store, names, records, app.clock(), &import);
  auto& watch_pool = app.Make<TaskPool>(config.watch_threads);
  auto& watch = MakeWatch(app, redis, book, feed_log, watch_pool, config.timing.reconcile);
  auto& guesses = app.Make<RedisGuessLimit>(redis, config.guesses);
  ServeMeetings(app, {side, tenants, mailboxes, users, book, store, keeper, import, guesses}, watch);
  auto& feed = app.Make<MailboxFeedHandler>(feed_log);
  app.Serve<v1::MailboxFeedService>(feed);
  app.Serve<admin::v1::OperationsService>(app.Make<OutboxOperations>(outbox, "meeting_sync"));

  AddGauges(app.metrics(), health, users, hub);
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
