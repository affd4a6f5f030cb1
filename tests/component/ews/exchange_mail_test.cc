#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "tests/component/ews/exchange_fixture.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ExchangeMail : public WithExchange {
 protected:
  // As a voice message lies in an inbox.
  MessageDraft VoiceMail(const std::string& id) const {
    return {.item_class = std::string(kVoiceMessageClass),
            .subject = "Voice mail from +49 30 23125 9",
            .body = Body{BodyType::kHtml, "<p>7 seconds</p>"},
            .from = Mailbox{.name = "+49 30 23125 9", .email = "voicemail@corp.example"},
            .to = {{.name = "Test anna", .email = "anna@corp.example"}},
            .received = received_,
            .importance = Importance::kHigh,
            .categories = {"Voice"},
            .extended_properties = {{CrosspointIdPath(), id},
                                    {CallerNumberHeader(), "+4930231259"},
                                    {CallerNumberPath(), "+4930231259"},
                                    {VoiceDurationPath(), "7"}},
            .attachments = {{.name = "voice.wav", .content_type = "audio/wav", .bytes = wav_}}};
  }
  MessageDraft Letter(const std::string& subject) const {
    return {.subject = subject,
            .body = Body{BodyType::kText, "Hello & good bye"},
            .to = {{.email = "bo@corp.example"}},
            .extended_properties = {{CrosspointIdPath(), subject}}};
  }
  ItemId Save(const MessageDraft& draft, const FolderRef& folder) const {
    const auto id = client_->CreateMessage(draft, Disposition::kSaveOnly, folder, anna_);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.value_or(ItemId{});
  }
  absl::StatusOr<Message> Get(const ItemId& id, const EwsCall& call, Detail detail = Detail::kFactsAndBody) const {
    const auto batch = client_->GetMessages(
        {id}, {CrosspointIdPath(), CallerNumberHeader(), CallerNumberPath(), VoiceDurationPath()}, detail, call);
    EXPECT_TRUE(batch.ok()) << batch.status();
    return batch.ok() ? batch->front() : batch.status();
  }
  // Messages of a folder that carry our id.
  std::vector<Message> Ours(const std::string& folder, const std::string& id, const EwsCall& call) const {
    const auto page = client_->FindMessages({.folder = FolderRef::Named(folder),
                                             .restriction = IsEqualTo(CrosspointIdPath(), id),
                                             .properties = {CrosspointIdPath()}},
                                            call);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->items : std::vector<Message>{};
  }
  std::vector<Message> WithSubject(const std::string& folder, const std::string& subject, const EwsCall& call) const {
    const auto page = client_->FindMessages(
        {.folder = FolderRef::Named(folder), .restriction = IsEqualTo(FieldName{"item:Subject", ""}, subject)}, call);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->items : std::vector<Message>{};
  }

  const FolderRef inbox_ = FolderRef::Named("inbox");
  const TimePoint received_ = NextHour() - hours(48);
  const std::string wav_ = "RIFF" + std::string(100'000, '\x7f') + std::string("\0\xff", 2);
};

TEST_F(ExchangeMail, SavedVoiceMailLooksAsIfItHadComeIn) {
  const ItemId id = Save(VoiceMail("v1"), inbox_);
  const auto message = Get(id, anna_);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->item_class, kVoiceMessageClass);
  EXPECT_EQ(message->subject, "Voice mail from +49 30 23125 9");
  EXPECT_FALSE(message->is_draft);
  EXPECT_FALSE(message->is_read);
  EXPECT_EQ(message->received, received_);
  ASSERT_TRUE(message->from);
  EXPECT_EQ(message->from->email, "voicemail@corp.example");
  ASSERT_THAT(message->to, SizeIs(1));
  EXPECT_EQ(message->to[0].email, "anna@corp.example");
  EXPECT_EQ(message->importance, Importance::kHigh);
  EXPECT_THAT(message->categories, ElementsAre("Voice"));
  EXPECT_EQ(message->Get(CrosspointIdPath()), "v1");
  EXPECT_EQ(message->Get(CallerNumberHeader()), "+4930231259");
  EXPECT_EQ(message->Get(CallerNumberPath()), "+4930231259");
  EXPECT_EQ(message->Get(VoiceDurationPath()), "7");
  ASSERT_TRUE(message->body);
  EXPECT_THAT(message->body->text, ::testing::HasSubstr("7 seconds"));
  ASSERT_THAT(message->attachments, SizeIs(1));
  EXPECT_EQ(message->attachments[0].name, "voice.wav");
  EXPECT_EQ(message->attachments[0].content_type, "audio/wav");
  const auto audio = client_->GetAttachment(message->attachments[0].id, anna_);
  ASSERT_TRUE(audio.ok()) << audio.status();
  EXPECT_EQ(audio->bytes, wav_);
}

