#include "common/status/status.h"

#include <gtest/gtest.h>

namespace crosspoint {
namespace {

TEST(Status, InfoSurvivesTheJourneyThroughAStatus) {
  const ErrorInfo info{
      .reason = "EMAIL_TAKEN", .domain = "directory.crosspoint", .metadata = {{"email", "a@b"}, {"x", ""}}};
  EXPECT_EQ(GetErrorInfo(ErrorWithInfo(absl::StatusCode::kAlreadyExists, "taken", info)), info);
}

TEST(Status, AStatusWithoutInfoHasNone) { EXPECT_EQ(GetErrorInfo(absl::NotFoundError("x")), std::nullopt); }

TEST(Status, AnnotateKeepsCodeInfoAndCause) {
  const auto status = Annotate(InvalidField("user.email", "must contain one @"), "create user");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "create user: user.email: must contain one @");
  EXPECT_EQ(GetErrorInfo(status)->metadata.at("field"), "user.email");
}

TEST(Status, AnnotateLeavesOkAlone) { EXPECT_TRUE(Annotate(absl::OkStatus(), "anything").ok()); }

TEST(Status, NulInMetadataCannotForgeFurtherEntries) {
  const auto status = ErrorWithInfo(absl::StatusCode::kInternal, "m", {"R", "d", {{"k", std::string("v\0k2\0v2", 7)}}});
  EXPECT_EQ(GetErrorInfo(status)->metadata.size(), 1u);
}

}  // namespace
}  // namespace crosspoint
