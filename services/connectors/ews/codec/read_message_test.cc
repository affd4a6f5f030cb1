#include "connectors/ews/codec/read_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/properties.h"
#include "connectors/ews/soap/text.h"
#include "tests/support/ews_reference/answer_text.h"

namespace crosspoint::ews {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Message Read(const std::string& element, const std::string& fields) {
  const auto batch =
      ReadGetMessages(AnswerTo("GetItem", "<Items><" + element + "><ItemId Id=\"I1\" ChangeKey=\"C1\"/>" + fields +
                                              "</" + element + "></Items>"));
  EXPECT_TRUE(batch.ok()) << batch.status();
  if (!batch.ok() || batch->size() != 1 || !batch->front().ok()) return {};
  return *batch->front();
}

std::string One(const std::string& element, const std::string& email) {
  return "<" + element + "><Mailbox><Name>N</Name><EmailAddress>" + email +
         "</EmailAddress><RoutingType>SMTP</RoutingType></Mailbox></" + element + ">";
}

TEST(ReadMessage, AllFacts) {
  const Message message = Read(
      "Message",
      "<ParentFolderId Id=\"F1\" ChangeKey=\"K\"/><ItemClass>IPM.Note.Microsoft.Voicemail.UM.CA</ItemClass>"
      "<Subject>Voice &amp; mail</Subject><Sensitivity>Personal</Sensitivity><Body BodyType=\"HTML\">&lt;p&gt;</Body>"
      "<Attachments><FileAttachment><AttachmentId Id=\"A1\"/><Name>voice.wav</Name><ContentType>audio/wav</ContentType>"
      "<ContentId>c1</ContentId><Size>1234</Size><LastModifiedTime>2026-11-23T08:00:00Z</LastModifiedTime>"
      "<IsInline>true</IsInline></FileAttachment><ItemAttachment><AttachmentId Id=\"A2\"/><Name>mail</Name>"
      "</ItemAttachment><ReferenceAttachment><AttachmentId Id=\"A3\"/></ReferenceAttachment><Future/></Attachments>"
      "<DateTimeReceived>2026-11-23T09:00:00Z</DateTimeReceived><Categories><String>Voice</String></Categories>"
      "<Importance>High</Importance><IsDraft>false</IsDraft><InternetMessageHeaders><InternetMessageHeader "
      "HeaderName=\"Received\">by a</InternetMessageHeader><InternetMessageHeader HeaderName=\"Received\">by b"
      "</InternetMessageHeader></InternetMessageHeaders><DateTimeSent>2026-11-23T08:59:00Z</DateTimeSent>"
      "<HasAttachments>true</HasAttachments><ExtendedProperty><ExtendedFieldURI PropertyTag=\"0x6801\" "
      "PropertyType=\"Integer\"/><Value>7</Value></ExtendedProperty>" +
          One("Sender", "s@x") +
          "<ToRecipients><Mailbox><EmailAddress>a@x</EmailAddress></Mailbox><Mailbox><EmailAddress>b@x</EmailAddress>"
          "</Mailbox></ToRecipients><CcRecipients><Mailbox><EmailAddress>c@x</EmailAddress></Mailbox></CcRecipients>" +
          One("From", "f@x") + "<InternetMessageId>&lt;1@x&gt;</InternetMessageId><IsRead>true</IsRead>");
  EXPECT_EQ(message.id, (ItemId{"I1", "C1"}));
  EXPECT_EQ(message.parent_folder.id, "F1");
  EXPECT_EQ(message.element, "Message");
  EXPECT_EQ(message.item_class, kVoiceMessageClass);
  EXPECT_EQ(message.subject, "Voice & mail");
  EXPECT_EQ(message.sensitivity, Sensitivity::kPersonal);
  EXPECT_EQ(message.importance, Importance::kHigh);
  EXPECT_EQ(message.body, (Body{BodyType::kHtml, "<p>"}));
  EXPECT_EQ(message.from->email, "f@x");
  EXPECT_EQ(message.sender->email, "s@x");
  ASSERT_EQ(message.to.size(), 2u);
  EXPECT_EQ(message.to[1].email, "b@x");
  EXPECT_EQ(message.cc.at(0).email, "c@x");
  EXPECT_THAT(message.bcc, IsEmpty());
  EXPECT_EQ(message.internet_message_id, "<1@x>");
  EXPECT_EQ(message.received, ParseDateTime("2026-11-23T09:00:00Z"));
  EXPECT_EQ(message.sent, ParseDateTime("2026-11-23T08:59:00Z"));
  EXPECT_TRUE(message.is_read);
  EXPECT_FALSE(message.is_draft);
  EXPECT_TRUE(message.has_attachments);
  EXPECT_THAT(message.categories, ElementsAre("Voice"));
  EXPECT_THAT(message.headers, ElementsAre(InternetHeader{"Received", "by a"}, InternetHeader{"Received", "by b"}));
  ASSERT_EQ(message.attachments.size(), 3u);
  EXPECT_EQ(message.attachments[0], (AttachmentInfo{.id = "A1",
                                                    .name = "voice.wav",
                                                    .content_type = "audio/wav",
                                                    .content_id = "c1",
                                                    .size = 1234,
                                                    .is_inline = true,
                                                    .last_modified = ParseDateTime("2026-11-23T08:00:00Z")}));
  EXPECT_EQ(message.attachments[1].kind, AttachmentInfo::Kind::kItem);
  EXPECT_EQ(message.attachments[2].kind, AttachmentInfo::Kind::kReference);
  EXPECT_EQ(message.Get(VoiceDurationPath()), "7");
  EXPECT_FALSE(message.meeting);
}

TEST(ReadMessage, MeetingRequestNamesItsCalendarItem) {
  const Message message =
      Read("MeetingRequest",
           "<AssociatedCalendarItemId Id=\"K1\" ChangeKey=\"KK\"/><IsOutOfDate>true</IsOutOfDate><HasBeenProcessed>true"
           "</HasBeenProcessed><ResponseType>NoResponseReceived</ResponseType><UID>u-1</UID><RecurrenceId>"
           "2026-11-30T09:00:00Z</RecurrenceId><Start>2026-11-30T10:00:00Z</Start><End>2026-11-30T11:00:00Z</End>"
           "<Location>Room</Location>");
  EXPECT_EQ(message.meeting, (MeetingFacts{.kind = MeetingFacts::Kind::kRequest,
                                           .calendar_item = {"K1", "KK"},
                                           .uid = "u-1",
                                           .recurrence_id = ParseDateTime("2026-11-30T09:00:00Z"),
                                           .start = ParseDateTime("2026-11-30T10:00:00Z"),
                                           .end = ParseDateTime("2026-11-30T11:00:00Z"),
                                           .location = "Room",
                                           .response = ResponseType::kNoResponse,
                                           .is_out_of_date = true,
                                           .has_been_processed = true}));
}

TEST(ReadMessage, KindOfMeetingMessageByElementOrByClass) {
  using Kind = MeetingFacts::Kind;
  EXPECT_EQ(Read("MeetingResponse", "<ResponseType>Accept</ResponseType>").meeting->kind, Kind::kResponse);
  EXPECT_EQ(Read("MeetingResponse", "<ResponseType>Accept</ResponseType>").meeting->response, ResponseType::kAccept);
  EXPECT_EQ(Read("MeetingCancellation", "").meeting->kind, Kind::kCancellation);
  EXPECT_EQ(Read("MeetingMessage", "").meeting->kind, Kind::kOther);
  const auto by_class = [](const std::string& name) {
    return Read("Message", "<ItemClass>" + name + "</ItemClass>").meeting.value_or(MeetingFacts{});
  };
  EXPECT_EQ(by_class("IPM.Schedule.Meeting.Request").kind, Kind::kRequest);
  EXPECT_EQ(by_class("IPM.Schedule.Meeting.Canceled").kind, Kind::kCancellation);
  EXPECT_EQ(by_class("IPM.Schedule.Meeting.Resp.Neg").kind, Kind::kResponse);
  EXPECT_EQ(by_class("IPM.Schedule.Meeting.Resp.Neg").response, ResponseType::kDecline);
  EXPECT_EQ(by_class("ipm.schedule.meeting.resp.tent").response, ResponseType::kTentative);
  EXPECT_EQ(by_class("IPM.Schedule.Meeting.Resp.Pos").response, ResponseType::kAccept);
  EXPECT_FALSE(Read("Message", "<ItemClass>IPM.Note</ItemClass>").meeting);
}

TEST(ReadMessage, MissingAndUnreadableElementsLeaveTheDefault) {
  const Message message = Read("Item",
                               "<IsRead>perhaps</IsRead><DateTimeReceived>soon</DateTimeReceived><From/>"
                               "<Size>big</Size><Importance>Extreme</Importance>");
  EXPECT_FALSE(message.is_read);
  EXPECT_FALSE(message.received);
  EXPECT_FALSE(message.from);
  EXPECT_EQ(message.importance, Importance::kNormal);
}

TEST(ReadSyncMessages, EveryKindOfMessageAndTheReadFlag) {
  const auto result = ReadSyncMessages(AnswerTo(
      "SyncFolderItems",
      "<SyncState>s</SyncState><Changes><Create><Message><ItemId Id=\"1\"/><Subject>a</Subject></Message>"
      "</Create><Create><MeetingRequest><ItemId Id=\"2\"/></MeetingRequest></Create><Update><Item><ItemId "
      "Id=\"3\"/></Item></Update><Create><Contact><ItemId Id=\"4\"/></Contact></Create><ReadFlagChange><ItemId "
      "Id=\"1\" ChangeKey=\"x\"/><IsRead>true</IsRead></ReadFlagChange></Changes>"));
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->changes.size(), 5u);
  EXPECT_EQ(result->changes[0].item->subject, "a");
  EXPECT_TRUE(result->changes[1].item->meeting);
  EXPECT_TRUE(result->changes[2].item);
  EXPECT_FALSE(result->changes[3].item);
  EXPECT_EQ(result->changes[3].element, "Contact");
  EXPECT_EQ(result->changes[4].kind, ItemChange<Message>::Kind::kReadFlag);
  EXPECT_TRUE(result->changes[4].is_read);
}

