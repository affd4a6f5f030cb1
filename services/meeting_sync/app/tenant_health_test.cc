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
const MailServer kAcmes{kAcme, "https://mail.acme.test"};
const MailServer kAcmesBranch{kAcme, "https://branch.acme.test"};
const MailServer kOthers{{"other"}, "https://mail.other.test"};
const Mailbox kMailbox{{kAcme, "ada"}, "ada@acme.test"};

struct FakeServers final : MailServers {
  MailServer ServerOf(const Mailbox& mailbox) override { return {mailbox.user.tenant, url}; }
  std::string url = kAcmes.url;
};

class TenantHealthTest : public ::testing::Test {
 protected:
  void Fail() { health_.Leave(kAcmes, Verdict::kTrouble, absl::UnavailableError("refused")); }
  void Break() {
    Fail();
    Fail();
  }

  TenantHealth::SteadyTime now_{std::chrono::hours{1}};
  log::Logger log_{"test", log::Level::kError};
  TenantHealth health_{{kAcmes, kOthers}, log_, [this] { return now_; }};
  FakeCalendar calendar_;
  FakeMeetings meetings_;
  FakeChangeFeed feed_;
  FakeServers servers_;
  BreakingMailboxes mailboxes_{calendar_, meetings_, feed_, servers_, health_};
};

TEST_F(TenantHealthTest, OneFailureIsNoOutage) {
  Fail();
  EXPECT_TRUE(health_.Enter(kAcmes).ok());
  EXPECT_EQ(health_.tenants_down(), 0);
}

TEST_F(TenantHealthTest, DownServerIsTriedByOneCallAtATime) {
  Break();
  EXPECT_EQ(health_.tenants_down(), 1);
  const auto refused = health_.Enter(kAcmes);
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(MillisecondsIn(refused, "back_off_ms"), milliseconds{200});
  now_ += milliseconds{200};
  EXPECT_TRUE(health_.Enter(kAcmes).ok());
  EXPECT_FALSE(health_.Enter(kAcmes).ok()) << "one is on its way";
  health_.Leave(kAcmes, Verdict::kAnswered, absl::OkStatus());
  EXPECT_TRUE(health_.Enter(kAcmes).ok());
  EXPECT_EQ(health_.tenants_down(), 0);
}

TEST_F(TenantHealthTest, DeadServerIsTriedEverMoreRarely) {
  Break();
  int tries = 0;
  for (int i = 0; i < 600; ++i) {
    now_ += milliseconds{100};
    if (!health_.Enter(kAcmes).ok()) continue;
    ++tries;
    Fail();
  }
  EXPECT_GE(tries, 12) << "still every five seconds";
  EXPECT_LE(tries, 20);
}

TEST_F(TenantHealthTest, OneTenantsOutageIsNotTheOthers) {
  Break();
  EXPECT_TRUE(health_.Enter(kOthers).ok());
  EXPECT_FALSE(health_.Ready().ok());
  health_.Leave(kOthers, Verdict::kAnswered, absl::OkStatus());
  EXPECT_TRUE(health_.Ready().ok());
}

TEST_F(TenantHealthTest, OneServersOutageIsNotThatOfTheTenantsOthers) {
  Break();
  EXPECT_TRUE(health_.Enter(kAcmesBranch).ok());
  health_.Leave(kAcmesBranch, Verdict::kAnswered, absl::OkStatus());
  EXPECT_FALSE(health_.Enter(kAcmes).ok());
  EXPECT_EQ(health_.tenants_down(), 1);
  servers_.url = kAcmesBranch.url;
  EXPECT_TRUE(mailboxes_.Changes(kMailbox, "").ok());
}

TEST_F(TenantHealthTest, DeadServerThatNobodyAsksAnyMoreIsNoOutage) {
  Break();
  now_ += std::chrono::minutes{9};
  EXPECT_EQ(health_.tenants_down(), 1);
  now_ += std::chrono::minutes{2};
  EXPECT_EQ(health_.tenants_down(), 0);
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
