#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "common/grpcx/call_queue.h"
#include "common/grpcx/forward.h"
#include "common/grpcx/guard.h"
#include "common/grpcx/library_logs.h"
#include "common/grpcx/methods.h"
#include "common/grpcx/policy.h"
#include "common/grpcx/worker_pool.h"

namespace crosspoint::grpcx {

// One method of a guarded service. Immutable once the server runs.
struct GuardedMethod {
  Guard::State& guard;
  std::string service;  // full name
  std::string name;
  std::string path;  // "/crosspoint.presence.v1.PresenceService/PutClaim", as gRPC registers it
  Policy policy;
  Methods::Method method;
  std::unique_ptr<MethodObserver> observer;  // null when nobody counts
  int index = 0;                             // within the service
  CallSource* source = nullptr;              // of further calls; never null once the server runs
  Forwarder::State* forward = nullptr;       // of another process's methods; `method` then has no functions
  std::string backend;                       // with `forward`: where it goes; empty: the caller's header says
};

// What every call of a server shares.
class Guard::State {
 public:
  State(Authenticator& authenticator, const Clock& clock, log::Logger& log, Guard::Options options);
  ~State();

  const GuardConfig& config() const { return options_.config; }
  log::Logger& log() { return log_; }
  CallObserver* observer() { return options_.observer; }
  const DelegateGrants& grants() const { return options_.grants; }
  bool auth_off() const { return authenticator_.off(); }

  // Reads request id and trace of the caller, or makes new ones. Before everything else, so that refusals can be found.
  static void Identify(const grpc::ServerContextBase& context, Call& call, std::string& traceparent);

  enum class Lifetime { kUnary, kStream };
  // Steps 1 to 3 of the README: deadline, who, role. `token_expires` is set when a token was given.
  absl::Status Admit(const GuardedMethod& method, const grpc::ServerContextBase& context, Lifetime lifetime, Call& call,
                     TimePoint& token_expires);
  // Steps 4 and 5: request and resource.
  absl::Status Examine(const GuardedMethod& method, const grpc::ByteBuffer& bytes, const Principal& principal,
                       Policy::Position position, google::protobuf::Message& message) const;
  // Counts and logs one finished call.
  void Report(const GuardedMethod& method, const Call& call, const absl::Status& status, std::chrono::nanoseconds took);

  // Places of calls that are running.
  absl::Status EnterUnary();
  void LeaveUnary() { unary_calls_.fetch_sub(1, std::memory_order_relaxed); }
  // Forwarded unary calls hold no thread; the Forwarder has limits of its own for them.
  absl::Status EnterForwarded();
  void LeaveForwarded() { forwarded_calls_.fetch_sub(1, std::memory_order_relaxed); }
  absl::Status CheckSize(const grpc::ByteBuffer& bytes) const;
  absl::Status EnterWaiting(const Principal& principal);
  void LeaveWaiting(const Principal& principal);
  WorkerPool& waiting_pool() { return waiting_pool_; }
  size_t waiting_calls() const;

  absl::Status EnterStream(const std::shared_ptr<StreamCore>& stream);
  void LeaveStream(const std::shared_ptr<StreamCore>& stream);
  WorkerPool& stream_pool() { return stream_pool_; }
  size_t open_streams() const;
  // From a stream's beginning until the handler has heard of its end; until then it uses handler and service.
  void StreamBegan() { unended_streams_.fetch_add(1, std::memory_order_relaxed); }
  void StreamEnded() { unended_streams_.fetch_sub(1, std::memory_order_release); }
  int unended_streams() const { return unended_streams_.load(std::memory_order_acquire); }
  void RefuseNewCalls() { refusing_ = true; }
  void ReleaseRefused();
  int running_calls() const { return unary_calls_ + forwarded_calls_; }
  void EndStreams();

 private:
  absl::Status HoldRefused();
  absl::Status Authenticate(const GuardedMethod& method, const grpc::ServerContextBase& context, Call& call,
                            TimePoint& token_expires);
  void SetDeadline(const grpc::ServerContextBase& context, Lifetime lifetime, Call& call) const;
  void Tick();

  const Guard::Options options_;
  Authenticator& authenticator_;
  const Clock& clock_;
  log::Logger& log_;
  const LibraryLogs library_logs_;
  std::atomic<int> unary_calls_{0};
  std::atomic<int> forwarded_calls_{0};
  std::atomic<int> unended_streams_{0};
  std::atomic<bool> refusing_{false};
  std::mutex refused_mu_;
  std::condition_variable refused_release_;
  bool refused_released_ = false;  // guarded by refused_mu_

  mutable std::mutex waiting_mu_;
  std::map<std::string, int, std::less<>> waiting_by_tenant_;  // guarded by waiting_mu_
  int waiting_ = 0;                                            // guarded by waiting_mu_

  mutable std::mutex streams_mu_;
  std::unordered_set<std::shared_ptr<StreamCore>> streams_;  // guarded by streams_mu_; shared with gRPC and handlers
  bool draining_ = false;                                    // guarded by streams_mu_

  std::mutex tick_mu_;
  std::condition_variable_any tick_;
  WorkerPool waiting_pool_;
  WorkerPool stream_pool_;
  std::jthread ticker_;  // last: stopped before anything it uses goes
};

// Our messages in gRPC's buffers.
bool ParseBuffer(const grpc::ByteBuffer& bytes, google::protobuf::Message& message);
grpc::ByteBuffer SerializeToBuffer(const google::protobuf::MessageLite& message);

// An error of the layer itself, domain "crosspoint".
absl::Status Refusal(absl::StatusCode code, std::string_view reason, std::string_view message);

// Runs `body`; an exception becomes kInternal, so that none reaches gRPC, which would say UNKNOWN.
absl::Status Contained(const std::function<absl::Status()>& body);

}  // namespace crosspoint::grpcx
