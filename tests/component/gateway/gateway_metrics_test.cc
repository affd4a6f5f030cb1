#include "gateway/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/grpcx/client_queue.h"
#include "common/tasks/manual_tasks.h"
#include "gateway/adapters/channel_watches.h"
#include "gateway/adapters/redis_command_store.h"
#include "gateway/adapters/redis_mail.h"
#include "gateway/adapters/redis_session_store.h"

namespace crosspoint::gateway {
namespace {

TEST(GatewayMetrics, AreTheseAndNoOthers) {
  RedisClient redis(RedisConfig{.address = "unix:/nonexistent"});
  RedisSessionStore sessions(redis);
  RedisRoleStore roles(redis);
  RedisCommandStore commands(redis);
  RedisReplicaMail mail(redis, "here");
  ManualTasks tasks;
  grpcx::ClientQueue queue(1);
  GrpcChannelSource channels({}, queue, tasks);
  CommandDesk desk(sessions, commands, mail);
  SequentialIdSource ids;
  log::Logger log("test", log::Level::kError);
  SessionHub hub({sessions, roles, channels, mail, desk, tasks, ids, log}, {});
  grpcx::Forwarder forwarder({}, {}, nullptr);
  metrics::Registry registry;
  OfferMetrics(registry, hub, desk, forwarder);
  EXPECT_THAT(
      registry.names(),
      ::testing::ElementsAre(
          "crosspoint_gateway_channel_gaps_total", "crosspoint_gateway_channels_ended_total",
          "crosspoint_gateway_channels_reopened_total", "crosspoint_gateway_commands_done_total",
          "crosspoint_gateway_commands_expired_total", "crosspoint_gateway_commands_failed_total",
          "crosspoint_gateway_commands_no_program_total", "crosspoint_gateway_commands_pending_total",
          "crosspoint_gateway_commands_refused_total", "crosspoint_gateway_commands_unknown_total",
          "crosspoint_gateway_events_sent_total", "crosspoint_gateway_forwarded_calls", "crosspoint_gateway_sessions",
          "crosspoint_gateway_sessions_expired_total", "crosspoint_gateway_sessions_opened_total",
          "crosspoint_gateway_sessions_resumed_total", "crosspoint_gateway_sessions_taken_over_total"));
}

}  // namespace
}  // namespace crosspoint::gateway
