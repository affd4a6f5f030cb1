#include "common/grpcx/guard.h"

#include <fmt/format.h>
#include <google/protobuf/message.h>
#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>
#include <vector>

#include "common/grpcx/call_access.h"
#include "common/grpcx/guard_state.h"
#include "common/grpcx/status.h"
#include "common/grpcx/stream_core.h"
#include "common/status/status.h"
#include "common/tracing/tracing.h"

namespace crosspoint::grpcx {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr std::string_view kGateway = "gateway";
constexpr std::string_view kServiceUri = "spiffe://crosspoint/service/";

std::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }

// A header that may come once. False when it came more often.
bool Header(const grpc::ServerContextBase& context, const char* name, std::optional<std::string_view>& value) {
  const auto [begin, end] = context.client_metadata().equal_range(name);
  if (begin == end) return true;
  value = View(begin->second);
  return std::next(begin) == end;
}

// The token of an "authorization: Bearer …" header; an error when there is a header of another kind.
absl::StatusOr<std::string_view> BearerToken(const grpc::ServerContextBase& context) {
  std::optional<std::string_view> header;
  if (!Header(context, "authorization", header)) {
    return InvalidToken("malformed", "more than one authorization header");
  }
  if (!header) return std::string_view();
  constexpr std::string_view kScheme = "bearer ";
  const bool bearer = header->size() > kScheme.size() &&
                      std::equal(kScheme.begin(), kScheme.end(), header->begin(), [](char a, char b) {
                        return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
                      });
  if (!bearer) return InvalidToken("malformed", "the authorization header must be: Bearer TOKEN");
  return header->substr(kScheme.size());
}

// The service that the peer's certificate names; empty when it names none. TLS has verified the certificate.
std::string PeerService(const grpc::ServerContextBase& context) {
  const auto auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return {};
  std::string service;
  for (const auto& uri : auth->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME)) {
    const auto text = View(uri);
    if (!text.starts_with(kServiceUri)) continue;
    if (!service.empty()) return {};  // two names are none
    service = text.substr(kServiceUri.size());
    if (!IsValidSegment(service)) return {};
  }
  return service;
}

// In-process channels have no address, gRPC calls their peer "unknown"; every socket has one.
bool IsLocalPeer(const std::string& peer) {
  for (const char* prefix :
       {"ipv4:127.", "ipv6:[::1]", "ipv6:%5B::1%5D", "unix:", "unix-abstract:", "inproc", "unknown"}) {
    if (peer.starts_with(prefix)) return true;
  }
  return false;
}

std::shared_ptr<const Principal> UncheckedPrincipal() {
  static const auto kPrincipal = [] {
    Principal principal;
    principal.kind = Principal::Kind::kUnchecked;
    principal.user = UserId{TenantId{"default"}, "local"};
    principal.subject = "local";
    principal.roles = {Role::kUser, Role::kIntegrator, Role::kTenantAdmin, Role::kOperator};
    return std::make_shared<const Principal>(std::move(principal));
  }();
  return kPrincipal;
}

std::shared_ptr<const Principal> TokenlessPrincipal(Principal::Kind kind, std::string service) {
  Principal principal;
  principal.kind = kind;
  if (kind == Principal::Kind::kService) {
    principal.service = std::move(service);
    principal.subject = "service:" + principal.service;
  } else {
    principal.roles = {Role::kAnonymous};
  }
  return std::make_shared<const Principal>(std::move(principal));
}

// Whose waiting calls are counted together.
std::string_view WaitingKey(const Principal& principal) {
  if (principal.kind == Principal::Kind::kService) return principal.subject;
  return principal.tenant().value;
}

// Of a refused call during the drain, should nobody release it.
constexpr std::chrono::seconds kLongestHold{1};

absl::Status ShuttingDown() {
  return Refusal(absl::StatusCode::kUnavailable, kShuttingDown, "this replica is shutting down");
}

}  // namespace

absl::Status Refusal(absl::StatusCode code, std::string_view reason, std::string_view message) {
  return ErrorWithInfo(code, message, {.reason = std::string(reason), .domain = "crosspoint", .metadata = {}});
}

