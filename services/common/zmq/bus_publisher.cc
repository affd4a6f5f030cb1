#include "common/zmq/bus_publisher.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <utility>
#include <zmq.hpp>
#include <zmq_addon.hpp>

#include "common/zmq/socket_options.h"

namespace crosspoint {
namespace {

constexpr char kZapEndpoint[] = "inproc://zeromq.zap.01";
constexpr size_t kMaxWaitingClients = 64;

// A handshake to be decided. Source: ZeroMQ RFC 27 (ZAP).
struct ZapRequest {
  std::string sender;  // routing id of the asking session
  std::string request_id;
  std::string public_key;  // Z85; empty when the client offered none
};

enum ZapPart { kSender, kDelimiter, kVersion, kRequestId, kDomain, kAddress, kRoutingId, kMechanism, kClientKey };

ZapRequest ParseZap(const std::vector<zmq::message_t>& parts) {
  ZapRequest request;
  if (parts.size() > kSender) request.sender = parts[kSender].to_string();
  if (parts.size() > kRequestId) request.request_id = parts[kRequestId].to_string();
  if (parts.size() > kClientKey && parts[kMechanism].to_string_view() == "CURVE") {
    request.public_key = PublicKeyText(parts[kClientKey].to_string());
  }
  return request;
}

}  // namespace

struct BusPublisher::Sockets {
  explicit Sockets(zmq::context_t& context) : zap(context, zmq::socket_type::router), pub(context, ZMQ_PUB) {}

  // 300 has the client come again later; after 400 it would never try again, although its registration may be under
  // way.
  void Answer(const ZapRequest& request, bool admitted) {
    const std::array<std::string, 8> parts = {request.sender,
                                              "",
                                              "1.0",
                                              request.request_id,
                                              admitted ? "200" : "300",
                                              admitted ? "OK" : "unknown key",
                                              "",
                                              ""};
    for (size_t i = 0; i < parts.size(); ++i) {
      zap.send(zmq::buffer(parts[i]), i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
  }

  zmq::socket_t zap;
  zmq::socket_t pub;
  std::vector<ZapRequest> waiting;
};

BusPublisher::BusPublisher(zmq::context_t& context, BusPublisherOptions options, ClientGate& gate)
    : options_(std::move(options)), gate_(gate), sockets_(std::make_unique<Sockets>(context)) {}

BusPublisher::~BusPublisher() { Stop(); }

absl::StatusOr<std::string> BusPublisher::Start() {
  try {
    // The handler stands before the door opens: without one libzmq lets everybody in.
    sockets_->zap.set(zmq::sockopt::linger, 0);
    sockets_->zap.bind(kZapEndpoint);
    auto& pub = sockets_->pub;
    SetCommonOptions(pub);
    pub.set(zmq::sockopt::sndhwm, options_.high_water_mark);
    pub.set(zmq::sockopt::curve_server, true);
    pub.set(zmq::sockopt::curve_secretkey, options_.keys.secret_key);
    pub.set(zmq::sockopt::zap_domain, "crosspoint-bus");
    pub.set(zmq::sockopt::ipv6, options_.bind.find('[') != std::string::npos);
    pub.bind(options_.bind);
    auto bound = pub.get(zmq::sockopt::last_endpoint);
    thread_ = std::thread([this] { Run(); });
    return bound;
  } catch (const zmq::error_t& e) {
    return absl::UnavailableError(fmt::format("bus.bind: cannot bind {}: {}", options_.bind, e.what()));
  }
}

void BusPublisher::Stop() {
  stopping_ = true;
  wakeup_.Signal();
  if (thread_.joinable()) thread_.join();
  sockets_.reset();
}

bool BusPublisher::Send(std::string message) {
  bool first = false;
  {
    const std::lock_guard lock(mu_);
    if (stopping_ || queue_.size() >= options_.max_queued) return false;
    first = queue_.empty();
    queue_.push_back(std::move(message));
  }
  if (first) wakeup_.Signal();  // the thread takes all at once, so the others need no signal
  return true;
}

void BusPublisher::OnPeersRead() {
  peers_read_ = true;
  wakeup_.Signal();
}

void BusPublisher::Run() {
  std::array<zmq::pollitem_t, 2> items = {
      {{nullptr, wakeup_.fd(), ZMQ_POLLIN, 0}, {sockets_->zap.handle(), 0, ZMQ_POLLIN, 0}}};
  while (true) {
    try {
      zmq::poll(items.data(), items.size(), std::chrono::milliseconds(-1));
      wakeup_.Take();
      const bool stopping = stopping_;
      SendQueued();
      AnswerZap();
      if (peers_read_.exchange(false)) AnswerWaiting();
      if (stopping) return;
    } catch (const zmq::error_t& e) {
      if (e.num() != EINTR) std::abort();  // only misuse of the socket is left
    }
  }
}

void BusPublisher::SendQueued() {
  std::vector<std::string> batch;
  {
    const std::lock_guard lock(mu_);
    batch.swap(queue_);
  }
  for (const auto& message : batch) sockets_->pub.send(zmq::buffer(message), zmq::send_flags::dontwait);
}

void BusPublisher::AnswerZap() {
  while (true) {
    std::vector<zmq::message_t> parts;
    if (!zmq::recv_multipart(sockets_->zap, std::back_inserter(parts), zmq::recv_flags::dontwait)) return;
    ZapRequest request = ParseZap(parts);
    if (gate_.Knows(request.public_key)) {
      sockets_->Answer(request, true);
    } else if (request.public_key.empty() || sockets_->waiting.size() >= kMaxWaitingClients) {
      ++refused_;
      sockets_->Answer(request, false);
    } else {
      sockets_->waiting.push_back(std::move(request));
      gate_.AskForPeers();
    }
  }
}

void BusPublisher::AnswerWaiting() {
  for (const auto& request : std::exchange(sockets_->waiting, {})) {
    const bool admitted = gate_.Knows(request.public_key);
    if (!admitted) ++refused_;
    sockets_->Answer(request, admitted);
  }
}

}  // namespace crosspoint
