// Mails that tell of voice messages, through a real mail server.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>

#include "tests/e2e/voicemail_calls.h"
#include "tests/support/wav.h"

namespace crosspoint::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakeWav;
using ::testing::SizeIs;

std::string AddressOf(const Person& person) { return "private." + person.email; }

TEST(E8, TheMailTellsCallerNumberAndLengthAndHasTheWavOnlyIfAsked) {
  const auto caller = NewPerson();
  const auto person = NewPerson();
  const auto address = AddressOf(person);
  const auto wav = MakeWav({.milliseconds = 125'000});
  ASSERT_TRUE(SetDelivery(person.name, voicemail::DELIVERY_TYPE_NOTIFY, address).ok());
  MustDeposit(person.name, caller.extension, wav);
  ASSERT_THAT(TheStack().mail_relay().MailsTo(address, 1), SizeIs(1));
  ASSERT_TRUE(SetDelivery(person.name, voicemail::DELIVERY_TYPE_NOTIFY, address, true).ok());
  const auto made = MustDeposit(person.name, caller.extension, wav);
  const auto mails = TheStack().mail_relay().MailsTo(address, 2);
  ASSERT_THAT(mails, SizeIs(2));
  for (const auto& mail : mails) {
    EXPECT_EQ(mail.defects, 0);
    EXPECT_EQ(mail.envelope_from, "voicemail@corp.example");
    EXPECT_THAT(mail.headers.at("subject"), HasSubstr(caller.display_name + " (2:05)"));
    EXPECT_EQ(mail.headers.at("x-callingtelephonenumber"), caller.extension);
    EXPECT_THAT(mail.text, HasSubstr("From: " + caller.display_name));
    EXPECT_THAT(mail.text, HasSubstr("Number: " + caller.extension));
    EXPECT_THAT(mail.text, HasSubstr("Length: 2:05"));
  }
  EXPECT_THAT(mails[0].files, IsEmpty());
  ASSERT_THAT(mails[1].files, SizeIs(1));
  EXPECT_EQ(mails[1].files[0].type, "audio/wav");
  EXPECT_EQ(mails[1].files[0].name, IdOf(made.name()) + ".wav");
  EXPECT_EQ(mails[1].files[0].bytes, wav);
}

TEST(E8, AMailServerThatIsBusyOrAwayGetsItLater) {
  const auto person = NewPerson();
  const auto address = AddressOf(person);
  ASSERT_TRUE(SetDelivery(person.name, voicemail::DELIVERY_TYPE_NOTIFY, address).ok());
  auto& relay = TheStack().mail_relay();
  relay.Refuse("DATA", "451 4.3.0 try later");
  MustDeposit(person.name, "", MakeWav());
  relay.Stop();
  testing::Pause(std::chrono::milliseconds(200));
  relay.TakeAll();
  relay.Restart();
  EXPECT_THAT(relay.MailsTo(address, 1), SizeIs(1));
}

TEST(E9, WhatHappensToThatMailChangesNothingHere) {
  const auto person = NewPerson();
  // The mail goes into the person's own mailbox, and is read and deleted there.
  ASSERT_TRUE(SetDelivery(person.name, voicemail::DELIVERY_TYPE_NOTIFY, person.email, true).ok());
  const auto made = MustDeposit(person.name, "+493023125099", MakeWav());
  const auto mails = TheStack().mail_relay().MailsTo(person.email, 1);
  ASSERT_THAT(mails, SizeIs(1));
  ews::MessageDraft arrived;
  arrived.subject = mails[0].headers.at("subject");
  arrived.body = ews::Body{ews::BodyType::kText, mails[0].text};
  arrived.received = NextSecondAfter(std::chrono::milliseconds(0));
  auto& exchange = TheStack().mailboxes();
  const auto item =
      exchange.CreateMessage(arrived, ews::Disposition::kSaveOnly, ews::FolderRef::Named("inbox"), As(person));
  ASSERT_TRUE(item.ok()) << item.status();
  ews::MessageUpdate read;
  read.is_read = true;
  const auto marked = exchange.UpdateMessage(*item, read, As(person));
  ASSERT_TRUE(marked.ok()) << marked.status();
  const auto gone = exchange.DeleteItems({*marked}, ews::DeleteType::kMoveToDeletedItems, As(person));
  ASSERT_TRUE(gone.ok() && gone->front().ok());
  // Somebody else's deletion that is followed came later and is here already.
  const auto synced = NewPerson();
  ASSERT_TRUE(SetDelivery(synced.name, voicemail::DELIVERY_TYPE_SYNCED).ok());
  const auto other = MustDeposit(synced.name, "", MakeWav());
  const auto copy = AwaitMail(synced, other.name());
  ASSERT_TRUE(exchange.DeleteItems({copy.id}, ews::DeleteType::kMoveToDeletedItems, As(synced)).ok());
  ASSERT_TRUE(testing::Eventually([&] { return !SummaryOf(synced.name).lamp(); }, std::chrono::seconds(20)));
  const auto still = GetVoicemail(made.name());
  ASSERT_TRUE(still.ok()) << still.status();
  EXPECT_EQ(still->state(), voicemail::VOICEMAIL_STATE_NEW);
  EXPECT_FALSE(still->has_delete_time());
  EXPECT_TRUE(SummaryOf(person.name).lamp());
}

TEST(E10, TheUserSetsAddressAndAttachment) {
  const auto person = NewPerson();
  const auto set = SetDelivery(person.name, voicemail::DELIVERY_TYPE_NOTIFY, "me@private.example", true);
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->delivery_type(), voicemail::DELIVERY_TYPE_NOTIFY);
  EXPECT_EQ(set->notify_address(), "me@private.example");
  EXPECT_TRUE(set->attach_audio());
  for (const char* wrong : {"", "nobody", "a@b.c\r\nBcc: d@e.f", "two@b.c,three@b.c"}) {
    const auto refused = SetDelivery(person.name, voicemail::DELIVERY_TYPE_NOTIFY, wrong);
    EXPECT_TRUE(absl::IsInvalidArgument(refused.status())) << wrong;
    EXPECT_THAT(MessageOf(refused.status()), HasSubstr("notify_address"));
  }
  voicemail::UpdateDeliverySettingsRequest stale;
  *stale.mutable_settings() = *set;
  stale.mutable_settings()->set_attach_audio(false);
  voicemail::DeliverySettings response;
  EXPECT_TRUE(Voicemails()->UpdateDeliverySettings(TheStack().AsUser(person.name).get(), stale, &response).ok());
  EXPECT_TRUE(absl::IsAborted(
      Outcome(Voicemails()->UpdateDeliverySettings(TheStack().AsUser(person.name).get(), stale, &response))));
}

TEST(E11, TheAdministratorSetsItAndOthersMayNot) {
  const auto person = NewPerson();
  ASSERT_TRUE(SetDelivery(person.name, voicemail::DELIVERY_TYPE_NONE).ok());
  const auto& credentials = TheStack().credentials();
  const auto as = [&](const std::string& user, const std::string& role, const std::string& tenant = "default") {
    return SetDelivery(person.name, voicemail::DELIVERY_TYPE_NOTIFY, AddressOf(person), false,
                       credentials.Token(tenant, user, {role}))
        .status();
  };
  EXPECT_TRUE(as("admin", "tenant_admin").ok());
  MustDeposit(person.name, "", MakeWav());
  EXPECT_THAT(TheStack().mail_relay().MailsTo(AddressOf(person), 1), SizeIs(1));
  // Those who may know of the mailbox are told that they may not; for others it does not exist.
  EXPECT_TRUE(absl::IsPermissionDenied(as("pbx-1", "integrator")));
  EXPECT_TRUE(absl::IsPermissionDenied(as("secretary", "delegate")));
  EXPECT_TRUE(absl::IsPermissionDenied(as("operator", "operator")));
  EXPECT_TRUE(absl::IsNotFound(as(IdOf(NewPerson().name), "user")));
  EXPECT_TRUE(absl::IsNotFound(as("admin", "tenant_admin", "other")));
}

}  // namespace
}  // namespace crosspoint::e2e
