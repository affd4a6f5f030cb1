#include "common/zmq/bus_subscriber.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>
#include <zmq.hpp>

#include "common/tracing/open_span.h"
#include "common/zmq/codec.h"
#include "common/zmq/socket_options.h"

namespace crosspoint {
namespace {

// Messages read in a row before own frames, snapshots and deadlines get their turn.
constexpr int kMessagesPerTurn = 1024;
constexpr int kJudgementsPerLimit = 4;
constexpr std::chrono::milliseconds kForever(-1);  // as ZeroMQ has it

SteadyTime Now() { return std::chrono::steady_clock::now(); }

}  // namespace

struct BusSubscriber::Socket {
  explicit Socket(zmq::context_t& context) : sub(context, zmq::socket_type::sub) {}
  zmq::socket_t sub;
};

BusSubscriber::BusSubscriber(zmq::context_t& context, BusSubscriberOptions options, BusListener& listener,
                             ResyncRequests& requests, log::Logger& log)
    : options_(std::move(options)),
      listener_(listener),
      requests_(requests),
      log_(log),
      socket_(std::make_unique<Socket>(context)),
      follower_(options_.limits) {}

BusSubscriber::~BusSubscriber() { Stop(); }

void BusSubscriber::Start() {
  auto& sub = socket_->sub;
  SetCommonOptions(sub);
  sub.set(zmq::sockopt::rcvhwm, options_.high_water_mark);
  sub.set(zmq::sockopt::reconnect_ivl, 100);
  sub.set(zmq::sockopt::reconnect_ivl_max, 2000);
  sub.set(zmq::sockopt::connect_timeout, 3000);
  sub.set(zmq::sockopt::curve_publickey, options_.keys.public_key);
  sub.set(zmq::sockopt::curve_secretkey, options_.keys.secret_key);
  sub.set(zmq::sockopt::subscribe, ChannelPrefix(options_.channel));
  thread_ = std::thread([this] { Run(); });
}

void BusSubscriber::Stop() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
  }
  snapshots_taken_.notify_all();
  wakeup_.Signal();
  if (thread_.joinable()) thread_.join();
  socket_.reset();
}

bool BusSubscriber::TakeOwnFrame(BusFrame frame) {
  bool first = false;
  {
    const std::lock_guard lock(mu_);
    if (stopping_ || inbox_.frames.size() >= options_.max_queued) return false;
    first = inbox_.frames.empty();
    inbox_.frames.push_back(std::move(frame));
  }
  if (first) wakeup_.Signal();
  return true;
}

void BusSubscriber::TakeOwnHeartbeat(const ShardRevisions& revisions) {
  {
    const std::lock_guard lock(mu_);
    inbox_.heartbeat = revisions;
  }
  wakeup_.Signal();
}

void BusSubscriber::TakePeers(PeerChanges changes) {
  {
    const std::lock_guard lock(mu_);
    inbox_.peers.push_back(std::move(changes));
  }
  wakeup_.Signal();
}

void BusSubscriber::TakeSnapshots(std::vector<ShardSnapshot> snapshots) {
  {
    std::unique_lock lock(mu_);
    snapshots_taken_.wait(lock, [this] { return inbox_.snapshots.empty() || stopping_; });
    inbox_.snapshots = std::move(snapshots);
  }
  wakeup_.Signal();
}

SubscriberCounts BusSubscriber::Counts() const {
  const std::lock_guard lock(mu_);
  return counts_;
}

void BusSubscriber::Run() {
  if (options_.follow) follower_.Start(Now(), *this);
  heard_ = Now();
  while (!stopping_) {
    Report();
    Wait();
    HandleInbox();
    HandleSocket();
    follower_.OnTick(Now(), *this);
    Judge(Now());
  }
}

// Hands on what the last turn found out.
void BusSubscriber::Report() {
  if (!needs_.empty()) requests_.RequestSnapshots(std::exchange(needs_, {}));
  const std::lock_guard lock(mu_);
  counts_ = {.received = received_,
             .malformed = malformed_,
             .follower = follower_.counts(),
             .synced_shards = options_.follow ? follower_.synced_shards() : kShardCount};
  counts_.follower.applied = applied_;
}

// Says whether the listener may trust what it has heard; from the first time on that it has heard all.
void BusSubscriber::Judge(SteadyTime now) {
  if (now < next_judgement_ || follower_.synced_shards() != kShardCount) return;
  next_judgement_ = now + options_.stale_after / kJudgementsPerLimit;
  const auto lacking = follower_.LackingSince();
  const bool current = now - heard_ <= options_.stale_after && (!lacking || now - *lacking <= options_.stale_after);
  if (std::exchange(current_, current) != current) listener_.OnCurrent(current);
}