TEST_F(ExchangeMail, RetriedCreateFindsWhatTheFirstTryLeft) {
  const ItemId id = Save(VoiceMail("v2"), inbox_);
  const auto found = Ours("inbox", "v2", anna_);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].id.id, id.id);
  EXPECT_EQ(found[0].Get(CrosspointIdPath()), "v2");
  EXPECT_THAT(Ours("inbox", "never", anna_), IsEmpty());
}

TEST_F(ExchangeMail, ReadFlagAndSubjectChangeAndNothingElse) {
  const ItemId id = Save(VoiceMail("v3"), inbox_);
  const auto updated = client_->UpdateMessage(
      id, {.is_read = true, .subject = "Heard", .delete_properties = {CallerNumberPath()}}, anna_);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_NE(updated->change_key, id.change_key);
  const auto message = Get(*updated, anna_);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_TRUE(message->is_read);
  EXPECT_EQ(message->subject, "Heard");
  EXPECT_EQ(message->Get(CallerNumberPath()), "");
  EXPECT_EQ(message->Get(VoiceDurationPath()), "7");
  EXPECT_EQ(message->received, received_);
  const auto stale = client_->UpdateMessage(id, {.subject = "again"}, anna_);
  EXPECT_EQ(stale.status().code(), absl::StatusCode::kAborted) << stale.status();
}

TEST_F(ExchangeMail, SyncTellsMessagesReadFlagsAndDeletions) {
  const EwsCall cleo{.mailbox = "cleo@corp.example"};
  const auto sync = [&](const std::string& state) {
    auto result = client_->SyncMessages(inbox_, state, 512, {CrosspointIdPath()}, cleo);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : ItemChanges<Message>{};
  };
  const auto before = sync("");
  const auto id = client_->CreateMessage(VoiceMail("v4"), Disposition::kSaveOnly, inbox_, cleo);
  ASSERT_TRUE(id.ok()) << id.status();
  const auto created = sync(before.sync_state);
  ASSERT_THAT(created.changes, SizeIs(1));
  EXPECT_EQ(created.changes[0].element, "Message");
  ASSERT_TRUE(created.changes[0].item);
  EXPECT_EQ(created.changes[0].item->Get(CrosspointIdPath()), "v4");
  EXPECT_FALSE(created.changes[0].item->is_read);

  ASSERT_TRUE(client_->UpdateMessage(*id, {.is_read = true}, cleo).ok());
  const auto read = sync(created.sync_state);
  ASSERT_THAT(read.changes, SizeIs(1));
  const bool is_read = read.changes[0].kind == ItemChange<Message>::Kind::kReadFlag ? read.changes[0].is_read
                                                                                    : read.changes[0].item->is_read;
  EXPECT_TRUE(is_read);

  const auto moved = client_->MoveItems({*id}, FolderRef::Named("deleteditems"), cleo);
  ASSERT_TRUE(moved.ok() && moved->front().ok());
  const auto gone = sync(read.sync_state);
  ASSERT_THAT(gone.changes, SizeIs(1));
  EXPECT_EQ(gone.changes[0].kind, ItemChange<Message>::Kind::kDelete);
  EXPECT_EQ(gone.changes[0].id.id, id->id);
}

TEST_F(ExchangeMail, SentLetterArrivesAndACopyIsKept) {
  const auto sent =
      client_->CreateMessage(Letter("l1"), Disposition::kSendAndSaveCopy, FolderRef::Named("sentitems"), anna_);
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_THAT(Ours("sentitems", "l1", anna_), SizeIs(1));
  const auto arrived = WithSubject("inbox", "l1", bo_);
  ASSERT_THAT(arrived, SizeIs(1));
  const auto message = Get(arrived[0].id, bo_);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_FALSE(message->is_read);
  ASSERT_TRUE(message->from);
  EXPECT_EQ(message->from->email, "anna@corp.example");
  EXPECT_THAT(message->body->text, ::testing::HasSubstr("Hello & good bye"));
}

