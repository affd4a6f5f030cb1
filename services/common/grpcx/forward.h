#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/grpcx/call.h"

namespace grpc {
class Channel;
}

namespace crosspoint::grpcx {

// Names the session a call is made in; only the gate looks at it.
inline constexpr char kSessionHeader[] = "crosspoint-session";
// Names the backend of a service that every backend has, e.g. "meeting-sync".
inline constexpr char kBackendHeader[] = "crosspoint-service";
// Where a caller without token is, in gRPC's words; believed from the gateway alone.
inline constexpr char kGuestHeader[] = "crosspoint-guest";

// Has a say, beside the policy, in calls that name a session. Thread-safe.
class ForwardGate {
 public:
  virtual ~ForwardGate() = default;
  // Answers by `then`, exactly once and from any thread; must not block. `call` lives until then.
  virtual void Check(const Call& call, const std::string& session, std::function<void(absl::Status)> then) = 0;
};

struct ForwardLimits {
  int max_calls_per_caller = 256;   // unary calls of one token's subject at once; more get TOO_MANY_CALLS
  int max_streams_per_caller = 64;  // likewise, open streams
  // All callers come through a proxy of ours: the last address of x-forwarded-for is the caller's.
  bool behind_proxy = false;
};

// Where forwarded calls go. Messages pass as bytes, whatever the method; the caller's token, request id, trace,
// deadline and cancellation go along, status and its details come back. Nothing else of the headers is passed on.
// Must outlive the services made with it and the server. Thread-safe.
class Forwarder {
 public:
  // `backends` by the name users know them by ("meeting-sync"); a null channel: this installation has no such service.
  // `gate` may be null.
  Forwarder(std::map<std::string, std::shared_ptr<grpc::Channel>> backends, ForwardLimits limits, ForwardGate* gate);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  // Calls and streams being forwarded now.
  int running() const;

  class State;  // for the files of this folder
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace crosspoint::grpcx
