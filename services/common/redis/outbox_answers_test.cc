#include "common/redis/outbox_answers.h"

#include <gtest/gtest.h>

namespace crosspoint {
namespace {

using absl::StatusCode;

const FinalAnswers kAnswers{.at_once = {StatusCode::kInvalidArgument}, .after_attempts = {StatusCode::kInternal}};

StatusCode Told(StatusCode code, int attempt = 1) {
  return ForWorker(absl::Status(code, "x"), attempt, kAnswers).code();
}

TEST(OutboxAnswers, WhatPassesIsToldAsItIs) {
  EXPECT_TRUE(ForWorker(absl::OkStatus(), 1, kAnswers).ok());
  for (const auto code : {StatusCode::kUnavailable, StatusCode::kDeadlineExceeded, StatusCode::kResourceExhausted,
                          StatusCode::kAborted}) {
    EXPECT_EQ(Told(code, 1'000), code);
  }
}

TEST(OutboxAnswers, OnlyWhatIsSaidOfTheThingItselfIsFinal) {
  EXPECT_EQ(Told(StatusCode::kInvalidArgument), StatusCode::kInvalidArgument);
  for (const auto code : {StatusCode::kPermissionDenied, StatusCode::kFailedPrecondition, StatusCode::kUnauthenticated,
                          StatusCode::kUnimplemented, StatusCode::kNotFound}) {
    EXPECT_EQ(Told(code, 1'000), StatusCode::kUnavailable);
  }
  EXPECT_EQ(ForWorker(absl::NotFoundError("why"), 1, kAnswers).message(), "NOT_FOUND: why");
}

TEST(OutboxAnswers, WhatLooksLikeABugIsFinalAfterSomeAttempts) {
  EXPECT_EQ(Told(StatusCode::kInternal, 19), StatusCode::kUnavailable);
  EXPECT_EQ(Told(StatusCode::kInternal, 20), StatusCode::kInternal);
}

}  // namespace
}  // namespace crosspoint
