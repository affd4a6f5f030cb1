// Messages are kept, listed, played and managed.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>

#include "common/ids/digest.h"
#include "tests/e2e/voicemail_calls.h"
#include "tests/support/wav.h"

namespace crosspoint::e2e {
namespace {

using ::testing::HasSubstr;
using testing::MakeWav;

TEST(E2, ADepositedMessageIsListedStreamedEquallyHeardDeletedAndBroughtBack) {
  const auto person = NewPerson();
  const auto wav = MakeWav({.tag = 7, .bits = 8, .milliseconds = 61'000});
  const auto made = MustDeposit(person.name, "+493023125099", wav);
  EXPECT_EQ(made.sha256(), Sha256Hex(wav));
  EXPECT_EQ(made.length().seconds(), 61);
  EXPECT_EQ(made.caller(), "+493023125099");
  EXPECT_EQ(made.state(), voicemail::VOICEMAIL_STATE_NEW);

  const auto listed = ListVoicemails(person.name);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed.front().SerializeAsString(), made.SerializeAsString());
  EXPECT_TRUE(SummaryOf(person.name).lamp());
  EXPECT_EQ(*StreamAudio(made.name()), wav);
  EXPECT_EQ(*StreamAudio(made.name(), 100'000), wav.substr(100'000));
  EXPECT_EQ(*StreamAudio(made.name(), static_cast<int64_t>(wav.size())), "");
  EXPECT_THAT(MessageOf(StreamAudio(made.name(), -1).status()), HasSubstr("offset"));

  ASSERT_TRUE(SetState(made.name(), voicemail::VOICEMAIL_STATE_HEARD).ok());
  EXPECT_FALSE(SummaryOf(person.name).lamp());
  EXPECT_EQ(SummaryOf(person.name).heard_messages(), 1);

  ASSERT_TRUE(Delete(made.name()).ok());
  EXPECT_TRUE(ListVoicemails(person.name).empty());
  const auto deleted = ListVoicemails(person.name, true);
  ASSERT_EQ(deleted.size(), 1u);
  EXPECT_TRUE(deleted.front().has_delete_time());
  ASSERT_TRUE(Undelete(made.name()).ok());
  EXPECT_EQ(ListVoicemails(person.name).size(), 1u);
  EXPECT_EQ(*StreamAudio(made.name()), wav);
}

TEST(E2, TheSameDepositAgainIsTheSameMessage) {
  const auto person = NewPerson();
  MustDeposit(person.name, "", MakeWav());
  const std::string id = "4f1c1d0e-9f0b-4c52-8f8e-0a8f7c1d2e3f";
  const auto first = Deposit(person.name, "", MakeWav({.seed = 2}), id);
  const auto second = Deposit(person.name, "", MakeWav({.seed = 2}), id);
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_EQ(first->name(), second->name());
  const auto other = Deposit(person.name, "", MakeWav({.seed = 3}), id);
  EXPECT_EQ(GetErrorInfo(other.status())->reason, "REQUEST_ID_REUSED");
  EXPECT_EQ(ListVoicemails(person.name).size(), 2u);
}

TEST(E2, AMessageOutlivesAKilledService) {
  const auto person = NewPerson();
  const auto wav = MakeWav({.seed = 9});
  const auto made = MustDeposit(person.name, "+493023125099", wav);
  auto& service = TheStack().voicemail();
  service.Kill();
  service.Start();
  service.WaitReady();
  absl::StatusOr<std::string> audio;
  ASSERT_TRUE(testing::Eventually([&] {
    audio = StreamAudio(made.name());
    return audio.ok();
  })) << audio.status();
  EXPECT_EQ(*audio, wav);
  EXPECT_TRUE(SummaryOf(person.name).lamp());
}

TEST(E2, WatchersSeeTheStateThenEveryChangeAndResume) {
  const auto person = NewPerson();
  const auto first = MustDeposit(person.name, "", MakeWav());
  voicemail::WatchMailboxRequest request;
  request.set_parent(person.name);
  const auto stub = Voicemails();
  std::string token;
  {
    const auto context = TheStack().AsUser(person.name);
    const auto reader = stub->WatchMailbox(context.get(), request);
    voicemail::WatchMailboxResponse seen;
    ASSERT_TRUE(reader->Read(&seen));
    EXPECT_TRUE(seen.synced());
    ASSERT_EQ(seen.messages_size(), 1);
    EXPECT_EQ(seen.summary().new_messages(), 1);
    ASSERT_TRUE(SetState(first.name(), voicemail::VOICEMAIL_STATE_HEARD).ok());
    ASSERT_TRUE(reader->Read(&seen));
    ASSERT_EQ(seen.messages_size(), 1);
    EXPECT_EQ(seen.messages(0).state(), voicemail::VOICEMAIL_STATE_HEARD);
    EXPECT_FALSE(seen.summary().lamp());
    token = seen.resume_token();
    context->TryCancel();
  }
  const auto second = MustDeposit(person.name, "", MakeWav());
  request.set_resume_token(token);
  const auto context = TheStack().AsUser(person.name);
  const auto reader = stub->WatchMailbox(context.get(), request);
  voicemail::WatchMailboxResponse seen;
  ASSERT_TRUE(reader->Read(&seen));
  EXPECT_FALSE(seen.gap());
  ASSERT_EQ(seen.messages_size(), 1) << "only what changed";
  EXPECT_EQ(seen.messages(0).name(), second.name());
  context->TryCancel();
}

TEST(E2, AnotherUsersMessagesDoNotExist) {
  const auto owner = NewPerson();
  const auto stranger = NewPerson();
  const auto made = MustDeposit(owner.name, "", MakeWav());
  voicemail::GetMessageRequest request;
  request.set_name(made.name());
  voicemail::Voicemail response;
  EXPECT_TRUE(
      absl::IsNotFound(Outcome(Voicemails()->GetMessage(TheStack().AsUser(stranger.name).get(), request, &response))));
}

}  // namespace
}  // namespace crosspoint::e2e
