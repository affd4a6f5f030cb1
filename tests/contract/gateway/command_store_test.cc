#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tests/contract/gateway/store_fixture.h"

namespace crosspoint::gateway {
namespace {

class CommandStoreContract : public StoreTest {
 protected:
  absl::StatusOr<CommandStore::Recorded> Record(const std::string& id, CommandKind kind = CommandKind::kPlaceCall,
                                                milliseconds expiry = kLong, const std::string& content = "content",
                                                const std::string& session = "s-1") {
    return commands_->Record(owner_, Command{id, kind, "+49 30", session, "pc", {}}, content, "gw-9", expiry, Soon());
  }
  bool Claimed(const std::string& id) {
    const auto command = commands_->Claim(owner_, id, Soon());
    EXPECT_TRUE(command.ok()) << command.status();
    return command.ok() && *command;
  }
  std::optional<std::string> Answer(const std::string& id, Outcome outcome, const std::string& session = "s-1",
                                    const std::string& device = "pc") {
    auto by = Wish(session);
    by.device = device;
    const auto answered = commands_->Answer(owner_, id, by, {outcome, "detail"}, Soon());
    EXPECT_TRUE(answered.ok()) << answered.status();
    return *answered;
  }
  Outcome Settled(const std::string& id) { return commands_->Settle(owner_, id, Soon())->outcome; }
  std::vector<std::string> Pending(const std::string& device = "pc") {
    return *commands_->Pending(owner_, device, Soon());
  }
};

TEST_F(CommandStoreContract, ARecordedCommandIsGivenOutOnceHoweverManyAsk) {
  ASSERT_TRUE(Record("r-1")->fresh);
  EXPECT_THAT(Pending(), ::testing::ElementsAre("r-1"));
  std::atomic<int> given{0};
  {
    std::vector<std::jthread> askers;
    for (int i = 0; i < 16; ++i) askers.emplace_back([&] { given += Claimed("r-1") ? 1 : 0; });
  }
  EXPECT_EQ(given, 1);
  EXPECT_THAT(Pending(), ::testing::IsEmpty());
}

TEST_F(CommandStoreContract, WhatIsGivenOutIsWhatWasRecorded) {
  ASSERT_TRUE(Record("r-1", CommandKind::kPlayMessage).ok());
  const auto command = commands_->Claim(owner_, "r-1", Soon());
  ASSERT_TRUE(command.ok() && *command);
  EXPECT_EQ((*command)->id, "r-1");
  EXPECT_EQ((*command)->kind, CommandKind::kPlayMessage);
  EXPECT_EQ((*command)->target, "+49 30");
}

TEST_F(CommandStoreContract, TheSameRequestIsKnownAndAnotherContentRefused) {
  ASSERT_TRUE(Record("r-1")->fresh);
  EXPECT_FALSE(Record("r-1")->fresh);
  EXPECT_FALSE(Record("r-1")->result);
  EXPECT_EQ(Reason(Record("r-1", CommandKind::kPlaceCall, kLong, "other").status()), "REQUEST_ID_REUSED");
  ASSERT_TRUE(Claimed("r-1"));
  EXPECT_EQ(Answer("r-1", Outcome::kRefused), "gw-9");
  const auto known = Record("r-1");
  ASSERT_TRUE(known.ok() && known->result);
  EXPECT_EQ(known->result->outcome, Outcome::kRefused);
  EXPECT_EQ(known->result->detail, "detail");
}

TEST_F(CommandStoreContract, WithoutASessionNothingIsWritten) {
  const auto none = Record("r-1", CommandKind::kPlaceCall, kLong, "content", "");
  ASSERT_TRUE(none.ok() && none->result);
  EXPECT_EQ(none->result->outcome, Outcome::kNoProgram);
  EXPECT_TRUE(Record("r-1")->fresh) << "a program has come since";
}

TEST_F(CommandStoreContract, WhatExpiredIsNeverGivenOut) {
  ASSERT_TRUE(Record("r-1", CommandKind::kPlaceCall, milliseconds{0}).ok());
  EXPECT_FALSE(Claimed("r-1"));
  ASSERT_TRUE(Record("r-2").ok());
  EXPECT_EQ(Settled("r-2"), Outcome::kExpired) << "given up before it was sent";
  EXPECT_FALSE(Claimed("r-2"));
  EXPECT_FALSE(Answer("r-2", Outcome::kDone)) << "never sent, so nobody can answer";
}

TEST_F(CommandStoreContract, SentAndUnansweredIsUnknownUntilTheAnswerComes) {
  ASSERT_TRUE(Record("r-1").ok());
  ASSERT_TRUE(Claimed("r-1"));
  EXPECT_EQ(Settled("r-1"), Outcome::kUnknown);
  EXPECT_FALSE(Claimed("r-1"));
  EXPECT_EQ(Answer("r-1", Outcome::kDone), "gw-9");
  EXPECT_EQ(Settled("r-1"), Outcome::kDone);
  EXPECT_EQ(Answer("r-1", Outcome::kFailed), "gw-9");
  EXPECT_EQ(Settled("r-1"), Outcome::kDone) << "the first answer stays";
}

TEST_F(CommandStoreContract, OnlyTheSessionOrDeviceItWentToMayAnswer) {
  ASSERT_TRUE(Record("r-1").ok());
  EXPECT_FALSE(Answer("r-1", Outcome::kDone)) << "not sent yet";
  ASSERT_TRUE(Claimed("r-1"));
  EXPECT_FALSE(Answer("r-1", Outcome::kDone, "s-2", "phone"));
  EXPECT_TRUE(Answer("r-1", Outcome::kDone, "s-2", "pc")) << "the same device, connected anew";
}

TEST_F(CommandStoreContract, InvitationsAreGivenOutUntilAnswered) {
  ASSERT_TRUE(Record("r-1", CommandKind::kLaunchInvitation, milliseconds{1}).ok());
  EXPECT_TRUE(Claimed("r-1"));
  EXPECT_EQ(Settled("r-1"), Outcome::kPending);
  EXPECT_THAT(Pending(), ::testing::ElementsAre("r-1"));
  EXPECT_THAT(Pending("p"), ::testing::IsEmpty()) << "of another device";
  EXPECT_TRUE(Claimed("r-1"));
  EXPECT_TRUE(Answer("r-1", Outcome::kDone));
  EXPECT_FALSE(Claimed("r-1"));
  EXPECT_THAT(Pending(), ::testing::IsEmpty());
}

TEST_F(CommandStoreContract, TheRecordSurvivesRedisBeingKilledAndIsStillGivenOutOnce) {
  ASSERT_TRUE(Record("r-1").ok());
  ASSERT_TRUE(Claimed("r-1"));
  ASSERT_TRUE(Record("r-2").ok());
  server_->Kill();
  server_->Restart();
  EXPECT_FALSE(Claimed("r-1"));
  EXPECT_TRUE(Claimed("r-2"));
}

}  // namespace
}  // namespace crosspoint::gateway
