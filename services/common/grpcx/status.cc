#include "common/grpcx/status.h"

#include <fmt/format.h>
#include <grpcpp/support/status.h>

#include "crosspoint/common/v1/error_info.pb.h"

namespace crosspoint::grpcx {
namespace {

namespace v1 = crosspoint::common::v1;

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";

// The numbers of both lists are the same. Sources: absl/status/status.h, grpcpp/support/status_code_enum.h.
absl::StatusCode ToAbsl(grpc::StatusCode code) {
  const int number = static_cast<int>(code);
  if (number < 1 || number > 16 || code == grpc::StatusCode::UNKNOWN) return absl::StatusCode::kInternal;
  return static_cast<absl::StatusCode>(number);
}

grpc::StatusCode ToGrpcCode(absl::StatusCode code) {
  if (code == absl::StatusCode::kUnknown) return grpc::StatusCode::INTERNAL;
  return static_cast<grpc::StatusCode>(static_cast<int>(code));
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const grpc::StatusCode code = ToGrpcCode(status.code());
  const auto info = GetErrorInfo(status);
  if (!info) return {code, MessageOf(status)};
  v1::ErrorInfo proto;
  proto.set_reason(info->reason);
  proto.set_domain(info->domain);
  for (const auto& [key, value] : info->metadata) (*proto.mutable_metadata())[key] = value;
  v1::ErrorStatus details;
  details.set_code(static_cast<int>(code));
  details.set_message(MessageOf(status));
  auto& any = *details.add_details();
  any.set_type_url(kErrorInfoUrl);
  any.set_value(proto.SerializeAsString());
  return {code, MessageOf(status), details.SerializeAsString()};
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const absl::StatusCode code = ToAbsl(status.error_code());
  v1::ErrorStatus details;
  if (!status.error_details().empty() && details.ParseFromString(status.error_details())) {
    for (const auto& any : details.details()) {
      v1::ErrorInfo proto;
      if (any.type_url() != kErrorInfoUrl || !proto.ParseFromString(any.value())) continue;
      ErrorInfo info{.reason = proto.reason(), .domain = proto.domain(), .metadata = {}};
      for (const auto& [key, value] : proto.metadata()) info.metadata.emplace(key, value);
      return ErrorWithInfo(code, status.error_message(), info);
    }
  }
  return absl::Status(code, status.error_message());
}

absl::Status FromGrpc(const grpc::Status& status, std::string_view peer) {
  const auto converted = Annotate(FromGrpc(status), peer);
  const bool away = converted.code() == absl::StatusCode::kUnavailable ||
                    // gRPC 1.51 cancels calls that reach a server while it shuts down. Whoever cancelled a call himself
                    // does not read its status.
                    converted.code() == absl::StatusCode::kCancelled;
  const auto info = GetErrorInfo(converted);
  if (!away || (info && info->reason != kShuttingDown)) return converted;
  return ErrorWithInfo(
      absl::StatusCode::kUnavailable, MessageOf(converted),
      {.reason = "PEER_UNAVAILABLE", .domain = "crosspoint", .metadata = {{"service", std::string(peer)}}});
}

bool NeverBegun(const grpc::Status& status) {
  if (status.error_code() != grpc::StatusCode::UNAVAILABLE || status.error_details().empty()) return false;
  const auto info = GetErrorInfo(FromGrpc(status));
  return info && info->reason == kShuttingDown;
}

}  // namespace crosspoint::grpcx