TEST_F(ExchangeMail, OnlySentLeavesNoCopy) {
  const auto sent = client_->CreateMessage(Letter("l2"), Disposition::kSendOnly, FolderRef::Named("sentitems"), anna_);
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_THAT(Ours("sentitems", "l2", anna_), IsEmpty());
  EXPECT_THAT(Ours("drafts", "l2", anna_), IsEmpty());
  EXPECT_THAT(WithSubject("inbox", "l2", bo_), SizeIs(1));
}

TEST_F(ExchangeMail, DraftIsSentLater) {
  const ItemId id = Save(Letter("l3"), FolderRef::Named("drafts"));
  EXPECT_THAT(WithSubject("inbox", "l3", bo_), IsEmpty());
  const absl::Status sent = client_->SendItem(id, FolderRef::Named("sentitems"), anna_);
  ASSERT_TRUE(sent.ok()) << sent;
  EXPECT_THAT(WithSubject("inbox", "l3", bo_), SizeIs(1));
  EXPECT_THAT(Ours("sentitems", "l3", anna_), SizeIs(1));
  EXPECT_THAT(Ours("drafts", "l3", anna_), IsEmpty());
}

TEST_F(ExchangeMail, MovedAndCopiedItemsHaveNewIds) {
  const ItemId id = Save(VoiceMail("v5"), inbox_);
  const auto copied = client_->CopyItems({id}, FolderRef::Named("drafts"), anna_);
  ASSERT_TRUE(copied.ok() && copied->front().ok()) << copied.status();
  const auto moved = client_->MoveItems({id}, FolderRef::Named("deleteditems"), anna_);
  ASSERT_TRUE(moved.ok() && moved->front().ok()) << moved.status();
  EXPECT_NE(moved->front()->id, id.id);
  EXPECT_EQ(ReactionOf(Get(id, anna_).status()), Reaction::kGone);
  EXPECT_EQ(Get(*moved->front(), anna_)->Get(CrosspointIdPath()), "v5");
  EXPECT_EQ(Get(*copied->front(), anna_)->Get(CrosspointIdPath()), "v5");
}

TEST_F(ExchangeMail, EveryWayOfDeletingTakesItOutOfTheInbox) {
  const std::vector<DeleteType> types = {DeleteType::kMoveToDeletedItems, DeleteType::kSoftDelete,
                                         DeleteType::kHardDelete};
  for (const DeleteType type : types) {
    const ItemId id = Save(VoiceMail("v6"), inbox_);
    const auto deleted = client_->DeleteItems({id, {"unknown", ""}}, type, anna_);
    ASSERT_TRUE(deleted.ok()) << deleted.status();
    EXPECT_TRUE(deleted->at(0).ok()) << deleted->at(0);
    EXPECT_FALSE(deleted->at(1).ok());
    EXPECT_THAT(Ours("inbox", "v6", anna_), IsEmpty());
    EXPECT_THAT(Ours("deleteditems", "v6", anna_), SizeIs(1));
  }
}

TEST_F(ExchangeMail, AttachmentsComeAndGo) {
  const ItemId id = Save(Letter("l4"), FolderRef::Named("drafts"));
  const auto attached = client_->CreateAttachment(id, {.name = "a.bin", .bytes = wav_}, anna_);
  ASSERT_TRUE(attached.ok()) << attached.status();
  EXPECT_NE(attached->item.change_key, id.change_key);
  auto message = Get(id, anna_);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_TRUE(message->has_attachments);
  ASSERT_THAT(message->attachments, SizeIs(1));
  const auto deleted = client_->DeleteAttachment(message->attachments[0].id, anna_);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  message = Get(id, anna_);
  EXPECT_THAT(message->attachments, IsEmpty());
  EXPECT_EQ(ReactionOf(client_->GetAttachment(attached->attachment_id, anna_).status()), Reaction::kGone);
}

