#include "tests/component/presence/presence_replica.h"

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>

#include "common/grpcx/channel.h"
#include "common/grpcx/guarded_service.h"
#include "common/grpcx/server.h"
#include "common/grpcx/status.h"
#include "common/metrics/metrics.h"
#include "common/redis/client.h"
#include "common/zmq/bus_metrics.h"
#include "common/zmq/bus_node.h"
#include "common/zmq/redis_peer_directory.h"
#include "crosspoint/presence/v1/call_routing_service.grpc.pb.h"
#include "presence/adapters/bus_presence.h"
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

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;

template <class T>
T OrDie(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  std::abort();
}

void OrDie(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

// Tests tell the book by themselves.
class EmailsAsked final : public presence::TenantFollower {
 public:
  void Follow(const TenantId&) override {}
};

BusConfig BusFor(const PresenceReplicaOptions& options) {
  BusConfig config;
  config.heartbeat = options.heartbeat;
  config.peer_poll = 100ms;
  return config;
}

grpcx::AuthConfig AuthFor(const Credentials&) {
  grpcx::AuthConfig config;
  config.issuer = Credentials::kIssuer;
  config.audience = Credentials::kAudience;
  return config;
}

}  // namespace

CredentialsFolder::CredentialsFolder() {
  char name[] = "/tmp/crosspoint-presence-XXXXXX";
  if (mkdtemp(name) == nullptr) std::abort();
  path_ = name;
  credentials_ = std::make_unique<Credentials>(Credentials::Create(path_));
}

CredentialsFolder::~CredentialsFolder() {
  credentials_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

struct PresenceReplica::Parts {
  Parts(const RedisServer& server, const Credentials& keys, const Options& with)
      : options(with),
        redis(server.config()),
        bus(BusFor(options), presence::kBusChannel, peers, &shards, timed, clock, log),
        line(bus, options.losses, 1),
        authenticator(AuthFor(keys), grpcx::FileJwksSource(keys.jwks_file()), clock, log) {
    timers.Start(table, [this](const presence::UserKey& user, TimePoint, const presence::ChangeResult& result) {
      feed.OnOwnChange(user, result);
      if (result.changed) publisher.Publish(user, result);
    });
    OrDie(bus.Start());
    service = grpcx::MakeGuarded<pb::PresenceService>(handler, guard);
    routing_service = grpcx::MakeGuarded<pb::CallRoutingService>(routing_handler, guard);
    rpc = OrDie(grpcx::RpcServer::Start({}, guard, {service.get(), routing_service.get()}));
    if (!options.mutual_tls) return;
    const auto files = keys.Certificate("presence");
    grpcx::ServerOptions tls;
    tls.tls = {files.certificate, files.key, files.ca};
    tls_service = grpcx::MakeGuarded<pb::PresenceService>(handler, guard);
    tls_routing_service = grpcx::MakeGuarded<pb::CallRoutingService>(routing_handler, guard);
    tls_rpc = OrDie(grpcx::RpcServer::Start(tls, guard, {tls_service.get(), tls_routing_service.get()}));
  }
  ~Parts() {
    guard.EndStreams();
    if (tls_rpc) tls_rpc->Shutdown(2s);
    rpc->Shutdown(2s);
    timers.Stop();
  }

  const Options options;
  SystemClock clock;
  RandomIdSource ids;
  log::Logger log{"presence", log::Level::kError};
  RedisClient redis;
  presence::EmailBook emails;
  presence::KnownEpoch epoch;
  presence::RedisPresenceStore store{redis, epoch, options.leases};
  presence::EdgeTimers timers{store, log, presence::EdgeConfig{.salt = std::random_device{}()}};
  presence::PresenceTable table{presence::ShardOfUser, timers};
  presence::WatchHub hub{table};
  presence::PresenceFeed feed{table, hub};
  presence::RedisShards shards{redis, epoch, ids, log};
  presence::TableBook tables;
  presence::TableFeed table_feed{tables, hub};
  presence::BusPresenceListener listener{feed, table_feed, log};
  metrics::Registry metrics;
  TimedBusListener timed{listener, metrics, "presence", clock};
  RedisPeerDirectory peers{redis};
  BusNode bus;
  LossyPublisher line;
  presence::BusChangePublisher publisher{line, clock};
  presence::ClaimKeeper keeper{store, publisher, feed};
  presence::SignalKeeper signals{store, publisher, feed};
  presence::RedisTableStore table_store{redis, epoch};
  presence::TableKeeper table_keeper{table_store, publisher, table_feed};
  presence::RedisScheduleStore schedule_store{redis, epoch};
  presence::ScheduleKeeper schedules{schedule_store, publisher, feed};
  presence::SchedulePlanner planner{schedules, log, 100ms};
  EmailsAsked emails_asked;
  presence::PeopleFinder people{emails, emails_asked};
  presence::PresenceHandler handler{keeper, signals,      people,    table,         hub,
                                    tables, table_keeper, schedules, options.leases};
  presence::RedisRoutingStore routing{redis};
  presence::CallRouter router{store, routing};
  presence::CallRoutingHandler routing_handler{router, routing, tables};
  grpcx::Authenticator authenticator;
  grpcx::Guard guard{authenticator, clock, log};
  std::unique_ptr<grpcx::GuardedService> service;
  std::unique_ptr<grpcx::GuardedService> routing_service;
  std::unique_ptr<grpcx::RpcServer> rpc;
  std::unique_ptr<grpcx::GuardedService> tls_service;
  std::unique_ptr<grpcx::GuardedService> tls_routing_service;
  std::unique_ptr<grpcx::RpcServer> tls_rpc;
};

PresenceReplica::PresenceReplica(const RedisServer& redis, const Credentials& credentials, Options options)
    : parts_(std::make_unique<Parts>(redis, credentials, options)) {}

PresenceReplica::~PresenceReplica() = default;

bool PresenceReplica::WaitUntilLoaded() const {
  return WaitFor([this] { return parts_->table.complete() && parts_->authenticator.Ready().ok(); });
}

std::shared_ptr<grpc::Channel> PresenceReplica::channel() const { return parts_->rpc->InProcessChannel(); }

std::shared_ptr<grpc::Channel> PresenceReplica::TlsChannel(const Credentials::Files& files) const {
  grpcx::ChannelConfig config;
  config.target = "127.0.0.1:" + std::to_string(parts_->tls_rpc->port());
  config.tls = {files.certificate, files.key, files.ca};
  return OrDie(grpcx::MakeChannel(config));
}

LossyPublisher& PresenceReplica::line() { return parts_->line; }
const presence::WatchHub::Counters& PresenceReplica::watches() const { return parts_->hub.counters(); }
const presence::EdgeTimers& PresenceReplica::timers() const { return parts_->timers; }
std::string PresenceReplica::State(const std::string& user) const {
  return parts_->table.Get("acme/" + user).availability.state.value;
}
presence::EmailBook& PresenceReplica::emails() { return parts_->emails; }
size_t PresenceReplica::users() const { return parts_->table.users(); }

std::unique_ptr<grpc::ClientContext> PresenceCaller::Context() const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + 10s);
  if (!token_.empty()) context->AddMetadata("authorization", "Bearer " + token_);
  return context;
}

