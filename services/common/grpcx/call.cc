#include "common/grpcx/call.h"

#include <grpcpp/server_context.h>

namespace crosspoint::grpcx {

bool Call::cancelled() const { return ended_ != nullptr && ended_->load(std::memory_order_acquire); }

std::string Call::peer() const { return peer_.empty() && context_ != nullptr ? context_->peer() : peer_; }

}  // namespace crosspoint::grpcx
