#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/clock/clock.h"
#include "common/grpcx/principal.h"
#include "common/tracing/trace_context.h"

namespace grpc {
class ServerContextBase;
}

namespace crosspoint::grpcx {

// What goes along with every call made on behalf of a call: the caller's own token, which the next service verifies
// again, and what ties the log lines together. A plain value: keep it when work outlives the call. Never log `token`.
struct Propagation {
  std::string token;  // empty when the caller had none
  std::string request_id;
  tracing::TraceContext trace;
};

// One call as its handler sees it, already authenticated and authorised. Made by the Guard. Thread-safe to read. Lives
// until a unary handler returns, or as long as somebody holds the stream.
class Call {
 public:
  Call() = default;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Never null. Shared with the cache of verified tokens.
  std::shared_ptr<const Principal> principal = std::make_shared<const Principal>();
  std::string_view service;  // full name, "crosspoint.presence.v1.PresenceService"
  std::string_view method;   // "PutClaim"

  // The caller's deadline, or the server's own when the caller set none or one too far away. Streams have none unless
  // the caller set one: then max().
  TimePoint deadline = TimePoint::max();
  std::chrono::steady_clock::time_point steady_deadline = std::chrono::steady_clock::time_point::max();

  Propagation propagation;
  const std::string& request_id() const { return propagation.request_id; }

  // Whether the caller has given up. Cheap enough to ask in a loop.
  bool cancelled() const;
  // gRPC's name of the other end: "ipv4:10.0.0.7:51034". Goes into logs only, it proves nothing.
  std::string peer() const;

 private:
  friend class CallAccess;
  grpc::ServerContextBase* context_ = nullptr;  // of a unary call, while it runs
  const std::atomic<bool>* ended_ = nullptr;    // set when the caller is gone
  std::string peer_;                            // of a stream
};

}  // namespace crosspoint::grpcx