TEST_F(ExchangeMail, InvitationNamesTheMeeting) {
  const TimePoint start = NextHour() + hours(24 * 500);
  const auto meeting = client_->CreateCalendarItem({.subject = "Invited by test",
                                                    .start = start,
                                                    .end = start + std::chrono::minutes(30),
                                                    .required_attendees = {"bo@corp.example"}},
                                                   Invitations::kAndSaveCopy, anna_);
  ASSERT_TRUE(meeting.ok()) << meeting.status();
  const auto uid = client_->GetCalendarItem(*meeting, {}, Detail::kFacts, anna_)->uid;
  const auto arrived = WithSubject("inbox", "Invited by test", bo_);
  ASSERT_THAT(arrived, SizeIs(1));
  EXPECT_EQ(arrived[0].element, "MeetingRequest");
  const auto request = Get(arrived[0].id, bo_);
  ASSERT_TRUE(request.ok()) << request.status();
  ASSERT_TRUE(request->meeting);
  EXPECT_EQ(request->meeting->kind, MeetingFacts::Kind::kRequest);
  EXPECT_EQ(request->meeting->uid, uid);
  EXPECT_EQ(request->meeting->start, start);
  const auto item = client_->GetCalendarItem(request->meeting->calendar_item, {}, Detail::kFacts, bo_);
  ASSERT_TRUE(item.ok()) << item.status();
  EXPECT_EQ(item->uid, uid);
}

TEST_F(ExchangeMail, AttachmentsThatTheServerIgnoresAreAttachedAgain) {
  exchange_->Post("/sim/quirks", R"({"on": ["no_inline_attachments"]})");
  MessageDraft draft = VoiceMail("v7");
  draft.attachments.push_back({.name = "note.txt", .bytes = "note"});
  const auto plain = client_->CreateMessage(draft, Disposition::kSaveOnly, inbox_, anna_);
  ASSERT_TRUE(plain.ok()) << plain.status();
  EXPECT_THAT(Get(*plain, anna_)->attachments, IsEmpty());
  const auto id = client_->CreateMessageWithAttachments(draft, Disposition::kSaveOnly, inbox_, anna_);
  exchange_->Post("/sim/quirks", R"({"off": ["no_inline_attachments"]})");
  ASSERT_TRUE(id.ok()) << id.status();
  const auto message = Get(*id, anna_);
  ASSERT_TRUE(message.ok()) << message.status();
  ASSERT_THAT(message->attachments, SizeIs(2));
  EXPECT_FALSE(message->is_draft);
  // The id returned is good for the next change.
  EXPECT_TRUE(client_->UpdateMessage(*id, {.is_read = true}, anna_).ok());
}

TEST_F(ExchangeMail, LetterWithAnAttachmentIsSentWhole) {
  for (const char* switch_to : {"off", "on"}) {
    exchange_->Post("/sim/quirks", fmt::format(R"({{"{}": ["no_inline_attachments"]}})", switch_to));
    MessageDraft draft = Letter(std::string("whole-") + switch_to);
    draft.attachments = {{.name = "a.bin", .bytes = wav_}};
    const auto sent = client_->CreateMessageWithAttachments(draft, Disposition::kSendAndSaveCopy,
                                                            FolderRef::Named("sentitems"), anna_);
    exchange_->Post("/sim/quirks", R"({"off": ["no_inline_attachments"]})");
    ASSERT_TRUE(sent.ok()) << sent.status();
    EXPECT_EQ(sent->id, "");
    EXPECT_THAT(Ours("drafts", draft.subject, anna_), IsEmpty());
    EXPECT_THAT(Ours("sentitems", draft.subject, anna_), SizeIs(1));
    const auto arrived = WithSubject("inbox", draft.subject, bo_);
    ASSERT_THAT(arrived, SizeIs(1));
    const auto message = Get(arrived[0].id, bo_);
    ASSERT_THAT(message->attachments, SizeIs(1));
    EXPECT_EQ(client_->GetAttachment(message->attachments[0].id, bo_)->bytes, wav_);
  }
}

TEST_F(ExchangeMail, WhatCannotBeCompletedIsDeletedAgainAndTheNextTryWorks) {
  exchange_->Post("/sim/quirks", R"({"on": ["no_inline_attachments"]})");
  exchange_->Post("/sim/faults",
                  R"({"operation": "CreateAttachment", "kind": "fault", "code": "ErrorAttachmentSizeLimitExceeded"})");
  const auto failed = client_->CreateMessageWithAttachments(VoiceMail("v8"), Disposition::kSaveOnly, inbox_, anna_);
  EXPECT_EQ(ResponseCodeOf(failed.status()), "ErrorAttachmentSizeLimitExceeded") << failed.status();
  EXPECT_THAT(Ours("inbox", "v8", anna_), IsEmpty());
  exchange_->ForgetFaults();
  const auto id = client_->CreateMessageWithAttachments(VoiceMail("v8"), Disposition::kSaveOnly, inbox_, anna_);
  exchange_->Post("/sim/quirks", R"({"off": ["no_inline_attachments"]})");
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_THAT(Get(*id, anna_)->attachments, SizeIs(1));
}