void BusSubscriber::Wait() {
  std::array<zmq::pollitem_t, 2> items = {
      {{nullptr, wakeup_.fd(), ZMQ_POLLIN, 0}, {socket_->sub.handle(), 0, ZMQ_POLLIN, 0}}};
  // Silence is news too.
  std::chrono::milliseconds timeout = options_.follow ? options_.stale_after / kJudgementsPerLimit : kForever;
  if (const auto deadline = follower_.NextDeadline()) {
    timeout = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(*deadline - Now()), std::chrono::milliseconds(0),
                         timeout);
  }
  try {
    zmq::poll(items.data(), items.size(), timeout);
  } catch (const zmq::error_t& e) {
    if (e.num() != EINTR) std::abort();  // only misuse of the socket is left
  }
  wakeup_.Take();
}

void BusSubscriber::HandleInbox() {
  Inbox inbox;
  {
    const std::lock_guard lock(mu_);
    inbox = std::exchange(inbox_, {});
  }
  if (!inbox.snapshots.empty()) snapshots_taken_.notify_all();
  for (const auto& changes : inbox.peers) Connect(changes);
  for (auto& snapshot : inbox.snapshots) follower_.OnSnapshot(std::move(snapshot), Now(), *this);
  for (auto& frame : inbox.frames) HandleFrame(std::move(frame));
  if (inbox.heartbeat) HandleHeartbeat(*inbox.heartbeat);
}

void BusSubscriber::HandleSocket() {
  zmq::message_t message;
  for (int i = 0; i < kMessagesPerTurn; ++i) {
    try {
      if (!socket_->sub.recv(message, zmq::recv_flags::dontwait)) return;
    } catch (const zmq::error_t& e) {
      if (e.num() != EINTR) std::abort();  // only misuse of the socket is left
      return;
    }
    HandleMessage(message.to_string_view());
  }
}

void BusSubscriber::HandleMessage(std::string_view message) {
  auto decoded = DecodeMessage(options_.channel, message);
  if (!decoded) {
    ++malformed_;
  } else if (auto* frame = std::get_if<BusFrame>(&*decoded)) {
    ++received_;
    HandleFrame(std::move(*frame));
  } else if (options_.follow) {
    HandleHeartbeat(std::get<ShardRevisions>(*decoded));
  }
}

void BusSubscriber::HandleHeartbeat(const ShardRevisions& revisions) {
  heard_ = Now();
  follower_.OnHeartbeat(revisions, heard_, *this);
}

void BusSubscriber::HandleFrame(BusFrame frame) {
  if (options_.follow) {
    follower_.OnFrame(std::move(frame), Now(), *this);
  } else {
    Apply(std::move(frame));
  }
}

void BusSubscriber::Apply(BusFrame frame) {
  ++applied_;
  if (frame.request_id.empty() && frame.traceparent.empty()) {
    listener_.OnChange(frame);
    return;
  }
  const tracing::OpenSpan span("bus " + options_.channel, tracing::SpanKind::kConsumer, frame.traceparent);
  const tracing::Scope scope(span.context(), frame.request_id);
  listener_.OnChange(frame);
}

void BusSubscriber::Replace(ShardSnapshot snapshot) { listener_.OnResync(std::move(snapshot)); }

void BusSubscriber::Connect(const PeerChanges& changes) {
  auto& sub = socket_->sub;
  for (const Peer& peer : changes.disconnect) {
    try {
      sub.disconnect(peer.endpoint);
    } catch (const zmq::error_t&) {  // ENOENT: it was never connected, because connecting failed
    }
    log_.Info("bus_peer_left", {{"channel", options_.channel}, {"endpoint", peer.endpoint}});
  }
  for (const Peer& peer : changes.connect) {
    try {
      sub.set(zmq::sockopt::curve_serverkey, peer.public_key);
      sub.set(zmq::sockopt::ipv6, peer.endpoint.find('[') != std::string::npos);
      sub.connect(peer.endpoint);
      log_.Info("bus_peer_joined", {{"channel", options_.channel}, {"endpoint", peer.endpoint}});
    } catch (const zmq::error_t& e) {
      log_.Warn("bus_peer_unusable",
                {{"channel", options_.channel}, {"endpoint", peer.endpoint}, {"error", std::string(e.what())}});
    }
  }
}

}  // namespace crosspoint
