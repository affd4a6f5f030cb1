#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/app/app.h"
#include "common/app/redis_part.h"
#include "common/app/redis_readiness.h"
#include "common/grpcx/channel.h"
#include "common/grpcx/client_queue.h"
#include "common/grpcx/forward.h"
#include "common/grpcx/guarded_service.h"
#include "common/status/status.h"
#include "common/tasks/task_pool.h"
#include "crosspoint/gateway/v1/command_service.grpc.pb.h"
#include "crosspoint/gateway/v1/gateway_service.grpc.pb.h"
#include "gateway/adapters/channel_watches.h"
#include "gateway/adapters/redis_command_store.h"
#include "gateway/adapters/redis_mail.h"
#include "gateway/adapters/redis_session_store.h"
#include "gateway/api/command_handler.h"
#include "gateway/api/convert.h"
#include "gateway/api/gateway_handler.h"
#include "gateway/api/program_gate.h"
#include "gateway/api/public_services.h"
#include "gateway/app/command_desk.h"
#include "gateway/app/session_hub.h"
#include "gateway/config.h"
#include "gateway/metrics.h"

namespace {

using namespace crosspoint;
using namespace crosspoint::gateway;

using Channels = std::map<std::string, std::shared_ptr<grpc::Channel>>;

// To the services behind; null for those this installation has not.
absl::StatusOr<Channels> MakeChannels(const GatewayConfig& config) {
  const std::map<std::string, const grpcx::ChannelConfig*> configs = {{"directory", &config.directory},
                                                                      {"presence", &config.presence},
                                                                      {"meeting-sync", &config.meeting_sync},
                                                                      {"voicemail", &config.voicemail},
                                                                      {"contact", &config.contact}};
  Channels channels;
  for (const auto& [name, channel] : configs) {
    channels[name] = nullptr;
    if (channel->target.empty()) continue;
    auto made = grpcx::MakeChannel(*channel);
    if (!made.ok()) return Annotate(made.status(), name);
    channels[name] = *std::move(made);
  }
  return channels;
}

// Tasks use the hub, which is made after their pool: they run only while this lives.
class StoppedTasks {
 public:
  explicit StoppedTasks(TaskPool& tasks) : tasks_(tasks) {}
  ~StoppedTasks() { tasks_.Stop(); }

 private:
  TaskPool& tasks_;
};

std::optional<ProgramMessage> Understood(const Letter& letter) {
  v1::SessionMessage message;
  if (!message.ParseFromString(letter.body)) return std::nullopt;
  auto said = FromProto(message);
  if (!said.ok()) return std::nullopt;
  return *std::move(said);
}

absl::Status Setup(App& app) {
  auto& config = app.Make<GatewayConfig>();
  CROSSPOINT_RETURN_IF_ERROR(app.LoadConfig(config));
  auto& redis = MakeRedis(app, config.redis);
  CROSSPOINT_RETURN_IF_ERROR(RequireDurableRedis(app, redis));

  CROSSPOINT_ASSIGN_OR_RETURN(const auto channels, MakeChannels(config));
  auto& sessions = app.Make<RedisSessionStore>(redis);
  auto& roles = app.Make<RedisRoleStore>(redis);
  auto& commands = app.Make<RedisCommandStore>(redis);
  auto& mail = app.Make<RedisReplicaMail>(redis, std::string(app.instance()));
  auto& tasks = app.Make<TaskPool>(config.task_threads);
  auto& queue = app.Make<grpcx::ClientQueue>(config.channel_threads);
  auto& source = app.Make<GrpcChannelSource>(channels, queue, tasks);
  auto& desk = app.Make<CommandDesk>(sessions, commands, mail);
  auto& hub = app.Make<SessionHub>(SessionHub::Parts{sessions, roles, source, mail, desk, tasks, app.ids(), app.log()},
                                   config.session);
  auto& gate = app.Make<ProgramGate>(hub, sessions, tasks);
  auto& forwarder = app.Make<grpcx::Forwarder>(channels, config.forward, &gate);
  app.Make<StoppedTasks>(tasks);
  OfferMetrics(app.metrics(), hub, desk, forwarder);

  app.Serve<v1::GatewayService>(app.Make<GatewayHandler>(hub, sessions));
  app.Serve<v1::CommandService>(app.Make<CommandHandler>(desk));
  for (const auto& service : PublicServices()) {
    app.Serve(app.Make<grpcx::GuardedService>(service.full_name, forwarder, service.backend, app.guard()));
  }
  app.RunInBackground("mail", [&](std::stop_token stop) {
    ReadMail(config.redis, mail.own_address(), app.log(), std::move(stop), [&](const Letter& letter) {
      // What a program said keeps its order; the rest need not wait for each other's Redis.
      if (letter.kind == Letter::Kind::kMessage) return hub.Deliver(letter, Understood(letter));
      tasks.Post([&hub, letter] { hub.Deliver(letter, std::nullopt); });
    });
  });
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) { return crosspoint::RunMain("gateway", argc, argv, Setup); }
