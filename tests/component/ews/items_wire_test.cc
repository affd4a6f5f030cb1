#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/ews/client.h"
#include "connectors/ews/errors.h"
#include "tests/component/ews/fixture.h"
#include "tests/support/ews_reference/answer_text.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::ews {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;

std::string Operation(const ReceivedRequest& request) {
  const size_t begin = request.body.find("<m:", request.body.find("<s:Body>")) + 3;
  return request.body.substr(begin, request.body.find_first_of(" >", begin) - begin);
}

std::string Items(const std::string& operation, const std::string& item) {
  return AnswerTo(operation, "<Items><Message>" + item + "</Message></Items>");
}

const MessageDraft kLetter{.subject = "letter",
                           .to = {{.email = "bo@example.org"}},
                           .attachments = {{.name = "a.txt", .bytes = "a"}, {.name = "b.txt", .bytes = "b"}}};

// Contacts, messages and attachments against servers whose every byte is the test's.
class ItemsWire : public LoopbackClient {
 protected:
  // Operations in the order they came.
  static std::vector<std::string> Operations(const ScriptedServer& server) {
    std::vector<std::string> operations;
    for (const auto& request : server.requests()) operations.push_back(Operation(request));
    return operations;
  }
};

TEST_F(ItemsWire, PublicFolderCallsNameBothMailboxes) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Send(200, AnswerTo("FindItem", "<RootFolder IncludesLastItemInRange=\"true\"><Items/></RootFolder>"));
  });
  const auto client = Make(Config(server.Url()));
  const EwsCall call{.mailbox = "anna@example.org",
                     .public_folder = PublicFolderRoute{"anchor@example.org", "content@example.org"}};
  ASSERT_TRUE(client->FindContacts({.folder = FolderRef::Named("publicfoldersroot")}, call).ok());
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.headers.at("x-anchormailbox"), "anchor@example.org");
  EXPECT_EQ(request.headers.at("x-publicfoldermailbox"), "content@example.org");
  EXPECT_THAT(request.body, HasSubstr("<t:PrimarySmtpAddress>anna@example.org</t:PrimarySmtpAddress>"));
  ASSERT_TRUE(client->FindContacts({.folder = FolderRef::Named("contacts")}, {.mailbox = "anna@example.org"}).ok());
  EXPECT_EQ(server.requests().at(1).headers.count("x-publicfoldermailbox"), 0u);
}

TEST_F(ItemsWire, EmptyPageThatIsNotTheLastIsTroubleAndNotTheEnd) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Send(200, AnswerTo("FindItem", "<RootFolder IncludesLastItemInRange=\"false\"><Items/></RootFolder>"));
  });
  const auto page =
      Make(Config(server.Url()))->FindMessages({.folder = FolderRef::Named("inbox"), .page = {.offset = 9}});
  EXPECT_EQ(page.status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ItemsWire, AnswerToAnotherNumberOfItemsIsRefused) {
  ScriptedServer server([](const ReceivedRequest& request, ScriptedReply& reply) {
    reply.Send(200, AnswerTo(Operation(request), "<Items><Message><ItemId Id=\"1\"/></Message></Items>"));
  });
  const auto client = Make(Config(server.Url()));
  const std::vector<ItemId> two = {{"1", ""}, {"2", ""}};
  EXPECT_EQ(ReasonOf(client->GetMessages(two, {}, Detail::kFacts).status()), "EWS_BAD_ANSWER");
  EXPECT_EQ(ReasonOf(client->DeleteItems(two, DeleteType::kSoftDelete).status()), "EWS_BAD_ANSWER");
  EXPECT_EQ(ReasonOf(client->MoveItems(two, FolderRef::Named("inbox")).status()), "EWS_BAD_ANSWER");
  EXPECT_EQ(ReasonOf(client->CopyItems(two, FolderRef::Named("inbox")).status()), "EWS_BAD_ANSWER");
}

TEST_F(ItemsWire, NothingToDoIsNotSent) {
  const auto client = Make(Config("http://127.0.0.1:1/"));
  EXPECT_TRUE(client->GetContacts({}, {}, Detail::kFacts)->empty());
  EXPECT_TRUE(client->DeleteItems({}, DeleteType::kHardDelete)->empty());
  EXPECT_TRUE(client->MoveItems({}, FolderRef::Named("inbox"))->empty());
  EXPECT_EQ(*client->UpdateContact({"1", "k"}, {}), (ItemId{"1", "k"}));
  EXPECT_EQ(*client->UpdateMessage({"1", "k"}, {}), (ItemId{"1", "k"}));
}

