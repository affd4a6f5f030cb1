// Copies in the mailbox when things go wrong, and watchers of the mailbox here.
#include <gmock/gmock.h>

#include "tests/component/voicemail/world.h"

namespace crosspoint::testing {
namespace {

using std::chrono::seconds;

class Mailbox : public VoicemailWorld {
 protected:
  v1::ResolveBrakeResponse Resolve(v1::BrakeDecision decision, std::string* reason = nullptr) {
    v1::ResolveBrakeRequest request;
    request.set_parent(kAda);
    request.set_decision(decision);
    v1::ResolveBrakeResponse response;
    const auto status = grpcx::FromGrpc(stub_->ResolveBrake(Soon().get(), request, &response));
    if (reason != nullptr) *reason = GetErrorInfo(status) ? GetErrorInfo(status)->reason : "";
    return response;
  }
  // Six messages with their mails, of which five are destroyed at once; until the brake is on.
  void Landslide() {
    UseSynced();
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(Deposit(MakeWav({.seed = i})).ok());
    ASSERT_TRUE(AwaitMails(6));
    peers_.TellInbox(kAda);
    const auto mails = Mails();
    std::vector<ews::ItemId> doomed;
    for (int i = 0; i < 5; ++i) doomed.push_back(mails[i].id);
    // Known to each other first: what was never read cannot have gone.
    Pause(std::chrono::milliseconds(500));
    ASSERT_TRUE(client_->DeleteItems(doomed, ews::DeleteType::kHardDelete, AsAda()).ok());
    peers_.TellInbox(kAda);
    ASSERT_TRUE(Eventually(
        [&] {
          return service_->Get("/metrics").second.find("crosspoint_voicemail_braked_mailboxes 1") != std::string::npos;
        },
        seconds(20)));
    EXPECT_EQ(List().size(), 6u);
  }
};

TEST_F(Mailbox, ALandslideStopsUntilItIsMeant) {
  Start();
  std::string reason;
  Resolve(v1::BRAKE_DECISION_DELETE, &reason);
  EXPECT_EQ(reason, "BRAKE_NOT_ON");
  Landslide();
  EXPECT_EQ(Resolve(v1::BRAKE_DECISION_DELETE).stopped_deletions(), 5);
  EXPECT_TRUE(Eventually([&] { return List().size() == 1; }, seconds(20)));
  EXPECT_EQ(List(true).size(), 6u);
}

TEST_F(Mailbox, ALandslideThatWasAMistakeIsUndone) {
  Start();
  Landslide();
  EXPECT_EQ(Resolve(v1::BRAKE_DECISION_KEEP).stopped_deletions(), 5);
  EXPECT_TRUE(AwaitMails(6));
  EXPECT_EQ(List().size(), 6u);
}

TEST_F(Mailbox, MailsAreMadeOnceThoughAnswersOfExchangeAreLost) {
  Start();
  UseSynced();
  for (int i = 0; i < 4; ++i) {
    exchange_.Post("/sim/faults", R"({"operation": "CreateItem", "kind": "truncated"})");
    ASSERT_TRUE(Deposit(MakeWav({.seed = i})).ok());
  }
  EXPECT_TRUE(AwaitMails(4));
  Restart();
  ASSERT_TRUE(Deposit(MakeWav({.seed = 9})).ok());
  EXPECT_TRUE(AwaitMails(5));
}

TEST_F(Mailbox, WhileExchangeIsAwayMessagesAreKeptAndMailedAfterwards) {
  Start("sync: {first_retry: 50ms, max_retry: 500ms}\n");
  UseSynced();
  exchange_.Kill();
  ASSERT_TRUE(Deposit(MakeWav()).ok());
  EXPECT_EQ(List().size(), 1u);
  exchange_.Restart();
  exchange_.Post("/sim/mailboxes", R"({"email": "ada@corp.example", "display_name": "ada"})");
  EXPECT_TRUE(AwaitMails(1));
}

TEST_F(Mailbox, LostSyncStatesDeleteNothing) {
  Start();
  UseSynced();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Deposit(MakeWav({.seed = i})).ok());
  ASSERT_TRUE(AwaitMails(3));
  peers_.TellInbox(kAda);
  Pause(std::chrono::milliseconds(500));
  exchange_.Post("/sim/expire-sync-states");
  const auto mails = Mails();
  ASSERT_TRUE(client_->MoveItems({mails[0].id}, ews::FolderRef::Named("deleteditems"), AsAda()).ok());
  peers_.TellInbox(kAda);
  EXPECT_TRUE(Eventually([&] { return List().size() == 2; }, seconds(20)));
  Pause(std::chrono::milliseconds(300));
  EXPECT_EQ(List().size(), 2u);
}

TEST_F(Mailbox, AWatcherWithAnOldTokenIsToldOfTheGap) {
  Start();
  ASSERT_TRUE(Deposit(MakeWav()).ok());
  for (const char* token : {"999999", "1"}) {
    v1::WatchMailboxRequest request;
    request.set_parent(kAda);
    request.set_resume_token(token);
    const auto context = Soon();
    const auto reader = stub_->WatchMailbox(context.get(), request);
    v1::WatchMailboxResponse seen;
    ASSERT_TRUE(reader->Read(&seen));
    EXPECT_EQ(seen.gap(), std::string(token) == "999999");
    EXPECT_TRUE(seen.synced());
    context->TryCancel();
  }
  v1::WatchMailboxRequest request;
  request.set_parent(kAda);
  request.set_resume_token("nonsense");
  const auto context = Soon();
  v1::WatchMailboxResponse seen;
  const auto reader = stub_->WatchMailbox(context.get(), request);
  EXPECT_FALSE(reader->Read(&seen));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(Mailbox, AWatchGoesOnOverAnOutageOfRedis) {
  Start();
  v1::WatchMailboxRequest request;
  request.set_parent(kAda);
  const auto context = Soon();
  context->set_deadline(std::chrono::system_clock::now() + seconds(40));
  const auto reader = stub_->WatchMailbox(context.get(), request);
  v1::WatchMailboxResponse seen;
  ASSERT_TRUE(reader->Read(&seen));
  redis_.Kill();
  redis_.Restart();
  ASSERT_TRUE(Eventually([&] { return Deposit(MakeWav()).ok(); }, seconds(20)));
  ASSERT_TRUE(reader->Read(&seen));
  EXPECT_EQ(seen.summary().new_messages(), 1);
  context->TryCancel();
}

TEST_F(Mailbox, GreetingsAreKeptByState) {
  Start();
  const auto upload = [&](const std::string& state, const std::string& wav) {
    v1::Greeting made;
    const auto context = Soon();
    const auto writer = stub_->UploadGreeting(context.get(), &made);
    v1::UploadGreetingRequest part;
    part.mutable_header()->set_name(std::string(kAda) + "/greetings/" + state);
    writer->Write(part);
    part.set_audio(wav);
    writer->Write(part);
    writer->WritesDone();
    return grpcx::FromGrpc(writer->Finish());
  };
  ASSERT_TRUE(upload("default", MakeWav()).ok());
  ASSERT_TRUE(upload("vacation", MakeWav({.milliseconds = 2'000})).ok());
  ASSERT_TRUE(upload("default", MakeWav({.milliseconds = 3'000})).ok());
  EXPECT_EQ(upload("Default!", MakeWav()).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(upload("default", "no wav").code(), absl::StatusCode::kInvalidArgument);
  v1::ListGreetingsRequest request;
  request.set_parent(kAda);
  v1::ListGreetingsResponse response;
  ASSERT_TRUE(stub_->ListGreetings(Soon().get(), request, &response).ok());
  ASSERT_EQ(response.greetings_size(), 2);
  EXPECT_EQ(response.greetings(0).name(), std::string(kAda) + "/greetings/default");
  EXPECT_EQ(response.greetings(0).length().seconds(), 3);
}

}  // namespace
}  // namespace crosspoint::testing
