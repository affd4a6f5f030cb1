#include "directory/app/connector_test_run.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/support/fake_user_store.h"

namespace crosspoint::directory {
namespace {

const TenantId kAcme{"acme"};

// Says everything works, and remembers how it was asked.
class FakeProbe final : public ConnectorProbe {
 public:
  absl::StatusOr<ConnectorReport> Probe(const TenantId&, const std::string& mailbox, Deadline deadline) override {
    asked_for = mailbox;
    until = deadline;
    if (!failure.ok()) return failure;
    return ConnectorReport{.steps = {{.step = ConnectorStep::kTcp, .outcome = StepOutcome::kOk}}};
  }
  std::optional<std::string> asked_for;
  Deadline until;
  absl::Status failure;
};

class ConnectorTestRunTest : public ::testing::Test {
 protected:
  void AddUser(const std::string& id, const std::string& email, MailboxBinding binding) {
    User user{.id = {kAcme, id}, .display_name = id, .email = email, .mailbox_binding = binding};
    ASSERT_TRUE(store_.Create({{user, "", ""}}, Deadline::max())[0].ok());
    ASSERT_TRUE(feed_.Refresh(kAcme, Deadline::max()).ok());
  }

  FakeUserStore store_;
  UserFeed feed_{store_, {kAcme}};
  FakeProbe probe_;
  ConnectorTestRun run_{probe_, feed_};
};

TEST_F(ConnectorTestRunTest, TakesTheFirstUserWhoMayHaveAMailboxOnExchange) {
  AddUser("phone", "", MailboxBinding::kDefault);
  AddUser("cloud", "cloud@corp.example", MailboxBinding::kGraph);
  AddUser("none", "none@corp.example", MailboxBinding::kNone);
  AddUser("ada", "ada@corp.example", MailboxBinding::kEws);
  AddUser("bo", "bo@corp.example", MailboxBinding::kDefault);
  const auto report = run_.Run(kAcme, "", Deadline::max());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->mailbox, "ada@corp.example");
  EXPECT_EQ(probe_.asked_for, "ada@corp.example");
}

TEST_F(ConnectorTestRunTest, TakesTheMailboxThatIsNamed) {
  AddUser("ada", "ada@corp.example", MailboxBinding::kEws);
  EXPECT_EQ(run_.Run(kAcme, "bo@corp.example", Deadline::max())->mailbox, "bo@corp.example");
}

TEST_F(ConnectorTestRunTest, WithoutUsersItTriesWithoutAMailbox) {
  EXPECT_EQ(run_.Run(kAcme, "", Deadline::max())->mailbox, "");
  EXPECT_EQ(probe_.asked_for, "");
}

TEST_F(ConnectorTestRunTest, LeavesTimeForTheAnswerAndEndsWithinAMinute) {
  const auto now = std::chrono::steady_clock::now();
  ASSERT_TRUE(run_.Run(kAcme, "", now + std::chrono::seconds(10)).ok());
  EXPECT_LT(probe_.until, now + std::chrono::seconds(10));
  ASSERT_TRUE(run_.Run(kAcme, "", Deadline::max()).ok());
  EXPECT_LE(probe_.until, std::chrono::steady_clock::now() + std::chrono::minutes(1));
}

TEST_F(ConnectorTestRunTest, NoConnectorIsAnError) {
  probe_.failure = absl::FailedPreconditionError("none");
  EXPECT_TRUE(absl::IsFailedPrecondition(run_.Run(kAcme, "", Deadline::max()).status()));
}

}  // namespace
}  // namespace crosspoint::directory
