#include "common/grpcx/forward.h"

#include <fmt/format.h>
#include <grpcpp/channel.h>

#include <chrono>
#include <iterator>
#include <utility>

#include "common/grpcx/call_access.h"
#include "common/grpcx/forward_state.h"
#include "common/grpcx/status.h"
#include "common/status/status.h"

namespace crosspoint::grpcx {
namespace {

std::string OneHeader(const grpc::ServerContextBase& context, const char* name) {
  const auto it = context.client_metadata().find(name);
  return it == context.client_metadata().end() ? std::string() : std::string(it->second.data(), it->second.size());
}

// What the last proxy added: whatever is before it, anybody may have written.
std::string LastForwardedFor(const grpc::ServerContextBase& context) {
  const auto [begin, end] = context.client_metadata().equal_range("x-forwarded-for");
  if (begin == end) return {};
  const auto last = std::prev(end)->second;
  std::string_view address(last.data(), last.size());
  address.remove_prefix(address.rfind(',') + 1);  // npos + 1 is 0
  const auto first = address.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string() : std::string(address.substr(first));
}

// Who is counted together: a token's subject, or the machine of callers without token.
std::string CallerOf(const Call& call) {
  const auto& principal = *call.principal;
  if (principal.kind != Principal::Kind::kAnonymous) return principal.tenant().value + "/" + principal.subject;
  const auto peer = call.peer();
  return "?" + peer.substr(0, peer.rfind(':'));
}

}  // namespace

Forwarder::Forwarder(std::map<std::string, std::shared_ptr<grpc::Channel>> backends, ForwardLimits limits,
                     ForwardGate* gate)
    : state_(std::make_unique<State>(std::move(backends), limits, gate)) {}
Forwarder::~Forwarder() = default;
int Forwarder::running() const { return state_->running(); }

ForwardHeaders ForwardHeaders::Of(const grpc::ServerContextBase& context) {
  return {OneHeader(context, kSessionHeader), OneHeader(context, kBackendHeader), LastForwardedFor(context)};
}

Forwarder::State::State(std::map<std::string, std::shared_ptr<grpc::Channel>> backends, ForwardLimits limits,
                        ForwardGate* gate)
    : limits_(limits), gate_(gate) {
  for (auto& [name, channel] : backends) {
    backends_[name] = {name, channel == nullptr ? nullptr : std::make_unique<grpc::GenericStub>(std::move(channel))};
  }
}

absl::StatusOr<Forwarder::State::Backend*> Forwarder::State::Route(const GuardedMethod& method,
                                                                   const Principal& principal,
                                                                   const ForwardHeaders& headers) {
  // Behind this hop a call without token would count as the gateway's own.
  if (principal.kind == Principal::Kind::kService) {
    return Refusal(absl::StatusCode::kPermissionDenied, "SERVICE_NOT_ALLOWED",
                   "services call each other directly; what is forwarded needs a user's token");
  }
  const bool by_header = method.backend.empty();
  const auto it = backends_.find(by_header ? headers.backend : method.backend);
  if (it == backends_.end()) {
    std::string names;
    for (const auto& [name, backend] : backends_) names += (names.empty() ? "" : ", ") + name;
    return Refusal(
        absl::StatusCode::kInvalidArgument, "SERVICE_NOT_NAMED",
        fmt::format("every service has {}: the header {} must be one of {}", method.service, kBackendHeader, names));
  }
  if (it->second.stub == nullptr) {
    return ErrorWithInfo(absl::StatusCode::kUnimplemented,
                         fmt::format("this installation has no {} service", it->first),
                         {.reason = "NOT_CONFIGURED", .domain = "crosspoint", .metadata = {{"service", it->first}}});
  }
  return &it->second;
}

void Forwarder::State::Locate(const ForwardHeaders& headers, Call& call) const {
  if (!limits_.behind_proxy || headers.forwarded_for.empty()) return;
  if (call.principal->kind != Principal::Kind::kAnonymous) return;
  CallAccess::SetPeer(call, "proxy:" + headers.forwarded_for + ":0");  // a port like any other peer's
}

absl::StatusOr<Forwarder::State::Place> Forwarder::State::Enter(const Call& call, bool stream) {
  auto caller = CallerOf(call);
  {
    const std::lock_guard lock(mu_);
    auto& running = callers_[caller];
    auto& count = stream ? running.streams : running.calls;
    if (count >= (stream ? limits_.max_streams_per_caller : limits_.max_calls_per_caller)) {
      return Refusal(
          absl::StatusCode::kResourceExhausted, "TOO_MANY_CALLS",
          fmt::format("{} {} of this caller are running; let some end first", count, stream ? "streams" : "calls"));
    }
    ++count;
  }
  running_.fetch_add(1, std::memory_order_relaxed);
  Place place;
  place.state_ = this;
  place.caller_ = std::move(caller);
  place.stream_ = stream;
  return place;
}

Forwarder::State::Place& Forwarder::State::Place::operator=(Place&& other) noexcept {
  Leave();
  state_ = std::exchange(other.state_, nullptr);
  caller_ = std::move(other.caller_);
  stream_ = other.stream_;
  return *this;
}

void Forwarder::State::Place::Leave() {
  auto* const state = std::exchange(state_, nullptr);
  if (state == nullptr) return;
  state->running_.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard lock(state->mu_);
  const auto it = state->callers_.find(caller_);
  --(stream_ ? it->second.streams : it->second.calls);
  if (it->second.calls == 0 && it->second.streams == 0) state->callers_.erase(it);
}

void FillForwarded(const Call& call, grpc::ClientContext& context) {
  const auto& along = call.propagation;
  if (call.deadline != TimePoint::max()) context.set_deadline(std::chrono::system_clock::time_point(call.deadline));
  if (!along.token.empty()) context.AddMetadata("authorization", "Bearer " + along.token);
  context.AddMetadata("x-request-id", along.request_id);
  if (call.principal->kind == Principal::Kind::kAnonymous) context.AddMetadata(kGuestHeader, call.peer());
  if (along.trace.valid()) context.AddMetadata("traceparent", tracing::FormatTraceparent(along.trace));
}

absl::Status PassOn(const grpc::Status& status, const std::string& backend) {
  if (status.ok()) return absl::OkStatus();
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED && status.error_details().empty()) {
    return Refusal(absl::StatusCode::kUnimplemented, "NOT_BUILT",
                   fmt::format("{} does not serve this method", backend));
  }
  // Words of the service itself stay as they are.
  return status.error_details().empty() ? FromGrpc(status, backend) : FromGrpc(status);
}

}  // namespace crosspoint::grpcx
