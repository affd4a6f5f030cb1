#include <condition_variable>
#include <mutex>
#include <random>

#include "clients/directory_follower.h"
#include "clients/mailbox_feed_follower.h"
#include "common/app/app.h"
#include "common/app/outbox_metrics.h"
#include "common/app/redis_part.h"
#include "common/app/redis_readiness.h"
#include "common/grpcx/channel.h"
#include "common/operations/outbox_operations.h"
#include "common/redis/outbox.h"
#include "common/status/status.h"
#include "common/tasks/task_pool.h"
#include "connectors/ews_gate/tenant_clients.h"
#include "crosspoint/admin/v1/operations_service.grpc.pb.h"
#include "crosspoint/voicemail/v1/voicemail_service.grpc.pb.h"
#include "voicemail/adapters/delivery_outbox.h"
#include "voicemail/adapters/directory_blob_store.h"
#include "voicemail/adapters/directory_users.h"
#include "voicemail/adapters/ews_voice_mailboxes.h"
#include "voicemail/adapters/grpc_peers.h"
#include "voicemail/adapters/metrics.h"
#include "voicemail/adapters/redis_copy_store.h"
#include "voicemail/adapters/redis_mailbox_store.h"
#include "voicemail/adapters/smtp_notifier.h"
#include "voicemail/api/voicemail_handler.h"
#include "voicemail/app/sweeper.h"
#include "voicemail/config.h"

namespace crosspoint::voicemail {
namespace {

constexpr int kWatchThreads = 2;

double Random() {
  thread_local std::mt19937 random{std::random_device{}()};
  return std::uniform_real_distribution<>(0, 1)(random);
}

// Ends the threads that use other parts, before any part goes. Made last, so destroyed first.
struct Shutdown {
  clients::DirectoryFollower& directory;
  clients::MailboxFeedFollower& feed;
  ews::TenantClients& exchange;
  OutboxWorker& deliveries;
  TaskPool& readers;
  TaskPool& uploads;
  TaskPool& watchers;
  ~Shutdown() {
    directory.Stop();
    feed.Stop();
    // What hangs in a mail server now would keep the process for up to half a minute.
    exchange.Stop();
    deliveries.Stop();
    readers.Stop();
    uploads.Stop();
    watchers.Stop();
  }
};

void SweepNowAndThen(Sweeper& sweeper, Metrics& metrics, log::Logger& log, std::chrono::milliseconds interval,
                     const std::stop_token& stop) {
  std::mutex mu;
  std::condition_variable_any wake;
  while (!stop.stop_requested()) {
    if (const auto report = sweeper.Sweep(); report.ok()) {
      metrics.OnSweep(report->kept, report->removed);
    } else {
      log.Warn("sweep_failed", {{"problem", MessageOf(report.status())}});
    }
    std::unique_lock lock(mu);
    wake.wait_for(lock, stop, interval, [] { return false; });
  }
}

// nullptr without a target.
absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelIfAny(const grpcx::ChannelConfig& config) {
  if (config.target.empty()) return std::shared_ptr<grpc::Channel>();
  return grpcx::MakeChannel(config);
}

absl::StatusOr<ews::TenantClients*> MakeExchange(App& app, const VoicemailConfig& config, RedisClient& redis) {
  std::map<std::string, ews::TenantExchange> servers;
  for (const auto& [id, tenant] : config.tenants) servers[id] = {tenant.ews, tenant.autodiscover};
  CROSSPOINT_ASSIGN_OR_RETURN(auto clients,
                              ews::TenantClients::Create(servers, redis, app.metrics(), app.clock(), app.log()));
  return &app.Keep(std::move(clients));
}

absl::StatusOr<DirectoryBlobStore*> MakeBlobs(App& app, const VoicemailConfig& config) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto made, DirectoryBlobStore::Make(config.blobs));
  auto& blobs = app.Keep(std::move(made));
  app.AddReadinessCheck("blobs", [&blobs] { return blobs.Probe(); });
  app.metrics().AddReadGauge("crosspoint_voicemail_storage_free_bytes", "Room left where the audio is kept",
                             [&blobs] { return static_cast<double>(blobs.Room().available); });
  app.metrics().AddReadGauge("crosspoint_voicemail_storage_size_bytes", "Size of the file system the audio is kept on",
                             [&blobs] { return static_cast<double>(blobs.Room().capacity); });
  return &blobs;
}

UserBook& MakeUsers(App& app, const VoicemailConfig& config) {
  std::map<TenantId, TenantRules> rules;
  for (const auto& [id, tenant] : config.tenants) rules[TenantId{id}] = tenant.rules;
  auto& users = app.Make<UserBook>(std::move(rules));
  app.AddReadinessCheck("directory", [&users]() -> absl::Status {
    if (users.synced()) return absl::OkStatus();
    return absl::UnavailableError("the directory has not told its users yet");
  });
  return users;
}

// What users ask for.
void ServeApi(App& app, const VoicemailHandler::Parts& parts, Outbox& outbox) {
  app.Serve<v1::VoicemailService>(app.Make<VoicemailHandler>(parts));
  app.Serve<admin::v1::OperationsService>(app.Make<OutboxOperations>(outbox, "voicemail"));
}

struct Followers {
  clients::DirectoryFollower* directory;
  clients::MailboxFeedFollower* feed;
};

