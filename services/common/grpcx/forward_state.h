#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "common/grpcx/forward.h"
#include "common/grpcx/guard_state.h"

namespace crosspoint::grpcx {

// What a forwarded call says beside its messages; copied, because a stream outlives gRPC's context.
struct ForwardHeaders {
  std::string session;
  std::string backend;
  std::string forwarded_for;  // the last address of x-forwarded-for

  static ForwardHeaders Of(const grpc::ServerContextBase& context);
};

class Forwarder::State {
 public:
  struct Backend {
    std::string name;
    std::unique_ptr<grpc::GenericStub> stub;  // null: not configured
  };

  State(std::map<std::string, std::shared_ptr<grpc::Channel>> backends, ForwardLimits limits, ForwardGate* gate);

  // Whether this caller's call may be forwarded at all, and where to.
  //   kPermissionDenied   SERVICE_NOT_ALLOWED, a service without a user's token
  //   kInvalidArgument    SERVICE_NOT_NAMED, the header is missing or names no service of ours
  //   kUnimplemented      NOT_CONFIGURED, this installation has no such service
  absl::StatusOr<Backend*> Route(const GuardedMethod& method, const Principal& principal,
                                 const ForwardHeaders& headers);

  // A caller's place among his running calls or streams, given back with the object.
  class Place {
   public:
    Place() = default;
    ~Place() { Leave(); }
    Place(Place&& other) noexcept { *this = std::move(other); }
    Place& operator=(Place&& other) noexcept;
    void Leave();

   private:
    friend class State;
    State* state_ = nullptr;
    std::string caller_;
    bool stream_ = false;
  };
  // Notes where a caller without token is, if a proxy in front says so.
  void Locate(const ForwardHeaders& headers, Call& call) const;

  //   kResourceExhausted  TOO_MANY_CALLS
  absl::StatusOr<Place> Enter(const Call& call, bool stream);

  ForwardGate* gate() const { return gate_; }
  int running() const { return running_.load(std::memory_order_relaxed); }

 private:
  struct Running {
    int calls = 0;
    int streams = 0;
  };

  std::map<std::string, Backend, std::less<>> backends_;
  const ForwardLimits limits_;
  ForwardGate* const gate_;
  std::atomic<int> running_{0};
  std::mutex mu_;
  std::unordered_map<std::string, Running> callers_;  // guarded by mu_
};

// The headers and the deadline that a forwarded call takes along.
void FillForwarded(const Call& call, grpc::ClientContext& context);

// What a backend answered, as the caller is told: its own words where it gave a reason; what gRPC said by itself
// because nobody answered becomes UNAVAILABLE with PEER_UNAVAILABLE.
absl::Status PassOn(const grpc::Status& status, const std::string& backend);

// Takes the calls of a forwarded unary method, from now until the server shuts down.
void AcceptForwarded(GuardedMethod& method);

// Begins to forward a stream whose first message has come; on its strand.
void ForwardStream(GuardedMethod& method, const std::shared_ptr<StreamCore>& core, const ForwardHeaders& headers);

}  // namespace crosspoint::grpcx