TEST(ReadAttachment, FileIsDecodedInPlace) {
  const auto read = ReadGetAttachment(AnswerTo(
      "GetAttachment",
      "<q:Attachments><FileAttachment><AttachmentId Id=\"A1\"/><Name>a.txt</Name><Content>Q3Jv\r\n c3M=</Content>"
      "</FileAttachment></q:Attachments>"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->info.name, "a.txt");
  EXPECT_EQ(read->bytes, "Cross");
  EXPECT_FALSE(read->item);
}

TEST(ReadAttachment, LargeContentStaysInTheMemoryWhereItCame) {
  const std::string content(12'000'000, 'A');
  std::string xml = AnswerTo("GetAttachment", "<Attachments><FileAttachment><Name>a.wav</Name><Content>" + content +
                                                  "</Content></FileAttachment></Attachments>");
  const char* const memory = xml.data();
  const auto read = ReadGetAttachment(std::move(xml));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->info.name, "a.wav");
  EXPECT_EQ(read->bytes.size(), 9'000'000u);
  EXPECT_EQ(read->bytes.data(), memory);
}

TEST(ReadAttachment, EmptyFileAndCData) {
  const auto content = [](const std::string& xml) {
    const auto read = ReadGetAttachment(AnswerTo(
        "GetAttachment", "<Attachments><FileAttachment><Name>a</Name>" + xml + "</FileAttachment></Attachments>"));
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() ? read->bytes : "failed";
  };
  EXPECT_EQ(content(""), "");
  EXPECT_EQ(content("<Content/>"), "");
  EXPECT_EQ(content("<Content><![CDATA[Q3Jvc3M=]]></Content>"), "Cross");
}

