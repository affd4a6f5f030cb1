#include <random>

#include "common/app/app.h"
#include "common/app/redis_part.h"
#include "common/app/redis_readiness.h"
#include "common/grpcx/channel.h"
#include "common/grpcx/write_batch.h"
#include "common/status/status.h"
#include "common/tasks/task_pool.h"
#include "common/zmq/bus_metrics.h"
#include "common/zmq/bus_node.h"
#include "common/zmq/redis_peer_directory.h"
#include "crosspoint/presence/v1/call_routing_service.grpc.pb.h"
#include "crosspoint/presence/v1/presence_service.grpc.pb.h"
#include "presence/adapters/bus_presence.h"
#include "presence/adapters/directory_emails.h"
#include "presence/adapters/redis_presence_store.h"
#include "presence/adapters/redis_routing_store.h"
#include "presence/adapters/redis_schedule_store.h"
#include "presence/adapters/redis_shards.h"
#include "presence/adapters/redis_table_store.h"
#include "presence/api/call_routing_handler.h"
#include "presence/api/presence_handler.h"
#include "presence/app/call_router.h"
#include "presence/app/claim_keeper.h"
#include "presence/app/edge_timers.h"
#include "presence/app/presence_feed.h"
#include "presence/app/schedule_planner.h"
#include "presence/app/signal_keeper.h"
#include "presence/config.h"
#include "presence/metrics.h"

namespace {

using namespace crosspoint;
using namespace crosspoint::presence;

// The timers are made before the table, which tells them of edges, and fire into parts made after it: so they run only
// while this lives.
class RunningTimers {
 public:
  RunningTimers(EdgeTimers& timers, const PresenceTable& table, EdgeTimers::Fired fired) : timers_(timers) {
    timers_.Start(table, std::move(fired));
  }
  ~RunningTimers() { timers_.Stop(); }

 private:
  EdgeTimers& timers_;
};

// Follows the directory while this lives; reconnects end first.
class FollowedDirectory {
 public:
  FollowedDirectory(clients::DirectoryFollower& directory, TaskPool& tasks) : directory_(directory), tasks_(tasks) {
    directory_.Start();
  }
  ~FollowedDirectory() {
    tasks_.Stop();
    directory_.Stop();
  }

 private:
  clients::DirectoryFollower& directory_;
  TaskPool& tasks_;
};

// E-mail addresses of the tenants somebody asks about.
absl::StatusOr<PeopleFinder*> FollowDirectory(App& app, const grpcx::ChannelConfig& config) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto channel, grpcx::MakeChannel(config));
  auto& emails = app.Make<EmailBook>();
  auto& told = app.Make<DirectoryEmails>(emails);
  auto& tasks = app.Make<TaskPool>(1);
  auto& directory =
      app.Make<clients::DirectoryFollower>(std::move(channel), std::vector<TenantId>{}, told, tasks, app.log());
  app.Make<FollowedDirectory>(directory, tasks);
  auto& tenants = app.Make<DirectoryTenants>(directory);
  return &app.Make<PeopleFinder>(emails, tenants);
}

absl::Status Setup(App& app) {
  auto& config = app.Make<PresenceConfig>();
  CROSSPOINT_RETURN_IF_ERROR(app.LoadConfig(config));
  auto& redis = MakeRedis(app, config.redis);
  CROSSPOINT_RETURN_IF_ERROR(RequireDurableRedis(app, redis));

  auto& epoch = app.Make<KnownEpoch>();
  auto& store = app.Make<RedisPresenceStore>(redis, epoch, config.leases);
  auto& metered_store = app.Make<MeteredPresenceStore>(store, store, app.metrics());
  config.edges.salt = std::random_device{}();
  auto& timers = app.Make<EdgeTimers>(store, app.log(), config.edges);
  auto& table = app.Make<PresenceTable>(ShardOfUser, timers);
  auto& hub = app.Make<WatchHub>(table, [](const auto& write) {
    const grpcx::WriteBatch batch;
    write();
  });
  auto& feed = app.Make<PresenceFeed>(table, hub);

  auto& shards = app.Make<RedisShards>(redis, epoch, app.ids(), app.log());
  auto& tables = app.Make<TableBook>();
  auto& table_feed = app.Make<TableFeed>(tables, hub);
  auto& listener = app.Make<BusPresenceListener>(feed, table_feed, app.log());
  auto& timed = app.Make<TimedBusListener>(listener, app.metrics(), "presence", app.clock());
  auto& peers = app.Make<RedisPeerDirectory>(redis);
  auto& bus = app.Make<BusNode>(config.bus, kBusChannel, peers, &shards, timed, app.clock(), app.log());
  auto& publisher = app.Make<BusChangePublisher>(bus, app.clock());
  auto& keeper = app.Make<ClaimKeeper>(metered_store, publisher, feed);
  auto& signals = app.Make<SignalKeeper>(metered_store, publisher, feed);

  OfferMetrics(app.metrics(), table, hub, timers, bus);
  auto& lateness = EdgeLateness(app.metrics());
  app.Make<RunningTimers>(timers, table, [&](const UserKey& user, TimePoint edge, const ChangeResult& result) {
    feed.OnOwnChange(user, result);
    if (!result.changed) return;
    publisher.Publish(user, result);
    if (edge != kOpenEnd) lateness.Observe(std::chrono::duration<double>(result.now - edge).count());
  });
  CROSSPOINT_RETURN_IF_ERROR(bus.Start());

  CROSSPOINT_ASSIGN_OR_RETURN(auto* const people, FollowDirectory(app, config.directory));
  auto& table_store = app.Make<RedisTableStore>(redis, epoch);
  auto& table_keeper = app.Make<TableKeeper>(table_store, publisher, table_feed);
  auto& schedule_store = app.Make<RedisScheduleStore>(redis, epoch);
  auto& schedules = app.Make<ScheduleKeeper>(schedule_store, publisher, feed);
  app.Make<SchedulePlanner>(schedules, app.log(), config.schedule_period);
  app.Serve<v1::PresenceService>(
      app.Make<PresenceHandler>(keeper, signals, *people, table, hub, tables, table_keeper, schedules, config.leases));
  auto& routing = app.Make<RedisRoutingStore>(redis);
  auto& router = app.Make<CallRouter>(metered_store, routing);
  app.Serve<v1::CallRoutingService>(app.Make<CallRoutingHandler>(router, routing, tables));
  app.AddReadinessCheck("shards", [&table]() -> absl::Status {
    if (table.complete()) return absl::OkStatus();
    return absl::UnavailableError("not all shards have been read from Redis yet");
  });
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) { return crosspoint::RunMain("presence", argc, argv, Setup); }
