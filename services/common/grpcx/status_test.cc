#include "common/grpcx/status.h"

#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include "crosspoint/common/v1/error_info.pb.h"

namespace crosspoint::grpcx {
namespace {

TEST(GrpcStatus, EveryCodeSurvivesTheJourneyButUnknown) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    const auto back = FromGrpc(ToGrpc(status));
    if (status.code() == absl::StatusCode::kUnknown) {
      EXPECT_EQ(ToGrpc(status).error_code(), grpc::StatusCode::INTERNAL);
    } else {
      EXPECT_EQ(back, status);
    }
  }
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
}

TEST(GrpcStatus, UnknownFromOutsideIsInternal) {
  EXPECT_EQ(FromGrpc(grpc::Status(grpc::StatusCode::UNKNOWN, "x")).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(FromGrpc(grpc::Status(static_cast<grpc::StatusCode>(99), "x")).code(), absl::StatusCode::kInternal);
}

TEST(GrpcStatus, ErrorInfoSurvivesTheJourney) {
  const ErrorInfo info{"EMAIL_TAKEN", "directory.crosspoint", {{"email", "a@b"}, {"user", "u1"}}};
  const auto wire = ToGrpc(ErrorWithInfo(absl::StatusCode::kAlreadyExists, "taken", info));
  EXPECT_EQ(GetErrorInfo(FromGrpc(wire)), info);
}

TEST(GrpcStatus, ErrorInfoIsWhatOtherClientsExpect) {
  const auto wire = ToGrpc(InvalidField("user.email", "must contain one @"));
  common::v1::ErrorStatus details;
  ASSERT_TRUE(details.ParseFromString(wire.error_details()));
  EXPECT_EQ(details.code(), 3);
  ASSERT_EQ(details.details_size(), 1);
  EXPECT_EQ(details.details(0).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
}

TEST(GrpcStatus, RubbishInTheDetailsIsIgnored) {
  const auto status = FromGrpc(grpc::Status(grpc::StatusCode::ABORTED, "x", "\xff\xff rubbish"));
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(GetErrorInfo(status), std::nullopt);
}

TEST(GrpcStatus, APeerThatIsAwayHasAReason) {
  const auto status = FromGrpc(grpc::Status(grpc::StatusCode::UNAVAILABLE, "connection refused"), "directory");
  EXPECT_EQ(status.message(), "directory: connection refused");
  EXPECT_EQ(GetErrorInfo(status)->reason, "PEER_UNAVAILABLE");
  EXPECT_EQ(GetErrorInfo(status)->metadata.at("service"), "directory");
}

TEST(GrpcStatus, ACallThatAShutdownCancelledMayBeTriedAgain) {
  const auto status = FromGrpc(grpc::Status(grpc::StatusCode::CANCELLED, ""), "directory");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetErrorInfo(status)->reason, "PEER_UNAVAILABLE");
}

TEST(GrpcStatus, AReasonOfThePeerIsKept) {
  const auto wire = ToGrpc(ErrorWithInfo(absl::StatusCode::kUnavailable, "x", {"REDIS_UNAVAILABLE", "crosspoint", {}}));
  EXPECT_EQ(GetErrorInfo(FromGrpc(wire, "directory"))->reason, "REDIS_UNAVAILABLE");
}

TEST(GrpcStatus, AnEndingPeerIsNoSignThatTheRelayingCallWasNotBegun) {
  const auto wire = ToGrpc(ErrorWithInfo(absl::StatusCode::kUnavailable, "x", {"SHUTTING_DOWN", "crosspoint", {}}));
  EXPECT_TRUE(NeverBegun(wire));
  const auto relayed = FromGrpc(wire, "directory");
  EXPECT_EQ(GetErrorInfo(relayed)->reason, "PEER_UNAVAILABLE");
  EXPECT_FALSE(NeverBegun(ToGrpc(relayed)));
}

}  // namespace
}  // namespace crosspoint::grpcx
