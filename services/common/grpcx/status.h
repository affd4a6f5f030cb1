#pragma once

#include <string_view>

#include "common/status/status.h"

namespace grpc {
class Status;
}

namespace crosspoint::grpcx {

// For the wire. An ErrorInfo travels in grpc-status-details-bin as google.rpc.ErrorInfo. kUnknown becomes INTERNAL: it
// never leaves a service.
grpc::Status ToGrpc(const absl::Status& status);

// From the wire, with its ErrorInfo. UNKNOWN becomes kInternal.
absl::Status FromGrpc(const grpc::Status& status);

// Reason of what a replica refuses because it ends.
inline constexpr std::string_view kShuttingDown = "SHUTTING_DOWN";

// The same for a call to our service `peer` ("directory"): says so in the message, and an UNAVAILABLE or CANCELLED that
// carries no reason (nobody listens, connection lost, shutting down) or kShuttingDown, which would seem to be of the
// call that relays it, becomes kUnavailable with reason PEER_UNAVAILABLE and metadata {"service": peer}.
absl::Status FromGrpc(const grpc::Status& status, std::string_view peer);

// Whether a replica that ends has refused this unary call before anything of it was done: whatever the method, another
// replica may be asked at once. The refusing one has told its connections by then that it goes.
bool NeverBegun(const grpc::Status& status);
// How often one call is sent at most for that: an update replaces replica after replica.
inline constexpr int kMostSendings = 4;

}  // namespace crosspoint::grpcx
