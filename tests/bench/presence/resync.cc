#include "tests/bench/presence/resync.h"
#include "tests/support/process_usage.h"

#include <fmt/format.h>
#include <hiredis.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <numeric>
#include <sstream>
#include <thread>
#include <unordered_map>

#include "common/grpcx/tls.h"
#include "common/redis/client.h"
#include "common/zmq/bus_node.h"
#include "common/zmq/redis_peer_directory.h"
#include "crosspoint/presence/v1/presence_service.grpc.pb.h"
#include "presence/adapters/bus_presence.h"
#include "presence/adapters/redis_presence_store.h"
#include "presence/adapters/redis_shards.h"
#include "presence/app/edge_timers.h"
#include "presence/app/presence_feed.h"
#include "presence/app/watch_hub.h"

namespace crosspoint::bench {
namespace {

namespace pb = presence::v1;
using std::chrono::steady_clock;

constexpr int kInFlight = 48;  // fewer than calls a replica takes at once

// Of a child: what it grew by and how long it took.
class Growth {
 public:
  Growth() : kb_(testing::PrivateKb(getpid())), begin_(steady_clock::now()) {}
  void Print() const {
    const auto took = std::chrono::duration<double, std::milli>(steady_clock::now() - begin_).count();
    fmt::print("{:.1f} {:.0f}\n", took, testing::PrivateKb(getpid()) - kb_);
    std::fflush(stdout);
  }

 private:
  const double kb_;
  const steady_clock::time_point begin_;
};

// A replica as main.cc of presence puts it together, without what answers calls.
struct Replica {
  explicit Replica(const RedisConfig& config) : redis(config) {
    timers.Start(table, [](const presence::UserKey&, TimePoint, const presence::ChangeResult&) {});
  }
  ~Replica() { timers.Stop(); }

