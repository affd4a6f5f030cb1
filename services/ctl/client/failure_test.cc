#include "ctl/client/failure.h"

#include <gmock/gmock.h>

#include "common/status/status.h"

namespace crosspoint::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

absl::Status With(absl::StatusCode code, const std::string& reason) {
  return ErrorWithInfo(code, "no", {.reason = reason, .domain = "crosspoint"});
}

TEST(ExitCodes, TellScriptsWhatToDo) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("x")), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("x")), ExitCode::kFailed) << "the server's word, not the program's";
  EXPECT_EQ(ExitCodeOf(UsageError("x")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(PartlyDone("x")), ExitCode::kPartly);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("x")), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("x")), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("x")), ExitCode::kNotAllowed);
  EXPECT_EQ(ExitCodeOf(With(absl::StatusCode::kUnauthenticated, "TOKEN_EXPIRED")), ExitCode::kNotAllowed);
}

TEST(Explain, NamesReasonAndRemedy) {
  const auto text = Explain(With(absl::StatusCode::kUnauthenticated, "TOKEN_EXPIRED"), "host:1");
  EXPECT_THAT(text, HasSubstr("(TOKEN_EXPIRED)"));
  EXPECT_THAT(text, HasSubstr("to do: get a new token"));
}

TEST(Explain, AServerThatDoesNotAnswerIsNamed) {
  EXPECT_THAT(Explain(absl::UnavailableError("connection refused"), "host:1"), HasSubstr("is host:1 the right server"));
}

TEST(Explain, APeerBehindTheServerIsNotTheSettingsFault) {
  const auto text = Explain(With(absl::StatusCode::kUnavailable, "PEER_UNAVAILABLE"), "host:1");
  EXPECT_THAT(text, Not(HasSubstr("right server")));
  EXPECT_THAT(text, HasSubstr("try again"));
}

TEST(Explain, OwnReasonsStayInside) {
  EXPECT_THAT(Explain(UsageError("--page: too large"), ""), Not(HasSubstr("USAGE")));
}

TEST(Explain, AHostileMessageCannotSteerTheTerminal) {
  EXPECT_THAT(Explain(absl::InternalError("a\x1b[2J"), ""), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace crosspoint::ctl