TEST(ReadAttachment, AttachedMessageIsReadAsOne) {
  const auto read = ReadGetAttachment(AnswerTo(
      "GetAttachment",
      "<Attachments><ItemAttachment><AttachmentId Id=\"A1\"/><Name>mail</Name><Message><Subject>inner</Subject>"
      "</Message></ItemAttachment></Attachments>"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->info.kind, AttachmentInfo::Kind::kItem);
  ASSERT_TRUE(read->item);
  EXPECT_EQ(read->item->subject, "inner");
}

TEST(ReadAttachment, WhatIsNoBase64OrNoAttachmentIsRefused) {
  for (const char* attachments : {"<Attachments><FileAttachment><Content>%%</Content></FileAttachment></Attachments>",
                                  "<Attachments/>", "", "<Attachments><Strange/></Attachments>"}) {
    const auto read = ReadGetAttachment(AnswerTo("GetAttachment", attachments));
    ASSERT_FALSE(read.ok()) << attachments;
    EXPECT_EQ(GetErrorInfo(read.status())->reason, "EWS_BAD_ANSWER");
  }
  EXPECT_EQ(ReactionOf(ReadGetAttachment(AnswerTo("GetAttachment", "", "Error", "ErrorInvalidAttachmentId")).status()),
            Reaction::kGone);
}

TEST(ReadAttachment, CreatedAndDeletedTellTheItem) {
  const auto created =
      ReadCreateAttachment(AnswerTo("CreateAttachment",
                                    "<Attachments><FileAttachment><AttachmentId Id=\"A1\" RootItemId=\"I1\" "
                                    "RootItemChangeKey=\"C2\"/></FileAttachment></Attachments>"));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->attachment_id, "A1");
  EXPECT_EQ(created->item, (ItemId{"I1", "C2"}));
  EXPECT_FALSE(ReadCreateAttachment(AnswerTo("CreateAttachment", "<Attachments/>")).ok());
  const auto deleted =
      ReadDeleteAttachment(AnswerTo("DeleteAttachment", "<RootItemId RootItemId=\"I1\" RootItemChangeKey=\"C3\"/>"));
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_EQ(*deleted, (ItemId{"I1", "C3"}));
  EXPECT_EQ(*ReadDeleteAttachment(AnswerTo("DeleteAttachment", "")), ItemId{});
}