absl::Status Contained(const std::function<absl::Status()>& body) {
  try {
    return body();
  } catch (const std::exception& e) {
    return absl::InternalError(fmt::format("unhandled exception: {}", e.what()));
  } catch (...) {
    return absl::InternalError("unhandled exception");
  }
}

bool ParseBuffer(const grpc::ByteBuffer& bytes, google::protobuf::Message& message) {
  grpc::Slice slice;
  if (bytes.Length() == 0) {
    message.Clear();
    return true;
  }
  if (!bytes.TrySingleSlice(&slice).ok() && !bytes.DumpToSingleSlice(&slice).ok()) return false;
  return message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
}

grpc::ByteBuffer SerializeToBuffer(const google::protobuf::MessageLite& message) {
  grpc::Slice slice(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));  // nobody else has it yet
  return {&slice, 1};
}

Guard::State::State(Authenticator& authenticator, const Clock& clock, log::Logger& log, Guard::Options options)
    : options_(std::move(options)),
      authenticator_(authenticator),
      clock_(clock),
      log_(log),
      library_logs_(log),
      waiting_pool_(static_cast<size_t>(options_.config.max_waiting_calls)),
      stream_pool_(static_cast<size_t>(options_.config.stream_threads)) {
  if (authenticator_.off()) log_.Warn("auth_off", {{"effect", "every local caller may do everything"}});
  const auto period = std::min<std::chrono::milliseconds>(std::chrono::seconds(1), config().reader_silence / 4);
  ticker_ = std::jthread([this, period](const std::stop_token& stop) {
    std::unique_lock lock(tick_mu_);
    while (!stop.stop_requested()) {
      tick_.wait_for(lock, stop, period, [] { return false; });
      if (!stop.stop_requested()) Tick();
    }
  });
}

Guard::State::~State() {
  ticker_ = {};
  waiting_pool_.Close();
  stream_pool_.Close();
}

void Guard::State::Identify(const grpc::ServerContextBase& context, Call& call, std::string& traceparent) {
  std::optional<std::string_view> request_id;
  std::optional<std::string_view> parent;
  if (!Header(context, "x-request-id", request_id) || !request_id || !tracing::IsUsableRequestId(*request_id)) {
    call.propagation.request_id = tracing::NewRequestId();
  } else {
    call.propagation.request_id = *request_id;
  }
  if (Header(context, "traceparent", parent) && parent) traceparent = *parent;
}

void Guard::State::SetDeadline(const grpc::ServerContextBase& context, Lifetime lifetime, Call& call) const {
  const auto given = context.deadline();
  const bool has_deadline = given != system_clock::time_point::max();
  if (!has_deadline && lifetime == Lifetime::kStream) return;
  const auto now = system_clock::now();
  std::chrono::nanoseconds left = config().default_deadline;
  if (has_deadline) {
    left = given - now;
    if (lifetime == Lifetime::kUnary) left = std::min<std::chrono::nanoseconds>(left, config().max_deadline);
  }
  call.deadline = std::chrono::time_point_cast<std::chrono::microseconds>(now + left);
  call.steady_deadline = steady_clock::now() + left;
}