// Told of users and of what happens in their mailboxes, once started.
absl::StatusOr<Followers> Follow(App& app, const VoicemailConfig& config, UserBook& users, SyncKeeper& keeper,
                                 TaskRunner& tasks) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto directory_channel, grpcx::MakeChannel(config.directory));
  CROSSPOINT_ASSIGN_OR_RETURN(auto feed_channel, grpcx::MakeChannel(config.meeting_sync));
  auto& told = app.Make<DirectoryUsers>(users, keeper);
  auto& heard = app.Make<FeedListener>(keeper);
  auto& directory =
      app.Make<clients::DirectoryFollower>(std::move(directory_channel), users.tenants(), told, tasks, app.log());
  auto& feed =
      app.Make<clients::MailboxFeedFollower>(std::move(feed_channel), users.tenants(), heard, tasks, app.log());
  return Followers{&directory, &feed};
}

void AddGauges(metrics::Registry& registry, const MailboxWatches& watches, const SyncKeeper& keeper) {
  registry.AddReadGauge("crosspoint_voicemail_watchers", "Streams that watch a mailbox",
                        [&watches] { return static_cast<double>(watches.watchers()); });
  registry.AddReadGauge("crosspoint_voicemail_braked_mailboxes", "Mailboxes whose deletions wait for an administrator",
                        [&keeper] { return static_cast<double>(keeper.braked()); });
}

absl::Status SetUp(App& app) {
  VoicemailConfig config;
  CROSSPOINT_RETURN_IF_ERROR(app.LoadConfig(config));
  auto& metrics = app.Make<Metrics>(app.metrics());
  auto& redis = MakeRedis(app, config.redis);
  CROSSPOINT_RETURN_IF_ERROR(RequireDurableRedis(app, redis));
  CROSSPOINT_ASSIGN_OR_RETURN(auto* const opened, MakeBlobs(app, config));
  auto& blobs = *opened;

  const std::string self(app.instance());
  auto& outbox = app.Make<Outbox>(redis, "voicemail");
  auto& store = app.Make<RedisMailboxStore>(outbox);
  auto& copies = app.Make<RedisCopyStore>(outbox, self, config.lease);
  auto& users = MakeUsers(app, config);
  CROSSPOINT_ASSIGN_OR_RETURN(auto* const exchange, MakeExchange(app, config, redis));
  auto& mailboxes = app.Make<EwsVoiceMailboxes>(*exchange);
  auto& notifier = app.Make<SmtpNotifier>(config.smtp);

  auto& watchers = app.Make<TaskPool>(kWatchThreads);
  auto& uploads = app.Make<TaskPool>(config.upload_threads);
  auto& readers = app.Make<TaskPool>(config.workers);
  auto& watches = app.Make<MailboxWatches>(store, watchers, config.watch_look);
  auto& sync = app.Make<CopySync>(copies, mailboxes, watches, app.clock(), app.log());
  auto& keeper =
      app.Make<SyncKeeper>(SyncKeeper::Parts{sync, copies, users, readers, metrics, app.log(), config.sync, Random});
  const auto look = [&keeper](const UserId& user) { keeper.Look(user); };
  auto& writer = app.Make<CopyWriter>(store, copies, mailboxes, users, look);
  auto& delivery = app.Make<Delivery>(store, blobs, writer, notifier);
  auto& deliveries = app.Make<OutboxWorker>(outbox, DeliveryOutboxHandler(delivery, metrics),
                                            DeliveryOutboxOptions(config.delivery_threads, self, app.log()));
  AddOutboxMetrics(app.metrics(), deliveries);

  CROSSPOINT_ASSIGN_OR_RETURN(auto contact_channel, ChannelIfAny(config.contact));
  CROSSPOINT_ASSIGN_OR_RETURN(auto gateway_channel, ChannelIfAny(config.gateway));
  auto& contacts = app.Make<GrpcContactNames>(std::move(contact_channel));
  auto& devices = app.Make<GrpcDevices>(std::move(gateway_channel));
  auto& postbox = app.Make<Postbox>(Postbox::Parts{store, blobs, users, contacts, watches, app.clock(), app.ids(),
                                                   config.max_messages, config.audio});
  auto& settings = app.Make<SettingsDesk>(store, users, notifier);
  auto& desk = app.Make<UploadDesk>(uploads, config.max_uploads, config.upload_patience);
  ServeApi(app,
           {postbox, store, copies, blobs, users, settings, devices, watches, desk, app.clock(), look,
            [&metrics](const absl::Status& status, int64_t bytes) { metrics.OnDeposit(status, bytes); }},
           outbox);

  CROSSPOINT_ASSIGN_OR_RETURN(const auto followed, Follow(app, config, users, keeper, readers));
  AddGauges(app.metrics(), watches, keeper);
  auto& sweeper = app.Make<Sweeper>(store, blobs, app.clock());
  app.RunInBackground("sweeper",
                      [&sweeper, &metrics, &log = app.log(), interval = config.sweep](const std::stop_token& stop) {
                        SweepNowAndThen(sweeper, metrics, log, interval, stop);
                      });
  app.Make<Shutdown>(*followed.directory, *followed.feed, *exchange, deliveries, readers, uploads, watchers);
  watches.Start();
  keeper.Start();
  followed.directory->Start();
  followed.feed->Start();
  return absl::OkStatus();
}

}  // namespace
}  // namespace crosspoint::voicemail

int main(int argc, char** argv) { return crosspoint::RunMain("voicemail", argc, argv, crosspoint::voicemail::SetUp); }
