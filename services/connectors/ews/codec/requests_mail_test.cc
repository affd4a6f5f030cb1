#include "connectors/ews/codec/requests_mail.h"

#include <gmock/gmock.h>

#include "connectors/ews/properties.h"
#include "connectors/ews/soap/text.h"
#include "tests/support/ews_reference/schema_fixture.h"

namespace crosspoint::ews {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MessageDraft FullDraft() {
  return {.item_class = std::string(kVoiceMessageClass),
          .subject = "Voice mail from <Bo>",
          .body = Body{BodyType::kHtml, "<p>7 s</p>"},
          .from = Mailbox{.name = "Bo", .email = "bo@example.org"},
          .to = {{.name = "Anna", .email = "anna@example.org"}, {.email = "a2@example.org"}},
          .cc = {{.email = "cc@example.org"}},
          .bcc = {{.email = "bcc@example.org"}},
          .is_read = true,
          .importance = Importance::kHigh,
          .sensitivity = Sensitivity::kPrivate,
          .categories = {"Voice"},
          .extended_properties = {{CrosspointIdPath(), "v-1"},
                                  {CallerNumberHeader(), "+49301"},
                                  {CallerNameHeader(), "Bo"},
                                  {VoiceDurationHeader(), "7"},
                                  {CallerNumberPath(), "+49301"},
                                  {CallerNamePath(), "Bo"},
                                  {VoiceDurationPath(), "7"},
                                  {VoiceAttachmentOrderPath(), "voice.wav"},
                                  {CallIdPath(), "call-1"}},
          .attachments = {{.name = "voice.wav", .content_type = "audio/wav", .bytes = "RIFF"},
                          {.name = "logo.png", .content_id = "logo", .is_inline = true},
                          {.name = "me.jpg", .is_contact_photo = true, .bytes = "x"}}};
}

class MailRequests : public RequestSchema {};

TEST_F(MailRequests, CreateItem) {
  for (const Disposition disposition :
       {Disposition::kSaveOnly, Disposition::kSendOnly, Disposition::kSendAndSaveCopy}) {
    ExpectValid(WriteCreateMessage(kFullHeader, FullDraft(), disposition, FolderRef::Named("sentitems")));
    ExpectValid(WriteCreateMessage({}, {}, disposition, FolderRef::ById("AAMk=")));
  }
  EXPECT_THAT(WriteCreateMessage({}, FullDraft(), Disposition::kSendOnly, FolderRef::Named("sentitems")),
              Not(HasSubstr("SavedItemFolderId")));
}

TEST_F(MailRequests, WhatHasComeInIsNoDraft) {
  MessageDraft draft = FullDraft();
  draft.received = *ParseDateTime("2026-11-23T09:00:00Z");
  const std::string read = WriteCreateMessage({}, draft, Disposition::kSaveOnly, FolderRef::Named("inbox"));
  ExpectValid(read);
  EXPECT_THAT(read, HasSubstr("PropertyTag=\"0x0E07\" PropertyType=\"Integer\"/><t:Value>1</t:Value>"));
  EXPECT_THAT(read,
              HasSubstr("PropertyTag=\"0x0E06\" PropertyType=\"SystemTime\"/><t:Value>2026-11-23T09:00:00Z</t:Value>"));
  draft.is_read = false;
  const std::string unread = WriteCreateMessage({}, draft, Disposition::kSaveOnly, FolderRef::Named("inbox"));
  EXPECT_THAT(unread, HasSubstr("PropertyTag=\"0x0E07\" PropertyType=\"Integer\"/><t:Value>0</t:Value>"));
  EXPECT_THAT(WriteCreateMessage({}, FullDraft(), Disposition::kSaveOnly, FolderRef::Named("inbox")),
              Not(HasSubstr("0x0E07")));
}

TEST_F(MailRequests, UpdateItem) {
  const MessageUpdate everything{.is_read = false,
                                 .subject = "New",
                                 .body = Body{BodyType::kText, ""},
                                 .item_class = "IPM.Note",
                                 .importance = Importance::kLow,
                                 .categories = {{"a", "b"}},
                                 .set_properties = FullDraft().extended_properties,
                                 .delete_properties = {CrosspointIdPath(), CallerNumberHeader()}};
  const std::string xml = WriteUpdateMessage(kFullHeader, {"AAMk=", "CK="}, everything);
  ExpectValid(xml);
  EXPECT_THAT(xml, HasSubstr("SuppressReadReceipts=\"true\""));
  EXPECT_THAT(xml, HasSubstr("ConflictResolution=\"NeverOverwrite\""));
  ExpectValid(WriteUpdateMessage({}, {"AAMk=", ""}, {.categories = std::vector<std::string>{}}));
}

TEST_F(MailRequests, ReadingThem) {
  const std::vector<PropertyPath> properties = {CrosspointIdPath(), VoiceDurationPath(), CallerNumberHeader()};
  ExpectValid(WriteFindPage(kFullHeader,
                            {.folder = FolderRef::Named("inbox"),
                             .restriction = IsEqualTo(VoiceDurationPath(), 7),
                             .sort = {{.field = FieldName{"item:DateTimeReceived", ""}, .descending = true}},
                             .page = {.offset = 10},
                             .properties = properties},
                            ListedMessage()));
  for (const Detail detail : {Detail::kFacts, Detail::kFactsAndBody}) {
    ExpectValid(WriteGetItems(kFullHeader, {{"AAMk=", "CK="}}, WholeMessage(detail), properties));
  }
  ExpectValid(WriteGetItems({}, {{"AAMk=", ""}}, AttachmentsOnly(), {}));
  ExpectValid(WriteSyncItems(kFullHeader, FolderRef::Named("inbox"), "H4sI=", 512, ListedMessage(), properties));
}

TEST_F(MailRequests, SendMoveCopyDelete) {
  ExpectValid(WriteSendItem(kFullHeader, {"AAMk=", "CK="}, FolderRef::Named("sentitems")));
  ExpectValid(WriteSendItem({}, {"AAMk=", "CK="}, std::nullopt));
  const std::vector<ItemId> ids = {{"AAMk=", "CK="}, {"BBMk=", ""}};
  ExpectValid(WriteMoveItems(kFullHeader, ids, FolderRef::Named("deleteditems")));
  ExpectValid(WriteCopyItems({}, ids, FolderRef::ById("AAMk=")));
  for (const DeleteType type : {DeleteType::kMoveToDeletedItems, DeleteType::kSoftDelete, DeleteType::kHardDelete}) {
    ExpectValid(WriteDeleteItems(kFullHeader, ids, type));
  }
}

TEST_F(MailRequests, Attachments) {
  for (const AttachmentDraft& attachment : FullDraft().attachments) {
    ExpectValid(WriteCreateAttachment(kFullHeader, {"AAMk=", "CK="}, attachment));
  }
  ExpectValid(WriteCreateAttachment({}, {"AAMk=", ""}, {.name = "a & b"}));
  ExpectValid(WriteGetAttachment(kFullHeader, "AAMk="));
  ExpectValid(WriteDeleteAttachment(kFullHeader, "AAMk="));
}

}  // namespace
}  // namespace crosspoint::ews
