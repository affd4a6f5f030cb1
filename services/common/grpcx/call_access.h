#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "common/grpcx/call.h"

namespace crosspoint::grpcx {

// How the Guard fills the private parts of a Call.
class CallAccess {
 public:
  static void SetContext(Call& call, grpc::ServerContextBase* context, const std::atomic<bool>* ended) {
    call.context_ = context;
    call.ended_ = ended;
  }
  static grpc::ServerContextBase* Context(const Call& call) { return call.context_; }
  // Where a caller without token is, when the gateway that passed the call on says so.
  static void SetPeer(Call& call, std::string peer) { call.peer_ = std::move(peer); }
  // A stream's call outlives gRPC's context: what it may be asked later is copied.
  static void Detach(Call& call, std::string peer, const std::atomic<bool>* ended) {
    call.context_ = nullptr;
    if (call.peer_.empty()) call.peer_ = std::move(peer);
    call.ended_ = ended;
  }
};

}  // namespace crosspoint::grpcx