grpc::Status PresenceCaller::Get(const std::string& user, pb::Presence& out) {
  pb::GetPresenceRequest request;
  request.set_user(UserName(user));
  return stub_->GetPresence(Context().get(), request, &out);
}

grpc::Status PresenceCaller::Put(const std::string& user, const std::string& claim, const std::string& state,
                                 std::chrono::microseconds from, std::chrono::microseconds to,
                                 pb::ClaimClass claim_class, pb::PutClaimResponse* out) {
  pb::PutClaimRequest request;
  auto& wish = *request.mutable_claim();
  wish.set_name(UserName(user) + "/claims/" + claim);
  wish.set_source("meeting-sync");
  wish.set_claim_class(claim_class);
  wish.set_state(state);
  const auto set = [](std::chrono::microseconds in, google::protobuf::Timestamp& time) {
    const auto at =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()) + in;
    time.set_seconds(at.count() / 1'000'000);
    time.set_nanos(static_cast<int32_t>(at.count() % 1'000'000 * 1000));
  };
  set(from, *wish.mutable_start_time());
  if (to != 0s) set(to, *wish.mutable_end_time());
  pb::PutClaimResponse response;
  return stub_->PutClaim(Context().get(), request, out != nullptr ? out : &response);
}

grpc::Status PresenceCaller::Delete(const std::string& user, const std::string& claim) {
  pb::DeleteClaimRequest request;
  request.set_name(UserName(user) + "/claims/" + claim);
  pb::DeleteClaimResponse response;
  return stub_->DeleteClaim(Context().get(), request, &response);
}

grpc::Status PresenceCaller::Set(const std::string& user, const std::string& state) {
  pb::SetAvailabilityRequest request;
  request.set_user(UserName(user));
  request.set_state(state);
  pb::Presence response;
  return stub_->SetAvailability(Context().get(), request, &response);
}

