#include "connectors/ews/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "common/status/status.h"

namespace crosspoint::ews {
namespace {

using absl::StatusCode;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Case {
  const char* code;
  StatusCode status;
  Reaction reaction;
  const char* reason;
};

class ErrorTable : public ::testing::TestWithParam<Case> {};

TEST_P(ErrorTable, SaysWhatToDo) {
  const absl::Status status = StatusFromResponseCode(GetParam().code, "text");
  EXPECT_EQ(status.code(), GetParam().status);
  EXPECT_EQ(ReactionOf(status), GetParam().reaction);
  EXPECT_EQ(ResponseCodeOf(status), GetParam().code);
  EXPECT_EQ(GetErrorInfo(status)->reason, GetParam().reason);
  EXPECT_EQ(GetErrorInfo(status)->domain, "ews.crosspoint");
}

INSTANTIATE_TEST_SUITE_P(
    Codes, ErrorTable,
    ::testing::Values(
        Case{"ErrorServerBusy", StatusCode::kResourceExhausted, Reaction::kBackOff, "EWS_SERVER_BUSY"},
        Case{"ErrorExceededConnectionCount", StatusCode::kResourceExhausted, Reaction::kBackOff,
             "EWS_EXCEEDED_CONNECTION_COUNT"},
        Case{"ErrorADUnavailable", StatusCode::kUnavailable, Reaction::kRetry, "EWS_AD_UNAVAILABLE"},
        Case{"ErrorMailboxStoreUnavailable", StatusCode::kUnavailable, Reaction::kRetry,
             "EWS_MAILBOX_STORE_UNAVAILABLE"},
        Case{"ErrorNoRespondingCASInDestinationSite", StatusCode::kFailedPrecondition, Reaction::kRediscover,
             "EWS_NO_RESPONDING_CAS_IN_DESTINATION_SITE"},
        Case{"ErrorSubscriptionNotFound", StatusCode::kFailedPrecondition, Reaction::kResubscribe,
             "EWS_SUBSCRIPTION_NOT_FOUND"},
        Case{"ErrorInvalidSyncStateData", StatusCode::kFailedPrecondition, Reaction::kResync,
             "EWS_INVALID_SYNC_STATE_DATA"},
        Case{"ErrorIrresolvableConflict", StatusCode::kAborted, Reaction::kRefresh, "EWS_IRRESOLVABLE_CONFLICT"},
        Case{"ErrorItemNotFound", StatusCode::kNotFound, Reaction::kGone, "EWS_ITEM_NOT_FOUND"},
        Case{"ErrorCalendarViewRangeTooBig", StatusCode::kInvalidArgument, Reaction::kSplit,
             "EWS_CALENDAR_VIEW_RANGE_TOO_BIG"},
        Case{"ErrorImpersonateUserDenied", StatusCode::kFailedPrecondition, Reaction::kStop,
             "EWS_IMPERSONATE_USER_DENIED"},
        Case{"ErrorNonExistentMailbox", StatusCode::kNotFound, Reaction::kStop, "EWS_NON_EXISTENT_MAILBOX"},
        Case{"ErrorInvalidRecipients", StatusCode::kInvalidArgument, Reaction::kTellUser, "EWS_INVALID_RECIPIENTS"},
        Case{"ErrorSchemaValidation", StatusCode::kInternal, Reaction::kBug, "EWS_SCHEMA_VALIDATION"},
        Case{"ErrorOfTomorrow", StatusCode::kFailedPrecondition, Reaction::kStop, "EWS_OF_TOMORROW"}));

TEST(Errors, BackOffTravelsToTheMillisecond) {
  const absl::Status status = StatusFromResponseCode("ErrorServerBusy", "", milliseconds(30001));
  EXPECT_EQ(BackOffOf(status), milliseconds(30001));
  EXPECT_EQ(GetErrorInfo(status)->metadata.at("back_off_ms"), "30001");
  EXPECT_EQ(MessageOf(status), "EWS ErrorServerBusy: back off 30001 ms");
  EXPECT_EQ(BackOffOf(Annotate(status, "fetch free/busy")), milliseconds(30001));
}

TEST(Errors, WithoutBackOffThereIsNone) {
  EXPECT_EQ(BackOffOf(StatusFromResponseCode("ErrorServerBusy", "")), std::nullopt);
  EXPECT_EQ(BackOffOf(absl::OkStatus()), std::nullopt);
}

TEST(Errors, StatusOfOthersHasNoReaction) {
  EXPECT_EQ(ReactionOf(absl::OkStatus()), Reaction::kNone);
  EXPECT_EQ(ReactionOf(absl::UnavailableError("x")), Reaction::kNone);
  const absl::Status foreign =
      ErrorWithInfo(StatusCode::kAborted, "x", {"X", "http.crosspoint", {{"reaction", "bug"}}});
  EXPECT_EQ(ReactionOf(foreign), Reaction::kNone);
}

TEST(Errors, HostileCodeStaysHarmless) {
  const absl::Status status =
      StatusFromResponseCode("Error\r\n<x>" + std::string(5000, 'A'), std::string(100'000, 'b'));
  EXPECT_LT(status.message().size(), 1000u);
  EXPECT_EQ(GetErrorInfo(status)->reason.substr(0, 5), "EWS_X");
  EXPECT_EQ(ReactionOf(StatusFromResponseCode("", "")), Reaction::kStop);
}

TEST(HttpErrors, RefusedCredentialsAreOursToConfigure) {
  const absl::Status status = StatusFromHttp(401, "");
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorInfo(status)->reason, "EWS_NOT_AUTHORIZED");
  EXPECT_EQ(ReactionOf(status), Reaction::kStop);
}

TEST(HttpErrors, BlockedEwsIsSaidInPlainWords) {
  EXPECT_THAT(MessageOf(StatusFromHttp(403, "")), ::testing::HasSubstr("EWS is blocked"));
}

TEST(HttpErrors, QueueInFrontOfEwsMeansSlowDown) {
  const absl::Status status = StatusFromHttp(503, "120");
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(ReactionOf(status), Reaction::kBackOff);
  EXPECT_EQ(BackOffOf(status), seconds(120));
  EXPECT_EQ(BackOffOf(StatusFromHttp(503, "Wed, 21 Oct 2026 07:28:00 GMT")), std::nullopt);
}

TEST(HttpErrors, OtherServerErrorsMayPass) {
  EXPECT_EQ(StatusFromHttp(502, "").code(), StatusCode::kUnavailable);
  EXPECT_EQ(ReactionOf(StatusFromHttp(500, "")), Reaction::kRetry);
  EXPECT_EQ(StatusFromHttp(302, "").code(), StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace crosspoint::ews