  SystemClock clock;
  RandomIdSource ids;
  log::Logger log{"bench", log::Level::kError};
  RedisClient redis;
  presence::KnownEpoch epoch;
  presence::RedisPresenceStore store{redis, epoch};
  presence::EdgeTimers timers{store, log};
  presence::PresenceTable table{presence::ShardOfUser, timers};
  presence::WatchHub hub{table};
  presence::PresenceFeed feed{table, hub};
  presence::RedisShards shards{redis, epoch, ids, log};
  presence::TableBook tables;
  presence::TableFeed table_feed{tables, hub};
  presence::BusPresenceListener listener{feed, table_feed, log};
  RedisPeerDirectory peers{redis};
  BusNode bus{BusConfig{}, presence::kBusChannel, peers, &shards, listener, clock, log};
};

pb::PutClaimRequest ClaimOf(int user) {
  pb::PutClaimRequest request;
  auto& claim = *request.mutable_claim();
  claim.set_name(fmt::format("tenants/{}/users/person{}/claims/meeting", kTenant, user));
  claim.set_source("calendar");
  claim.set_claim_class(pb::CLAIM_CLASS_CALENDAR);
  claim.set_state("in-a-meeting");
  claim.set_note("Weekly round");
  const auto end = std::chrono::system_clock::now() + std::chrono::hours(8);
  claim.mutable_end_time()->set_seconds(std::chrono::system_clock::to_time_t(end));
  return request;
}

// Gives these a meeting until tonight; those who could not be served in time.
std::vector<int> PutClaims(pb::PresenceService::Stub& stub, const std::string& token, const std::vector<int>& users) {
  struct Call {
    grpc::ClientContext context;
    pb::PutClaimRequest request;
    pb::PutClaimResponse response;
  };
  std::atomic<int> under_way{0};
  std::mutex mu;
  std::vector<int> again;
  std::string why;
  for (const int user : users) {
    while (under_way >= kInFlight) std::this_thread::yield();
    auto call = std::make_shared<Call>();  // shared: callbacks are copied
    call->context.AddMetadata("authorization", "Bearer " + token);
    call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    call->request = ClaimOf(user);
    ++under_way;
    stub.async()->PutClaim(&call->context, &call->request, &call->response, [&, call, user](grpc::Status status) {
      if (!status.ok()) {
        const std::lock_guard lock(mu);
        again.push_back(user);
        why = status.error_message();
      }
      --under_way;
    });
  }
  while (under_way > 0) std::this_thread::yield();
  if (!again.empty()) fmt::print(stderr, "{} claims are put again: {}\n", again.size(), why);
  return again;
}

void Populate(const testing::Credentials& credentials, pb::PresenceService::Stub& stub, int users) {
  constexpr int kAttempts = 20;
  const auto token = credentials.Token(kTenant, "calendar", {"integrator"});
  std::vector<int> left(static_cast<size_t>(users));
  std::iota(left.begin(), left.end(), 0);
  for (int attempt = 0; attempt < kAttempts && !left.empty(); ++attempt) left = PutClaims(stub, token, left);
  if (!left.empty()) std::exit(1);
}

struct Reading {
  std::vector<double> ms;
  std::vector<double> kb;
  void Take(const std::string& kind, const std::string& socket) {
    Child child({"/proc/self/exe", "--serve=" + kind, "--redis=" + socket});
    std::istringstream line(child.ReadLine());
    double took = 0;
    double grown = 0;
    line >> took >> grown;
    ms.push_back(took);
    kb.push_back(grown);
  }
};

}  // namespace

ResyncFigures MeasureResync(const testing::Credentials& credentials, OurSide& ours, int users, int rounds) {
  Populate(credentials, *pb::PresenceService::NewStub(ours.Channel(0)), users);
  Reading our;
  Reading floor;
  for (int i = 0; i < rounds; ++i) {
    our.Take("resync", ours.redis().socket_path());
    floor.Take("resync-floor", ours.redis().socket_path());
  }
  const auto bytes = [users](const Reading& reading) { return Quantile(reading.kb, 0.5) * 1024 / users; };
  const ResyncFigures figures{Quantile(our.ms, 0.5), Quantile(floor.ms, 0.5), bytes(our), bytes(floor)};
  fmt::print("{} users read by a fresh process, medians of {} rounds\n", users, rounds);
  fmt::print("  {:<12} {:7.0f} ms {:7.0f} bytes a user\n", ours.name(), figures.ms, figures.bytes_per_user);
  fmt::print("  {:<12} {:7.0f} ms {:7.0f} bytes a user\n", "floor", figures.floor_ms, figures.floor_bytes_per_user);
  return figures;
}

int ServeResync(const std::string& socket_path) {
  RedisConfig config;
  config.address = "unix:" + socket_path;
  Replica replica(config);
  const Growth growth;
  if (const auto status = replica.bus.Start(); !status.ok()) {
    fmt::print(stderr, "{}\n", status.ToString());
    return 1;
  }
  while (!replica.table.complete()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  growth.Print();
  replica.bus.Stop();
  return 0;
}

int ServeResyncFloor(const std::string& socket_path) {
  constexpr int kShardsAtOnce = 32;
  auto* const redis = redisConnectUnix(socket_path.c_str());
  if (redis == nullptr || redis->err != 0) return 1;
  std::array<std::unordered_map<std::string, std::string>, presence::kShards> shards;
  const Growth growth;
  for (size_t first = 0; first < shards.size(); first += kShardsAtOnce) {
    for (size_t shard = first; shard < first + kShardsAtOnce; ++shard) {
      redisAppendCommand(redis, "HGETALL cp:{presence:%d}:records", static_cast<int>(shard));
    }
    for (size_t shard = first; shard < first + kShardsAtOnce; ++shard) {
      void* answer = nullptr;
      if (redisGetReply(redis, &answer) != REDIS_OK) return 1;
      auto* const reply = static_cast<redisReply*>(answer);
      for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        const auto& key = *reply->element[i];
        const auto& value = *reply->element[i + 1];
        shards[shard].emplace(std::string(key.str, key.len), std::string(value.str, value.len));
      }
      freeReplyObject(reply);
    }
  }
  growth.Print();
  redisFree(redis);
  return 0;
}

}  // namespace crosspoint::bench