PresenceWatcher::PresenceWatcher(const PresenceReplica& replica, const std::string& token,
                                 const std::vector<std::string>& users, const std::string& resume_token)
    : stub_(replica.stub()), context_(std::make_unique<grpc::ClientContext>()) {
  context_->AddMetadata("authorization", "Bearer " + token);
  stream_ = stub_->WatchPresence(context_.get());
  pb::WatchPresenceRequest request;
  for (const auto& user : users) request.add_add_users(UserName(user));
  request.set_resume_token(resume_token);
  stream_->Write(request);
  reader_ = std::thread([this] { Read(); });
}

PresenceWatcher::~PresenceWatcher() {
  context_->TryCancel();
  if (reader_.joinable()) reader_.join();
}

void PresenceWatcher::Read() {
  pb::WatchPresenceResponse response;
  while (stream_->Read(&response)) {
    const auto now = std::chrono::system_clock::now();
    const std::lock_guard lock(mu_);
    for (const auto& presence : response.presences()) {
      const auto user = presence.user().substr(presence.user().rfind('/') + 1);
      states_[user] = presence.availability().state();
      when_[{user, presence.availability().state()}] = now;
      ++received_;
    }
    for (const auto& owner : response.owners()) owners_[owner.email()] = owner.user();
    if (!response.resume_token().empty()) resume_token_ = response.resume_token();
    synced_ = synced_ || response.synced();
    gap_ = gap_ || response.gap();
    if (response.owners().empty()) stale_ = response.may_be_stale();
    changed_.notify_all();
  }
}

bool PresenceWatcher::Send(const pb::WatchPresenceRequest& request) { return stream_->Write(request); }

grpc::Status PresenceWatcher::End() {
  reader_.join();
  return stream_->Finish();
}

bool PresenceWatcher::WaitUntil(std::chrono::milliseconds limit, const std::function<bool()>& done) {
  std::unique_lock lock(mu_);
  return changed_.wait_for(lock, limit, done);
}

bool PresenceWatcher::WaitForState(const std::string& user, const std::string& state, std::chrono::milliseconds limit) {
  return WaitUntil(limit, [&] { return states_[user] == state; });
}

bool PresenceWatcher::WaitToSee(const std::string& user, const std::string& state, std::chrono::milliseconds limit) {
  return WaitUntil(limit, [&] { return when_.contains({user, state}); });
}

bool PresenceWatcher::WaitForSynced(std::chrono::milliseconds limit) {
  return WaitUntil(limit, [&] { return synced_; });
}

bool PresenceWatcher::WaitForStale(bool stale, std::chrono::milliseconds limit) {
  return WaitUntil(limit, [&] { return stale_ == stale; });
}

bool PresenceWatcher::WaitForStates(const std::map<std::string, std::string>& truth, std::chrono::milliseconds limit) {
  return WaitUntil(limit, [&] {
    for (const auto& [user, state] : truth) {
      if (states_[user] != state) return false;
    }
    return true;
  });
}

std::chrono::system_clock::time_point PresenceWatcher::When(const std::string& user, const std::string& state) const {
  const std::lock_guard lock(mu_);
  const auto at = when_.find({user, state});
  return at == when_.end() ? std::chrono::system_clock::time_point::max() : at->second;
}

std::map<std::string, std::string> PresenceWatcher::states() const {
  const std::lock_guard lock(mu_);
  return states_;
}

std::map<std::string, std::string> PresenceWatcher::owners() const {
  const std::lock_guard lock(mu_);
  return owners_;
}

std::string PresenceWatcher::resume_token() const {
  const std::lock_guard lock(mu_);
  return resume_token_;
}

size_t PresenceWatcher::received() const {
  const std::lock_guard lock(mu_);
  return received_;
}

bool PresenceWatcher::saw_gap() const {
  const std::lock_guard lock(mu_);
  return gap_;
}

std::string UserName(const std::string& user, const std::string& tenant) {
  return "tenants/" + tenant + "/users/" + user;
}

std::string Told(const grpc::Status& grpc_status) {
  const auto status = grpcx::FromGrpc(grpc_status);
  std::string told = absl::StatusCodeToString(status.code());
  if (const auto info = GetErrorInfo(status)) {
    told += " " + info->reason;
    if (const auto field = info->metadata.find("field"); field != info->metadata.end()) told += " " + field->second;
  }
  return told;
}

bool WaitFor(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

}  // namespace crosspoint::testing