TEST_F(ItemsWire, ArgumentsOutOfRangeAreNamedAndNothingIsSent) {
  const auto client = Make(Config("http://127.0.0.1:1/"));
  const std::vector<ItemId> many(51);
  const FolderRef inbox = FolderRef::Named("inbox");
  const PropertyPath array{.property_set = "PublicStrings", .name = "a", .type = PropertyType::kStringArray};
  MessageDraft received = kLetter;
  received.received = TimePoint{};
  const std::vector<absl::Status> refusals = {
      client->GetMessages(many, {}, Detail::kFacts).status(),
      client->DeleteItems(many, DeleteType::kHardDelete).status(),
      client->FindContacts({.folder = inbox, .page = {.max_entries = 0}}).status(),
      client->SyncMessages(inbox, "", 0, {}).status(),
      client->CreateAttachment({"1", ""}, {.bytes = "x"}).status(),
      client->CreateMessage({.attachments = {{.bytes = "x"}}}, Disposition::kSaveOnly, inbox).status(),
      client->CreateMessage({.extended_properties = {{array, ""}}}, Disposition::kSaveOnly, inbox).status(),
      client->CreateMessage(received, Disposition::kSendOnly, inbox).status(),
      client->UpdateMessage({"1", ""}, {.set_properties = {{array, ""}}}).status()};
  for (const absl::Status& status : refusals) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  }
}

TEST_F(ItemsWire, OnlyMissingAttachmentsAreAttachedAndTheLastChangeKeyIsSent) {
  ScriptedServer server([](const ReceivedRequest& request, ScriptedReply& reply) {
    const std::string operation = Operation(request);
    if (operation == "CreateItem") {
      reply.Send(200, Items(operation, "<ItemId Id=\"1\" ChangeKey=\"k1\"/>"));
    } else if (operation == "GetItem") {
      reply.Send(200, Items(operation,
                            "<ItemId Id=\"1\" ChangeKey=\"k2\"/><Attachments><FileAttachment><AttachmentId Id=\"A\"/>"
                            "<Name>a.txt</Name></FileAttachment></Attachments>"));
    } else if (operation == "CreateAttachment") {
      reply.Send(200, AnswerTo(operation,
                               "<Attachments><FileAttachment><AttachmentId Id=\"B\" RootItemId=\"1\" "
                               "RootItemChangeKey=\"k3\"/></FileAttachment></Attachments>"));
    } else {
      reply.Send(200, AnswerTo(operation, ""));
    }
  });
  const auto id = Make(Config(server.Url()))
                      ->CreateMessageWithAttachments(kLetter, Disposition::kSendOnly, FolderRef::Named("sentitems"));
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(id->id, "");
  EXPECT_THAT(Operations(server), ElementsAre("CreateItem", "GetItem", "CreateAttachment", "SendItem"));
  const auto requests = server.requests();
  EXPECT_THAT(requests[0].body, HasSubstr("MessageDisposition=\"SaveOnly\""));
  EXPECT_THAT(requests[0].body, HasSubstr("<t:DistinguishedFolderId Id=\"drafts\"/>"));
  EXPECT_THAT(requests[2].body, HasSubstr("<m:ParentItemId Id=\"1\" ChangeKey=\"k2\"/>"));
  EXPECT_THAT(requests[2].body, HasSubstr("<t:Name>b.txt</t:Name>"));
  EXPECT_THAT(requests[3].body, HasSubstr("SaveItemToFolder=\"false\""));
  EXPECT_THAT(requests[3].body, HasSubstr("<t:ItemId Id=\"1\" ChangeKey=\"k3\"/>"));
}

TEST_F(ItemsWire, MessageLeftBehindIsTold) {
  ScriptedServer server([](const ReceivedRequest& request, ScriptedReply& reply) {
    if (Operation(request) == "CreateItem") {
      reply.Send(200, Items("CreateItem", "<ItemId Id=\"1\" ChangeKey=\"k1\"/>"));
    } else {
      reply.Send(200, AnswerTo(Operation(request), "", "Error", "ErrorQuotaExceeded"));
    }
  });
  const auto id = Make(Config(server.Url()))
                      ->CreateMessageWithAttachments(kLetter, Disposition::kSaveOnly, FolderRef::Named("inbox"));
  EXPECT_EQ(ResponseCodeOf(id.status()), "ErrorQuotaExceeded");
  EXPECT_THAT(MessageOf(id.status()), HasSubstr("left behind"));
  EXPECT_THAT(Operations(server), ElementsAre("CreateItem", "GetItem", "DeleteItem"));
}

}  // namespace
}  // namespace crosspoint::ews
