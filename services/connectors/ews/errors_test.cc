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
        Case{"ErrorAccessDenied", StatusCode::kFailedPrecondition, Reaction::kStopMailbox, "EWS_ACCESS_DENIED"},
        Case{"ErrorNonExistentMailbox", StatusCode::kNotFound, Reaction::kStopMailbox, "EWS_NON_EXISTENT_MAILBOX"},
        Case{"ErrorNonPrimarySmtpAddress", StatusCode::kFailedPrecondition, Reaction::kCorrectAddress,
             "EWS_NON_PRIMARY_SMTP_ADDRESS"},
        Case{"ErrorIncorrectSchemaVersion", StatusCode::kFailedPrecondition, Reaction::kLowerVersion,
             "EWS_INCORRECT_SCHEMA_VERSION"},
        Case{"ErrorItemCorrupt", StatusCode::kFailedPrecondition, Reaction::kSimplify, "EWS_ITEM_CORRUPT"},
        Case{"ErrorFolderExists", StatusCode::kAlreadyExists, Reaction::kUseExisting, "EWS_FOLDER_EXISTS"},
        Case{"ErrorExceededFindCountLimit", StatusCode::kResourceExhausted, Reaction::kSplit,
             "EWS_EXCEEDED_FIND_COUNT_LIMIT"},
        Case{"ErrorBatchProcessingStopped", StatusCode::kUnavailable, Reaction::kRepeatRest,
             "EWS_BATCH_PROCESSING_STOPPED"},
        Case{"ErrorUserNotUnifiedMessagingEnabled", StatusCode::kFailedPrecondition, Reaction::kTellUser,
             "EWS_USER_NOT_UNIFIED_MESSAGING_ENABLED"},
        Case{"ErrorInvalidRecipients", StatusCode::kInvalidArgument, Reaction::kTellUser, "EWS_INVALID_RECIPIENTS"},
        Case{"ErrorSchemaValidation", StatusCode::kInternal, Reaction::kBug, "EWS_SCHEMA_VALIDATION"},
        Case{"ErrorOfTomorrow", StatusCode::kFailedPrecondition, Reaction::kFail, "EWS_OF_TOMORROW"}));

TEST(Errors, BackOffTravelsToTheMillisecond) {
  const absl::Status status = StatusFromResponseCode("ErrorServerBusy", "", {.back_off = milliseconds(30001)});
  EXPECT_EQ(BackOffOf(status), milliseconds(30001));
  EXPECT_EQ(GetErrorInfo(status)->metadata.at("back_off_ms"), "30001");
  EXPECT_EQ(MessageOf(status), "EWS ErrorServerBusy: back off 30001 ms");
  EXPECT_EQ(BackOffOf(Annotate(status, "fetch free/busy")), milliseconds(30001));
}

TEST(Errors, EachRowSaysWhetherToRepeatAndWhatThen) {
  const auto expect = [](const char* code, Repeat repeat, Reaction then) {
    EXPECT_EQ(RuleOf(code).repeat, repeat) << code;
    EXPECT_EQ(RuleOf(code).then, then) << code;
    EXPECT_TRUE(RuleOf(code).known) << code;
    EXPECT_EQ(RepeatOf(StatusFromResponseCode(code, "")), repeat) << code;
  };
  expect("ErrorServerBusy", Repeat::kLimited, Reaction::kNone);
  expect("ErrorInternalServerError", Repeat::kFew, Reaction::kNone);
  expect("ErrorMailboxLogonFailed", Repeat::kOnce, Reaction::kStop);
  expect("ErrorMailboxMoveInProgress", Repeat::kLimited, Reaction::kRediscover);
  expect("ErrorNonPrimarySmtpAddress", Repeat::kAfterCureOnce, Reaction::kNone);
  expect("ErrorIrresolvableConflict", Repeat::kAfterCureOnce, Reaction::kNone);
  expect("ErrorExceededFindCountLimit", Repeat::kAfterCure, Reaction::kBackOff);
  expect("ErrorMissedNotificationEvents", Repeat::kAfterCure, Reaction::kSync);
  expect("ErrorAccessDenied", Repeat::kNever, Reaction::kNone);
  EXPECT_EQ(RuleOf("ErrorOfTomorrow").repeat, Repeat::kNever);
  EXPECT_FALSE(RuleOf("ErrorOfTomorrow").known);
}

TEST(Errors, RepeatOfOthersGoesByWhatTheyAre) {
  EXPECT_EQ(RepeatOf(StatusFromHttp(503, "")), Repeat::kLimited);
  EXPECT_EQ(RepeatOf(StatusFromHttp(401, "")), Repeat::kNever);
  EXPECT_EQ(RepeatOf(ErrorWithInfo(StatusCode::kUnavailable, "x", {"CONNECT_FAILED", "http.crosspoint", {}})),
            Repeat::kLimited);
  EXPECT_EQ(RepeatOf(ErrorWithInfo(StatusCode::kUnavailable, "x", {"TLS_FAILED", "http.crosspoint", {}})),
            Repeat::kNever);
  EXPECT_EQ(RepeatOf(absl::UnavailableError("x")), Repeat::kNever);
  EXPECT_EQ(RepeatOf(BackingOff(milliseconds(5))), Repeat::kLimited);
}

TEST(Errors, InVainRepeatedErrorTurnsIntoWhatComesThen) {
  const absl::Status failed = AfterRetries(StatusFromResponseCode("ErrorMailboxLogonFailed", "no logon"));
  EXPECT_EQ(failed.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReactionOf(failed), Reaction::kStop);
  EXPECT_EQ(ResponseCodeOf(failed), "ErrorMailboxLogonFailed");
  const absl::Status same = StatusFromResponseCode("ErrorADUnavailable", "");
  EXPECT_EQ(AfterRetries(same), same);
  EXPECT_EQ(AfterRetries(absl::UnavailableError("x")), absl::UnavailableError("x"));
}

TEST(Errors, PrimaryAddressTravels) {
  const auto status =
      StatusFromResponseCode("ErrorNonPrimarySmtpAddress", "", {.primary_address = "anna@corp.example"});
  EXPECT_EQ(PrimaryAddressOf(status), "anna@corp.example");
  EXPECT_EQ(PrimaryAddressOf(StatusFromResponseCode("ErrorServerBusy", "")), "");
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
  EXPECT_EQ(ReactionOf(StatusFromResponseCode("", "")), Reaction::kFail);
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