TEST_F(ExchangeMail, DepositWhoseAnswerIsLostIsFoundInsteadOfRepeated) {
  exchange_->Post("/sim/faults", R"({"operation": "CreateItem", "kind": "truncated"})");
  const auto lost = client_->CreateMessage(VoiceMail("v9"), Disposition::kSaveOnly, inbox_, anna_);
  exchange_->ForgetFaults();
  EXPECT_EQ(lost.status().code(), absl::StatusCode::kUnavailable) << lost.status();
  const auto found = Ours("inbox", "v9", anna_);
  ASSERT_THAT(found, SizeIs(1));
  const auto message = Get(found[0].id, anna_);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_THAT(message->attachments, SizeIs(1));
  EXPECT_TRUE(client_->UpdateMessage(message->id, {.is_read = true}, anna_).ok());
}

TEST_F(ExchangeMail, BusyServerSaysHowLongAndTakesTheSameLetterLater) {
  exchange_->Post("/sim/faults", R"({"operation": "CreateItem", "kind": "server_busy", "back_off_ms": 700})");
  const MessageDraft draft = Letter("l6");
  const FolderRef sent = FolderRef::Named("sentitems");
  const auto busy = client_->CreateMessage(draft, Disposition::kSendAndSaveCopy, sent, anna_);
  EXPECT_EQ(BackOffOf(busy.status()), std::chrono::milliseconds(700)) << busy.status();
  EXPECT_THAT(WithSubject("inbox", "l6", bo_), IsEmpty());
  ASSERT_TRUE(client_->CreateMessage(draft, Disposition::kSendAndSaveCopy, sent, anna_).ok());
  EXPECT_THAT(WithSubject("inbox", "l6", bo_), SizeIs(1));
}

TEST_F(ExchangeMail, NobodyToSendToIsRefusedBeforeAnythingIsSent) {
  MessageDraft draft = Letter("l5");
  draft.to.clear();
  EXPECT_EQ(client_->CreateMessage(draft, Disposition::kSendOnly, inbox_, anna_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// What servers that are not Exchange itself do to messages.
using OddMail = UnderQuirk<ExchangeMail>;

TEST_P(OddMail, VoiceMailIsDepositedHeardMovedAndDeleted) {
  const auto id = client_->CreateMessageWithAttachments(VoiceMail("odd"), Disposition::kSaveOnly, inbox_, anna_);
  ASSERT_TRUE(id.ok()) << id.status();
  const auto heard = client_->UpdateMessage(*id, {.is_read = true}, anna_);
  ASSERT_TRUE(heard.ok()) << heard.status();
  const auto message = Get(*heard, anna_);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_TRUE(message->is_read);
  EXPECT_EQ(message->received, received_);
  EXPECT_EQ(message->Get(CallerNumberHeader()), "+4930231259");
  ASSERT_THAT(message->attachments, SizeIs(1));
  EXPECT_EQ(client_->GetAttachment(message->attachments[0].id, anna_)->bytes, wav_);
  const auto moved = client_->MoveItems({message->id}, FolderRef::Named("deleteditems"), anna_);
  ASSERT_TRUE(moved.ok() && moved->front().ok()) << moved.status();
  const auto deleted = client_->DeleteItems({*moved->front()}, DeleteType::kHardDelete, anna_);
  ASSERT_TRUE(deleted.ok() && deleted->front().ok()) << deleted.status();
  EXPECT_EQ(ReactionOf(Get(*moved->front(), anna_).status()), Reaction::kGone);
}

INSTANTIATE_TEST_SUITE_P(Quirks, OddMail,
                         ::testing::Values("prefixes", "no_change_keys", "stale_change_keys", "fractions",
                                           "no_inline_attachments", "unknown_elements", "repeated_elements",
                                           "http200_faults"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace crosspoint::ews
