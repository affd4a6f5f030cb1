#include "meeting_sync/app/tenant_health.h"

#include <gtest/gtest.h>

#include "common/status/status.h"
#include "meeting_sync/app/breaking_mailboxes.h"
#include "meeting_sync/app/fakes.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Verdict = TenantHealth::Verdict;

const TenantId kAcme{"acme"};
const TenantId kOther{"other"};
const Mailbox kMailbox{{kAcme, "ada"}, "ada@acme.test"};

class TenantHealthTest : public ::testing::Test {
 protected:
  void Fail() { health_.Leave(kAcme, Verdict::kTrouble, absl::UnavailableError("refused")); }
  void Break() {
    Fail();
    Fail();
  }

  TenantHealth::SteadyTime now_{std::chrono::hours{1}};
  log::Logger log_{"test", log::Level::kError};
  TenantHealth health_{{kAcme, kOther}, log_, [this] { return now_; }};
  FakeCalendar calendar_;
  FakeMeetings meetings_;
  FakeChangeFeed feed_;
  BreakingMailboxes mailboxes_{calendar_, meetings_, feed_, health_};
};

TEST_F(TenantHealthTest, OneFailureIsNoOutage) {
  Fail();
  EXPECT_TRUE(health_.Enter(kAcme).ok());
  EXPECT_EQ(health_.tenants_down(), 0);
}

TEST_F(TenantHealthTest, DownServerIsTriedByOneCallAtATime) {
  Break();
  EXPECT_EQ(health_.tenants_down(), 1);
  const auto refused = health_.Enter(kAcme);
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(MillisecondsIn(refused, "back_off_ms"), milliseconds{200});
  now_ += milliseconds{200};
  EXPECT_TRUE(health_.Enter(kAcme).ok());
  EXPECT_FALSE(health_.Enter(kAcme).ok()) << "one is on its way";
  health_.Leave(kAcme, Verdict::kAnswered, absl::OkStatus());
  EXPECT_TRUE(health_.Enter(kAcme).ok());
  EXPECT_EQ(health_.tenants_down(), 0);
}

TEST_F(TenantHealthTest, DeadServerIsTriedEverMoreRarely) {
  Break();
  int tries = 0;
  for (int i = 0; i < 600; ++i) {
    now_ += milliseconds{100};
    if (!health_.Enter(kAcme).ok()) continue;
    ++tries;
    Fail();
  }
  EXPECT_GE(tries, 12) << "still every five seconds";
  EXPECT_LE(tries, 20);
}

TEST_F(TenantHealthTest, OneTenantsOutageIsNotTheOthers) {
  Break();
  EXPECT_TRUE(health_.Enter(kOther).ok());
  EXPECT_FALSE(health_.Ready().ok());
  health_.Leave(kOther, Verdict::kAnswered, absl::OkStatus());
  EXPECT_TRUE(health_.Ready().ok());
}

TEST_F(TenantHealthTest, OnlyTroubleOfTheServerCounts) {
  const auto with = [](absl::StatusCode code, const std::string& reason, std::map<std::string, std::string> metadata) {
    return TenantHealth::VerdictOf(
        ErrorWithInfo(code, "x", {.reason = reason, .domain = "ews.crosspoint", .metadata = std::move(metadata)}));
  };
  EXPECT_EQ(with(absl::StatusCode::kUnavailable, "EWS_MAILBOX_MOVE_IN_PROGRESS",
                 {{"response_code", "ErrorMailboxMoveInProgress"}}),
            Verdict::kAnswered);
  EXPECT_EQ(with(absl::StatusCode::kFailedPrecondition, "EWS_NOT_AUTHORIZED", {}), Verdict::kTrouble);
  EXPECT_EQ(with(absl::StatusCode::kUnavailable, "CONNECT_FAILED", {}), Verdict::kTrouble);
  EXPECT_EQ(TenantHealth::VerdictOf(absl::InvalidArgumentError("x")), Verdict::kNothing);
  EXPECT_EQ(TenantHealth::VerdictOf(ErrorWithInfo(absl::StatusCode::kUnavailable, "not sent",
                                                  {"EWS_BUDGET_UNKNOWN", "ews.crosspoint", {}})),
            Verdict::kNothing);
  EXPECT_EQ(TenantHealth::VerdictOf(absl::OkStatus()), Verdict::kAnswered);
}

TEST_F(TenantHealthTest, BreakerRefusesWithoutCallingAndClosesAgain) {
  calendar_.Fail(absl::UnavailableError("refused"), 2);
  EXPECT_FALSE(mailboxes_.Changes(kMailbox, "").ok());
  EXPECT_FALSE(mailboxes_.Changes(kMailbox, "").ok());
  const auto reads = calendar_.reads;
  EXPECT_TRUE(HasReason(mailboxes_.Changes(kMailbox, "").status(), "MAIL_SERVER_DOWN"));
  EXPECT_TRUE(HasReason(mailboxes_.List(kMailbox, {}, {}, {}).status(), "MAIL_SERVER_DOWN"));
  EXPECT_EQ(calendar_.reads, reads);
  now_ += seconds{1};
  EXPECT_TRUE(mailboxes_.Changes(kMailbox, "").ok());
  EXPECT_TRUE(mailboxes_.List(kMailbox, {}, {}, {}).ok());
}

}  // namespace
}  // namespace crosspoint::meeting_sync
