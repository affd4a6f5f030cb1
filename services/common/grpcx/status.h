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

// The same for a call to our service `peer` ("directory"): says so in the message, and an UNAVAILABLE or CANCELLED that
// carries no reason (nobody listens, connection lost, shutting down) becomes kUnavailable with reason PEER_UNAVAILABLE
// and metadata {"service": peer}.
absl::Status FromGrpc(const grpc::Status& status, std::string_view peer);

}  // namespace crosspoint::grpcx
