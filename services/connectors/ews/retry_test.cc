#include "connectors/ews/retry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "common/status/status.h"
#include "connectors/ews/errors.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Fails with `failures` in turn, then succeeds with the number of the attempt.
class RetrierTest : public ::testing::Test {
 protected:
  absl::StatusOr<int> Run(std::vector<absl::Status> failures, RetryPolicy policy = {.max_attempts = 5},
                          std::chrono::steady_clock::duration limit = hours(1)) {
    const Retrier retrier(
        policy, [this](milliseconds pause) { pauses_.push_back(pause); }, [this] { return random_; });
    return retrier.Run(std::chrono::steady_clock::now() + limit, [&]() -> absl::StatusOr<int> {
      const size_t attempt = attempts_++;
      if (attempt < failures.size()) return failures[attempt];
      return static_cast<int>(attempts_);
    });
  }
  static std::vector<absl::Status> Always(std::string_view code) {
    return std::vector<absl::Status>(100, StatusFromResponseCode(code, ""));
  }

  std::vector<milliseconds> pauses_;
  double random_ = 1;
  size_t attempts_ = 0;
};

TEST_F(RetrierTest, PassingTroubleIsTriedAgainAfterGrowingPauses) {
  const auto trouble = StatusFromResponseCode("ErrorMailboxStoreUnavailable", "");
  EXPECT_EQ(Run({trouble, trouble, trouble}).value(), 4);
  EXPECT_THAT(pauses_, ElementsAre(milliseconds(200), milliseconds(400), milliseconds(800)));
}

TEST_F(RetrierTest, PausesAreSpreadOverTheirUpperHalfAndHaveALimit) {
  random_ = 0;
  EXPECT_FALSE(Run(Always("ErrorADUnavailable"),
                   {.max_attempts = 5, .first_delay = milliseconds(100), .max_delay = milliseconds(300)})
                   .ok());
  EXPECT_THAT(pauses_, ElementsAre(milliseconds(50), milliseconds(100), milliseconds(150), milliseconds(150)));
}

TEST_F(RetrierTest, NumberOfAttemptsIsLimited) {
  const auto result = Run(Always("ErrorADUnavailable"), {.max_attempts = 3});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(attempts_, 3U);
}

TEST_F(RetrierTest, WithoutAPolicyNothingIsRepeated) {
  EXPECT_FALSE(Run(Always("ErrorADUnavailable"), {}).ok());
  EXPECT_EQ(attempts_, 1U);
}

TEST_F(RetrierTest, BackOffIsKeptToTheMillisecond) {
  random_ = 0;
  EXPECT_EQ(Run({StatusFromResponseCode("ErrorServerBusy", "", {.back_off = milliseconds(1234)})}).value(), 2);
  EXPECT_THAT(pauses_, ElementsAre(milliseconds(1234)));
}

TEST_F(RetrierTest, BusyServerThatNamesNoTimeGetsAGrowingOne) {
  EXPECT_EQ(Run({StatusFromResponseCode("ErrorServerBusy", ""), StatusFromHttp(503, "")}).value(), 3);
  EXPECT_THAT(pauses_, ElementsAre(seconds(1), seconds(2)));
}

TEST_F(RetrierTest, BackOffBeyondTheDeadlineIsNotWaitedFor) {
  const auto busy = StatusFromResponseCode("ErrorServerBusy", "", {.back_off = seconds(30)});
  const auto result = Run({busy}, {.max_attempts = 5}, seconds(10));
  EXPECT_EQ(result.status(), busy);
  EXPECT_THAT(pauses_, IsEmpty());
}

TEST_F(RetrierTest, SomeErrorsGetOneMoreChanceAndThenAnAdministratorHasToAct) {
  const auto result = Run(Always("ErrorMailboxLogonFailed"));
  EXPECT_EQ(attempts_, 2U);
  EXPECT_EQ(ReactionOf(result.status()), Reaction::kStop);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RetrierTest, InternalErrorsAreRepeatedAFewTimesOnly) {
  EXPECT_FALSE(Run(Always("ErrorInternalServerError"), {.max_attempts = 10}).ok());
  EXPECT_EQ(attempts_, 3U);
}

TEST_F(RetrierTest, MailboxBetweenTwoPlacesIsFinallyLookedForAnew) {
  EXPECT_EQ(ReactionOf(Run(Always("ErrorMailboxMoveInProgress")).status()), Reaction::kRediscover);
  EXPECT_EQ(attempts_, 5U);
}

TEST_F(RetrierTest, WhatTheCallerHasToCureComesBackAtOnce) {
  for (const char* code : {"ErrorCrossSiteRequest", "ErrorIrresolvableConflict", "ErrorTimeoutExpired",
                           "ErrorNonPrimarySmtpAddress", "ErrorIncorrectSchemaVersion", "ErrorInvalidSyncStateData",
                           "ErrorSubscriptionNotFound", "ErrorSchemaValidation", "ErrorOfTomorrow"}) {
    attempts_ = 0;
    EXPECT_EQ(ResponseCodeOf(Run(Always(code)).status()), code);
    EXPECT_EQ(attempts_, 1U) << code;
  }
}

TEST_F(RetrierTest, OtherTroubleChangesWhatIsAllowed) {
  EXPECT_EQ(ResponseCodeOf(Run({StatusFromHttp(503, ""), StatusFromResponseCode("ErrorAccessDenied", "")}).status()),
            "ErrorAccessDenied");
  EXPECT_EQ(attempts_, 2U);
}

}  // namespace
}  // namespace crosspoint::ews
