#include "common/zmq/bus_node.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <zmq.hpp>

#include "common/status/status.h"
#include "common/zmq/bus_publisher.h"
#include "common/zmq/bus_subscriber.h"
#include "common/zmq/codec.h"
#include "common/zmq/resync_worker.h"
#include "common/zmq/socket_options.h"

namespace crosspoint {
namespace {

// Between two readings of the directory that unknown clients ask for: a stranger who keeps knocking costs no more.
constexpr std::chrono::milliseconds kMinAskedPoll{100};

SteadyTime Now() { return std::chrono::steady_clock::now(); }

bool IsValidChannel(std::string_view channel) {
  return !channel.empty() && channel.size() <= 32 &&
         std::all_of(channel.begin(), channel.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

// Logs an outage once, and its end.
class OutageLog {
 public:
  OutageLog(log::Logger& log, std::string channel, std::string_view down, std::string_view up)
      : log_(log), channel_(std::move(channel)), down_(down), up_(up) {}

  void Note(const absl::Status& status) {
    if (status.ok() == !is_down_) return;
    is_down_ = !status.ok();
    if (is_down_) {
      log_.Warn(down_, {{"channel", channel_}, {"error", MessageOf(status)}});
    } else {
      log_.Info(up_, {{"channel", channel_}});
    }
  }

 private:
  log::Logger& log_;
  std::string channel_;
  std::string_view down_;
  std::string_view up_;
  bool is_down_ = false;
};

}  // namespace

struct BusNode::Impl : ClientGate, ResyncRequests {
  Impl(BusConfig c, std::string name, PeerDirectory& d, BusStore* s, BusListener& l, const Clock& k, log::Logger& g)
      : config(std::move(c)),
        channel(std::move(name)),
        directory(d),
        store(s),
        listener(l),
        clock(k),
        log(g),
        directory_outage(g, channel, "bus_directory_away", "bus_directory_back"),
        store_outage(g, channel, "bus_heartbeat_stopped", "bus_heartbeat_resumed") {}

  absl::Status Start();
  void Stop();
  void Publish(BusFrame frame);

  // Of the publisher's thread.
  bool Knows(const std::string& public_key) override;
  void AskForPeers() override;
  // Of the subscriber's thread.
  void RequestSnapshots(const std::vector<ShardId>& shards) override {
    if (resync) resync->RequestSnapshots(shards);
  }

  // Of the upkeep thread.
  void Upkeep();
  void RenewAndReadPeers(bool renew);
  void Beat();

  const BusConfig config;
  const std::string channel;
  PeerDirectory& directory;
  BusStore* const store;
  BusListener& listener;
  const Clock& clock;
  log::Logger& log;
  Peer self;  // fixed by Start
  OutageLog directory_outage;
  OutageLog store_outage;

  std::optional<zmq::context_t> context;
  std::unique_ptr<ResyncWorker> resync;  // none without a store
  std::unique_ptr<BusPublisher> publisher;
  std::unique_ptr<BusSubscriber> subscriber;
  std::atomic<uint64_t> published{0};
  std::atomic<uint64_t> dropped{0};
  std::atomic<uint64_t> heartbeats_sent{0};

  std::mutex mu;
  std::condition_variable changed;
  std::optional<PeerBook> peers;  // guarded by mu
  bool peers_asked_for = false;   // guarded by mu
  bool stopping = false;          // guarded by mu
  std::thread upkeep;
};

absl::Status BusNode::Impl::Start() {
  if (!IsValidChannel(channel)) return InvalidField("bus.channel", "must be 1 to 32 of [a-z_]");
  CROSSPOINT_ASSIGN_OR_RETURN(const CurveKeys keys, LoadCurveKeys(config.curve_secret_file));
  context.emplace(1);
  publisher = std::make_unique<BusPublisher>(*context,
                                             BusPublisherOptions{.bind = config.bind,
                                                                 .keys = keys,
                                                                 .high_water_mark = config.high_water_mark,
                                                                 .max_queued = config.max_queued_frames},
                                             *this);
  if (store != nullptr) resync = std::make_unique<ResyncWorker>(channel, *store, config.max_shards_per_fetch, log);
  const FollowerLimits limits{.hold = config.hold,
                              .max_held_frames_per_shard = config.max_held_frames_per_shard,
                              .max_held_bytes = config.max_held_bytes};
  subscriber = std::make_unique<BusSubscriber>(*context,
                                               BusSubscriberOptions{.channel = channel,
                                                                    .keys = keys,
                                                                    .high_water_mark = config.high_water_mark,
                                                                    .max_queued = config.max_queued_frames,
                                                                    .follow = store != nullptr,
                                                                    .limits = limits,
                                                                    .stale_after = 4 * config.heartbeat},
                                               listener, *this, log);
  CROSSPOINT_ASSIGN_OR_RETURN(const std::string bound, publisher->Start());
  CROSSPOINT_ASSIGN_OR_RETURN(self.endpoint, AdvertisedEndpoint(bound, config.advertise_host));
  self.public_key = keys.public_key;
  {
    const std::lock_guard lock(mu);
    peers.emplace(self.endpoint, config.lease);
  }
  if (resync) resync->Start([this](std::vector<ShardSnapshot> s) { subscriber->TakeSnapshots(std::move(s)); });
  subscriber->Start();
  upkeep = std::thread([this] { Upkeep(); });
  return absl::OkStatus();
}

// The upkeep thread ends first, so that nobody registers the node again; the context last, once no socket is left.
void BusNode::Impl::Stop() {
  {
    const std::lock_guard lock(mu);
    if (std::exchange(stopping, true)) return;
  }
  changed.notify_all();
  if (upkeep.joinable()) {
    upkeep.join();
    // Without this the others wait for the lease to run out; no harm, so an error is no news.
    directory.Unregister(channel, self).IgnoreError();
  }
  if (resync) resync->RequestStop();
  if (publisher) publisher->Stop();
  if (subscriber) subscriber->Stop();
  if (resync) resync->Join();
  context.reset();
}

void BusNode::Impl::Publish(BusFrame frame) {
  ++published;
  if (!subscriber) {
    ++dropped;
    return;
  }
  if (frame.request_id.empty()) frame.request_id = log::CurrentContext().request_id;
  if (frame.publish_time == TimePoint{}) frame.publish_time = clock.Now();
  std::string message = EncodeFrame(channel, frame);
  if (message.size() > kMaxMessageBytes) {
    ++dropped;
    log.Warn("bus_frame_too_large", {{"channel", channel}, {"bytes", message.size()}});
    return;
  }
  const bool sent = publisher->Send(std::move(message));
  const bool heard = subscriber->TakeOwnFrame(std::move(frame));
  if (!sent || !heard) ++dropped;
}

bool BusNode::Impl::Knows(const std::string& public_key) {
  const std::lock_guard lock(mu);
  return peers && peers->HasKey(public_key);
}

void BusNode::Impl::AskForPeers() {
  {
    const std::lock_guard lock(mu);
    peers_asked_for = true;
  }
  changed.notify_all();
}

void BusNode::Impl::Upkeep() {
  SteadyTime next_peers = Now();
  SteadyTime next_asked = next_peers;  // not before this on a client's behalf
  SteadyTime next_beat = next_peers;
  while (true) {
    bool renew = false;
    bool read_peers = false;
    {
      std::unique_lock lock(mu);
      const auto due = [&] {
        auto at = peers_asked_for ? std::min(next_peers, next_asked) : next_peers;
        return store != nullptr ? std::min(at, next_beat) : at;
      };
      while (!stopping && Now() < due()) changed.wait_until(lock, due());
      if (stopping) return;
      renew = Now() >= next_peers;
      read_peers = renew || (peers_asked_for && Now() >= next_asked);
      if (read_peers) peers_asked_for = false;
    }
    if (read_peers) {
      RenewAndReadPeers(renew);
      next_asked = Now() + kMinAskedPoll;
      if (renew) next_peers = Now() + config.peer_poll;
    }
    if (store != nullptr && Now() >= next_beat) {
      Beat();
      next_beat = std::max(next_beat + config.heartbeat, Now());  // steady, but nothing to make up after an outage
    }
  }
}

void BusNode::Impl::RenewAndReadPeers(bool renew) {
  absl::Status status = renew ? directory.Register(channel, self, config.lease) : absl::OkStatus();
  if (status.ok()) {
    const auto listed = directory.List(channel);
    status = listed.status();
    if (listed.ok()) {
      PeerChanges changes;
      {
        const std::lock_guard lock(mu);
        changes = peers->Update(*listed, Now());
      }
      if (!changes.connect.empty() || !changes.disconnect.empty()) subscriber->TakePeers(std::move(changes));
    }
  }
  directory_outage.Note(status);
  publisher->OnPeersRead();
}

void BusNode::Impl::Beat() {
  const auto revisions = store->ReadRevisions();
  store_outage.Note(revisions.status());
  if (!revisions.ok()) return;
  if (!publisher->Send(EncodeHeartbeat(channel, self.endpoint, *revisions))) return;
  ++heartbeats_sent;
  subscriber->TakeOwnHeartbeat(*revisions);
}

BusNode::BusNode(BusConfig config, std::string channel, PeerDirectory& directory, BusStore* store,
                 BusListener& listener, const Clock& clock, log::Logger& log)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(channel), directory, store, listener, clock, log)) {}

BusNode::~BusNode() { Stop(); }
absl::Status BusNode::Start() { return impl_->Start(); }
void BusNode::Stop() { impl_->Stop(); }
void BusNode::Publish(BusFrame frame) { impl_->Publish(std::move(frame)); }
const Peer& BusNode::self() const { return impl_->self; }

bool BusNode::Synced() const {
  if (impl_->store == nullptr) return true;
  return impl_->subscriber && impl_->subscriber->Counts().synced_shards == kShardCount;
}

BusStats BusNode::Stats() const {
  BusStats stats;
  stats.published = impl_->published;
  stats.dropped = impl_->dropped;
  if (!impl_->subscriber) return stats;
  const SubscriberCounts counts = impl_->subscriber->Counts();
  stats.received = counts.received;
  stats.applied = counts.follower.applied;
  stats.duplicates = counts.follower.duplicates;
  stats.gaps = counts.follower.gaps;
  stats.resyncs = counts.follower.resyncs;
  stats.fetch_failures = impl_->resync ? impl_->resync->failures() : 0;
  stats.malformed = counts.malformed + counts.follower.invalid;
  stats.heartbeats_sent = impl_->heartbeats_sent;
  stats.refused_clients = impl_->publisher->refused();
  stats.synced_shards = counts.synced_shards;
  const std::lock_guard lock(impl_->mu);
  stats.peers = impl_->peers ? impl_->peers->size() : 0;
  return stats;
}

}  // namespace crosspoint