absl::Status Guard::State::Admit(const GuardedMethod& method, const grpc::ServerContextBase& context, Lifetime lifetime,
                                 Call& call, TimePoint& token_expires) {
  SetDeadline(context, lifetime, call);
  if (call.steady_deadline <= steady_clock::now()) {
    return Refusal(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED", "the deadline had passed on arrival");
  }
  CROSSPOINT_RETURN_IF_ERROR(Authenticate(method, context, call, token_expires));
  return method.policy.CheckRole(*call.principal);
}

absl::Status Guard::State::Authenticate(const GuardedMethod& method, const grpc::ServerContextBase& context, Call& call,
                                        TimePoint& token_expires) {
  if (authenticator_.off()) {
    if (!IsLocalPeer(context.peer())) {
      return Refusal(absl::StatusCode::kUnauthenticated, "NO_CREDENTIALS",
                     "authentication is off, which is for local callers only");
    }
    call.principal = UncheckedPrincipal();
    return absl::OkStatus();
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto token, BearerToken(context));
  if (token.empty()) {
    std::string service = PeerService(context);
    CROSSPOINT_ASSIGN_OR_RETURN(const auto kind, method.policy.WithoutToken(service));
    if (kind == Principal::Kind::kAnonymous && service == kGateway) {
      std::optional<std::string_view> guest;
      if (Header(context, kGuestHeader, guest) && guest) CallAccess::SetPeer(call, std::string(*guest));
    }
    call.principal = TokenlessPrincipal(kind, std::move(service));
    return absl::OkStatus();
  }
  CROSSPOINT_ASSIGN_OR_RETURN(auto verified, authenticator_.Verify(token));
  call.principal = std::move(verified.principal);
  call.propagation.token = token;
  token_expires = verified.expires;
  return absl::OkStatus();
}

absl::Status Guard::State::CheckSize(const grpc::ByteBuffer& bytes) const {
  const size_t size = bytes.Length();
  if (size <= config().max_request_bytes) return absl::OkStatus();
  return Refusal(absl::StatusCode::kInvalidArgument, "REQUEST_TOO_LARGE",
                 fmt::format("the request has {} bytes, at most {} are taken", size, config().max_request_bytes));
}

absl::Status Guard::State::Examine(const GuardedMethod& method, const grpc::ByteBuffer& bytes,
                                   const Principal& principal, Policy::Position position,
                                   google::protobuf::Message& message) const {
  CROSSPOINT_RETURN_IF_ERROR(CheckSize(bytes));
  if (!ParseBuffer(bytes, message)) {
    return Refusal(absl::StatusCode::kInvalidArgument, "MALFORMED_MESSAGE",
                   fmt::format("the request is no {}", message.GetDescriptor()->full_name()));
  }
  return method.policy.CheckResource(principal, message, position, grants());
}

void Guard::State::Report(const GuardedMethod& method, const Call& call, const absl::Status& status,
                          std::chrono::nanoseconds took) {
  const bool internal = status.code() == absl::StatusCode::kInternal || status.code() == absl::StatusCode::kUnknown ||
                        status.code() == absl::StatusCode::kDataLoss;
  const bool debug = log_.Enabled(log::Level::kDebug);
  if (method.observer == nullptr && !internal && !debug) return;
  std::string reason;
  if (!status.ok()) {
    if (auto info = GetErrorInfo(status)) reason = std::move(info->reason);
  }
  if (method.observer != nullptr) method.observer->OnEnd(status.code(), reason, took);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  if (internal) {
    log_.Warn("rpc_internal_error", {{"rpc_service", method.service},
                                     {"rpc_method", method.name},
                                     {"error", status.ToString()},
                                     {"took_us", micros}});
  } else if (debug) {
    log_.Debug("rpc", {{"rpc_service", method.service},
                       {"rpc_method", method.name},
                       {"code", absl::StatusCodeToString(status.code())},
                       {"reason", reason},
                       {"tenant", call.principal->tenant().value},
                       {"subject", call.principal->subject},
                       {"peer", call.peer()},
                       {"took_us", micros}});
  }
}

absl::Status Guard::State::HoldRefused() {
  CallQueue::MayWait();
  std::unique_lock lock(refused_mu_);
  refused_release_.wait_for(lock, kLongestHold, [this] { return refused_released_; });
  return ShuttingDown();
}

absl::Status Guard::State::EnterForwarded() {
  if (refusing_.load(std::memory_order_relaxed)) return HoldRefused();
  forwarded_calls_.fetch_add(1, std::memory_order_relaxed);
  return absl::OkStatus();
}

absl::Status Guard::State::EnterUnary() {
  if (refusing_.load(std::memory_order_relaxed)) return HoldRefused();
  if (unary_calls_.fetch_add(1, std::memory_order_relaxed) < config().max_unary_calls) return absl::OkStatus();
  LeaveUnary();
  return Refusal(absl::StatusCode::kResourceExhausted, "OVERLOADED", "too many calls are running; try again later");
}

absl::Status Guard::State::EnterWaiting(const Principal& principal) {
  if (refusing_.load(std::memory_order_relaxed)) return ShuttingDown();
  const std::lock_guard lock(waiting_mu_);
  // Queued ones count as well: a tenant's own limit keeps him from filling the queue, this one keeps all together.
  if (waiting_ >= 4 * config().max_waiting_calls) {
    return Refusal(absl::StatusCode::kResourceExhausted, "OVERLOADED", "too many calls are waiting; try again later");
  }
  const auto key = WaitingKey(principal);
  auto it = waiting_by_tenant_.find(key);
  if (it == waiting_by_tenant_.end()) it = waiting_by_tenant_.emplace(key, 0).first;
  if (it->second >= config().max_waiting_per_tenant) {
    return Refusal(absl::StatusCode::kResourceExhausted, "TOO_MANY_WAITING",
                   "too many calls of this tenant are waiting for an outside system; try again later");
  }
  ++it->second;
  ++waiting_;
  return absl::OkStatus();
}

void Guard::State::LeaveWaiting(const Principal& principal) {
  const std::lock_guard lock(waiting_mu_);
  const auto it = waiting_by_tenant_.find(WaitingKey(principal));
  if (--it->second == 0) waiting_by_tenant_.erase(it);
  --waiting_;
}

size_t Guard::State::waiting_calls() const {
  const std::lock_guard lock(waiting_mu_);
  return static_cast<size_t>(waiting_);
}

absl::Status Guard::State::EnterStream(const std::shared_ptr<StreamCore>& stream) {
  if (refusing_.load(std::memory_order_relaxed)) return ShuttingDown();
  const std::lock_guard lock(streams_mu_);
  if (draining_) return ShuttingDown();
  if (streams_.size() >= static_cast<size_t>(config().max_streams)) {
    return Refusal(absl::StatusCode::kResourceExhausted, "OVERLOADED", "too many streams are open; try again later");
  }
  streams_.insert(stream);
  return absl::OkStatus();
}

void Guard::State::LeaveStream(const std::shared_ptr<StreamCore>& stream) {
  const std::lock_guard lock(streams_mu_);
  streams_.erase(stream);
}

size_t Guard::State::open_streams() const {
  const std::lock_guard lock(streams_mu_);
  return streams_.size();
}

void Guard::State::ReleaseRefused() {
  const std::lock_guard lock(refused_mu_);
  refused_released_ = true;
  refused_release_.notify_all();
}

void Guard::State::EndStreams() {
  std::vector<std::shared_ptr<StreamCore>> streams;
  {
    const std::lock_guard lock(streams_mu_);
    draining_ = true;
    streams.assign(streams_.begin(), streams_.end());
  }
  for (const auto& stream : streams) {
    stream->Finish(ShuttingDown());
  }
}

void Guard::State::Tick() {
  std::vector<std::shared_ptr<StreamCore>> streams;
  {
    const std::lock_guard lock(streams_mu_);
    streams.assign(streams_.begin(), streams_.end());
  }
  const auto steady_now = steady_clock::now();
  const auto now = clock_.Now();
  for (const auto& stream : streams) stream->Tick(steady_now, now);
}

Guard::Guard(Authenticator& authenticator, const Clock& clock, log::Logger& log, Options options)
    : state_(std::make_unique<State>(authenticator, clock, log, std::move(options))) {}
Guard::~Guard() = default;

void Guard::RefuseNewCalls() { state_->RefuseNewCalls(); }
void Guard::ReleaseRefused() { state_->ReleaseRefused(); }
int Guard::running_calls() const { return state_->running_calls(); }
void Guard::EndStreams() { state_->EndStreams(); }
size_t Guard::open_streams() const { return state_->open_streams(); }
size_t Guard::waiting_calls() const { return state_->waiting_calls(); }

}  // namespace crosspoint::grpcx
