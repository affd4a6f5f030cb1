#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "common/grpcx/auth.h"
#include "common/grpcx/call.h"
#include "common/grpcx/policy.h"
#include "common/log/log.h"

namespace crosspoint::grpcx {

// Sees every call, refused ones too; made once per method, so series are looked up once. Thread-safe, must not block.
class MethodObserver {
 public:
  virtual ~MethodObserver() = default;
  virtual void OnStart() {}
  // `code` is what the caller was told, `reason` that of the ErrorInfo or empty. For a stream: when it ended.
  virtual void OnEnd(absl::StatusCode code, std::string_view reason, std::chrono::nanoseconds took) = 0;
};

class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual std::unique_ptr<MethodObserver> ForMethod(std::string_view service, std::string_view method) = 0;
};

struct GuardConfig {
  std::chrono::milliseconds default_deadline{10'000};  // of unary calls that come without one
  std::chrono::milliseconds max_deadline{300'000};     // farther ones are cut to this
  size_t max_request_bytes = 4u << 20;
  int max_unary_calls = 64;              // running at once on the server's threads; more are refused with OVERLOADED
  int max_waiting_calls = 64;            // running at once on the pool for outside systems: its threads
  int max_waiting_per_tenant = 16;       // of those, running or queued; more are refused with TOO_MANY_WAITING
  int max_streams = 20'000;              // open at once; more are refused with OVERLOADED
  int stream_threads = 8;                // for the callbacks of streams
  size_t stream_queue_messages = 256;    // per stream
  size_t stream_queue_bytes = 4u << 20;  // per stream
  std::chrono::milliseconds reader_silence{60'000};         // a stream whose reader takes nothing for longer is ended
  std::chrono::milliseconds first_message_timeout{30'000};  // a stream that is opened and says nothing is ended
};

// Stands before every handler of a server: deadline, authentication, policy, resource; then the handler. Refusals never
// reach a handler. Must outlive the server and the services made with it; collaborators must outlive the Guard.
// Thread-safe.
class Guard {
 public:
  struct Options {
    GuardConfig config;
    CallObserver* observer = nullptr;  // null: nobody counts
    DelegateGrants grants;             // empty: nobody acts for another
  };

  Guard(Authenticator& authenticator, const Clock& clock, log::Logger& log)
      : Guard(authenticator, clock, log, Options{}) {}
  Guard(Authenticator& authenticator, const Clock& clock, log::Logger& log, Options options);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // For the drain, called by RpcServer::Shutdown. From here on new calls are refused with UNAVAILABLE (reason
  // SHUTTING_DOWN) while running ones go on. Unary ones are told only after ReleaseRefused: gRPC's shutdown answers
  // what it reads from then on with CANCELLED, which callers do not repeat, and a caller that waits sends nothing new.
  void RefuseNewCalls();
  void ReleaseRefused();
  // Unary calls in a handler of the server's own threads.
  int running_calls() const;
  // Ends all streams with UNAVAILABLE (reason SHUTTING_DOWN), new ones too: for the drain.
  void EndStreams();
  size_t open_streams() const;
  size_t waiting_calls() const;

  class State;  // for the files of this folder
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace crosspoint::grpcx