TEST(ReadMoveItems, NewIdsWhereTheServerTellsThem) {
  std::string xml = AnswerTo("MoveItem", "<Items><Message><ItemId Id=\"2\"/></Message></Items>");
  xml.insert(xml.find("</q:ResponseMessages>"),
             "<q:MoveItemResponseMessage ResponseClass=\"Success\"><q:ResponseCode>NoError</q:ResponseCode><q:Items/>"
             "</q:MoveItemResponseMessage><q:MoveItemResponseMessage ResponseClass=\"Error\"><q:ResponseCode>"
             "ErrorItemNotFound</q:ResponseCode></q:MoveItemResponseMessage>");
  const auto ids = ReadMoveItems(xml);
  ASSERT_TRUE(ids.ok()) << ids.status();
  ASSERT_EQ(ids->size(), 3u);
  EXPECT_EQ((*ids)[0]->id, "2");
  EXPECT_EQ((*ids)[1]->id, "");
  EXPECT_EQ((*ids)[2].status().code(), absl::StatusCode::kNotFound);
}

TEST(ReadDeleteItems, OneStatusEach) {
  std::string xml = AnswerTo("DeleteItem", "");
  xml.insert(xml.find("</q:ResponseMessages>"),
             "<q:DeleteItemResponseMessage ResponseClass=\"Error\"><q:ResponseCode>ErrorItemNotFound</q:ResponseCode>"
             "</q:DeleteItemResponseMessage>");
  const auto statuses = ReadDeleteItems(xml);
  ASSERT_TRUE(statuses.ok()) << statuses.status();
  ASSERT_EQ(statuses->size(), 2u);
  EXPECT_TRUE((*statuses)[0].ok());
  EXPECT_EQ(ReactionOf((*statuses)[1]), Reaction::kGone);
}

TEST(ReadSendItem, RefusalIsTold) {
  EXPECT_TRUE(ReadSendItem(AnswerTo("SendItem", "")).ok());
  EXPECT_EQ(ReactionOf(ReadSendItem(AnswerTo("SendItem", "", "Error", "ErrorMissingRecipients"))), Reaction::kTellUser);
}

}  // namespace
}  // namespace crosspoint::ews
