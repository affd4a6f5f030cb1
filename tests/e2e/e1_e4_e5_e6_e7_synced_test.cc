// Voice messages in the owner's mailbox, both ways.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "connectors/ews/properties.h"
#include "tests/e2e/voicemail_calls.h"
#include "tests/support/wav.h"

namespace crosspoint::e2e {
namespace {

using ::testing::Contains;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::MakeWav;
using ::testing::Not;

constexpr std::chrono::seconds kLimit{20};

Person SyncedPerson() {
  auto person = NewPerson();
  const auto settings = SetDelivery(person.name, voicemail::DELIVERY_TYPE_SYNCED);
  EXPECT_TRUE(settings.ok()) << settings.status();
  return person;
}

void Move(const Person& person, const ews::ItemId& item, const std::string& folder) {
  const auto moved = TheStack().mailboxes().MoveItems({item}, ews::FolderRef::Named(folder), As(person));
  ASSERT_TRUE(moved.ok() && moved->front().ok()) << moved.status();
}

TEST(E1, NobodyGetsMailsUnlessTheyWantThem) {
  const auto person = NewPerson();
  const auto wanting = SyncedPerson();
  const auto made = MustDeposit(person.name, "+493023125099", MakeWav());
  EXPECT_EQ(made.delivery_type(), voicemail::DELIVERY_TYPE_NONE);
  // One that is wanted and came later is there, so this one would be, too.
  AwaitMail(wanting, MustDeposit(wanting.name, "", MakeWav()).name());
  EXPECT_FALSE(MailOf(person, made.name(), "inbox"));
}

TEST(E1, SwitchedOffAgainItEnds) {
  const auto person = SyncedPerson();
  AwaitMail(person, MustDeposit(person.name, "", MakeWav()).name());
  ASSERT_TRUE(SetDelivery(person.name, voicemail::DELIVERY_TYPE_NONE).ok());
  const auto after = MustDeposit(person.name, "", MakeWav());
  EXPECT_EQ(after.delivery_type(), voicemail::DELIVERY_TYPE_NONE);
  const auto other = SyncedPerson();
  AwaitMail(other, MustDeposit(other.name, "", MakeWav()).name());
  EXPECT_FALSE(MailOf(person, after.name(), "inbox"));
}

TEST(E4, TheMailIsAVoiceMessageWithCallerIdAndNumberInItsHeaders) {
  const auto caller = NewPerson();
  const auto person = SyncedPerson();
  const auto made = MustDeposit(person.name, caller.extension, MakeWav({.milliseconds = 65'000}));
  EXPECT_EQ(made.caller_user(), caller.name);
  const auto mail = AwaitMail(person, made.name());
  EXPECT_EQ(mail.item_class, ews::kVoiceMessageClass);
  EXPECT_FALSE(mail.is_read);
  EXPECT_FALSE(mail.is_draft);
  EXPECT_EQ(mail.Get(ews::CallerNumberHeader()), caller.extension);
  EXPECT_EQ(mail.Get(ews::CallerNameHeader()), caller.display_name);
  EXPECT_EQ(mail.Get(ews::VoiceDurationHeader()), "65");
  EXPECT_EQ(mail.Get(ews::CallerNumberPath()), caller.extension);
  EXPECT_EQ(mail.Get(ews::CallerNamePath()), caller.display_name);
  EXPECT_THAT(mail.subject, HasSubstr(caller.display_name + " (1:05)"));
}

TEST(E5, MailDeletedInTheMailboxIsDeletedHereAndTheLampGoesOff) {
  const auto person = SyncedPerson();
  const auto moved = MustDeposit(person.name, "", MakeWav());
  const auto destroyed = MustDeposit(person.name, "", MakeWav({.seed = 2}));
  const auto mail = AwaitMail(person, moved.name());
  const auto other = AwaitMail(person, destroyed.name());
  EXPECT_TRUE(SummaryOf(person.name).lamp());
  Move(person, mail.id, "deleteditems");
  EXPECT_TRUE(Eventually([&] { return SummaryOf(person.name).new_messages() == 1; }, kLimit));
  const auto gone = TheStack().mailboxes().DeleteItems({other.id}, ews::DeleteType::kHardDelete, As(person));
  ASSERT_TRUE(gone.ok() && gone->front().ok());
  EXPECT_TRUE(Eventually([&] { return !SummaryOf(person.name).lamp(); }, kLimit));
  EXPECT_TRUE(ListVoicemails(person.name).empty());
  EXPECT_TRUE(GetVoicemail(moved.name())->has_delete_time());
  EXPECT_TRUE(GetVoicemail(destroyed.name())->has_delete_time());
}

TEST(E5, TakenOutOfDeletedItemsItIsBack) {
  const auto person = SyncedPerson();
  const auto made = MustDeposit(person.name, "", MakeWav());
  Move(person, AwaitMail(person, made.name()).id, "deleteditems");
  ASSERT_TRUE(Eventually([&] { return !SummaryOf(person.name).lamp(); }, kLimit));
  Move(person, AwaitMail(person, made.name(), "deleteditems").id, "inbox");
  EXPECT_TRUE(Eventually([&] { return SummaryOf(person.name).lamp(); }, kLimit));
}

TEST(E5, MovedIntoAnotherFolderItStays) {
  const auto person = SyncedPerson();
  const auto kept = MustDeposit(person.name, "", MakeWav());
  const auto deleted = MustDeposit(person.name, "", MakeWav({.seed = 2}));
  const auto other = AwaitMail(person, deleted.name());
  Move(person, AwaitMail(person, kept.name()).id, "drafts");
  Move(person, other.id, "deleteditems");
  ASSERT_TRUE(Eventually([&] { return GetVoicemail(deleted.name())->has_delete_time(); }, kLimit));
  EXPECT_FALSE(GetVoicemail(kept.name())->has_delete_time());
}

TEST(E5, ReadStateIsTheSameOnBothSides) {
  const auto person = SyncedPerson();
  const auto made = MustDeposit(person.name, "", MakeWav());
  auto mail = AwaitMail(person, made.name());
  ews::MessageUpdate update;
  update.is_read = true;
  ASSERT_TRUE(TheStack().mailboxes().UpdateMessage(mail.id, update, As(person)).ok());
  EXPECT_TRUE(
      Eventually([&] { return GetVoicemail(made.name())->state() == voicemail::VOICEMAIL_STATE_HEARD; }, kLimit));
  ASSERT_TRUE(SetState(made.name(), voicemail::VOICEMAIL_STATE_NEW).ok());
  EXPECT_TRUE(Eventually([&] { return !AwaitMail(person, made.name()).is_read; }, kLimit));
}

TEST(E5, DeletedHereItGoesToDeletedItemsAndComesBack) {
  const auto person = SyncedPerson();
  const auto made = MustDeposit(person.name, "", MakeWav());
  AwaitMail(person, made.name());
  ASSERT_TRUE(Delete(made.name()).ok());
  AwaitMail(person, made.name(), "deleteditems");
  EXPECT_FALSE(MailOf(person, made.name(), "inbox"));
  ASSERT_TRUE(Undelete(made.name()).ok());
  AwaitMail(person, made.name(), "inbox");
  EXPECT_FALSE(MailOf(person, made.name(), "deleteditems"));
  EXPECT_FALSE(GetVoicemail(made.name())->has_delete_time());
}

TEST(E6, TheUsersSettingDecides) {
  const auto person = NewPerson();
  ASSERT_TRUE(SetDelivery(person.name, voicemail::DELIVERY_TYPE_NONE).ok());
  voicemail::GetDeliverySettingsRequest request;
  request.set_name(person.name + "/deliverySettings");
  const auto read = [&] {
    voicemail::DeliverySettings settings;
    const auto status =
        Outcome(Voicemails()->GetDeliverySettings(TheStack().AsUser(person.name).get(), request, &settings));
    EXPECT_TRUE(status.ok()) << status;
    return settings.delivery_type();
  };
  EXPECT_EQ(read(), voicemail::DELIVERY_TYPE_NONE);
  ASSERT_TRUE(SetDelivery(person.name, voicemail::DELIVERY_TYPE_SYNCED).ok());
  EXPECT_EQ(read(), voicemail::DELIVERY_TYPE_SYNCED);
  AwaitMail(person, MustDeposit(person.name, "", MakeWav()).name());
}

TEST(E7, TheMailHasNoAudioAndOnlyAnAuthorisedStreamPlaysIt) {
  const auto person = SyncedPerson();
  const auto wav = MakeWav();
  const auto made = MustDeposit(person.name, "+493023125099", wav);
  const auto mail = AwaitMail(person, made.name());
  EXPECT_FALSE(mail.has_attachments);
  EXPECT_TRUE(mail.attachments.empty());
  ASSERT_TRUE(mail.body);
  EXPECT_THAT(mail.body->text, HasSubstr("not in this mail"));
  EXPECT_EQ(*StreamAudio(made.name()), wav);
  voicemail::StreamAudioRequest request;
  request.set_name(made.name());
  const auto stub = Voicemails();
  grpc::ClientContext nobody;
  const auto reader = stub->StreamAudio(&nobody, request);
  voicemail::StreamAudioResponse piece;
  EXPECT_FALSE(reader->Read(&piece));
  EXPECT_EQ(Outcome(reader->Finish()).code(), absl::StatusCode::kUnauthenticated);
  const auto stranger = NewPerson();
  const auto theirs = TheStack().AsUser(stranger.name);
  const auto other = stub->StreamAudio(theirs.get(), request);
  EXPECT_FALSE(other->Read(&piece));
  EXPECT_TRUE(absl::IsNotFound(Outcome(other->Finish())));
}

TEST(E7, WithoutTheSystemThereIsNothingToPlay) {
  const auto person = SyncedPerson();
  const auto made = MustDeposit(person.name, "", MakeWav());
  AwaitMail(person, made.name());
  auto& service = TheStack().voicemail();
  service.Kill();
  EXPECT_FALSE(StreamAudio(made.name()).ok());
  // The mail can be deleted all the same, and that is found out afterwards.
  Move(person, AwaitMail(person, made.name()).id, "deleteditems");
  service.Start();
  service.WaitReady();
  // By another hop's channel: one that began to connect while the service was starting may hang for a while.
  const auto stub = voicemail::VoicemailService::NewStub(TheStack().ChannelAs("contact", "voicemail"));
  voicemail::GetMessageRequest request;
  request.set_name(made.name());
  voicemail::Voicemail message;
  EXPECT_TRUE(Eventually(
      [&] {
        return stub->GetMessage(TheStack().AsUser(person.name).get(), request, &message).ok() &&
               message.has_delete_time();
      },
      kLimit));
}

}  // namespace
}  // namespace crosspoint::e2e
