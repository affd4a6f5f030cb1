#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "tests/component/ews/fixture.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;
using ::testing::SizeIs;

std::string Soap(const std::string& content) {
  return "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>" + content +
         "</s:Body></s:Envelope>";
}

std::string Message(const std::string& content, const std::string& code = "NoError") {
  return fmt::format("<M ResponseClass=\"{}\"><ResponseCode>{}</ResponseCode>{}</M>",
                     code == "NoError" ? "Success" : "Error", code, content);
}

std::string Answer(const std::string& operation, const std::string& messages) {
  return Soap(fmt::format("<{0}Response><ResponseMessages>{1}</ResponseMessages></{0}Response>", operation, messages));
}

TimePoint At(const char* text) { return *ParseDateTime(text); }

// A server that answers each operation with a text, or with the next of several; the last one stays.
class Lookups : public LoopbackClient {
 protected:
  void Answers(const std::string& operation, std::vector<std::string> texts) { texts_[operation] = std::move(texts); }
  // Of an operation, in order.
  std::vector<std::string> Requests(const std::string& operation) const {
    std::vector<std::string> bodies;
    for (const ReceivedRequest& request : server_.requests()) {
      if (request.body.find("<m:" + operation) != std::string::npos) bodies.push_back(request.body);
    }
    return bodies;
  }
  std::unique_ptr<EwsClient> Client() const { return Make(Config(server_.Url("/EWS/Exchange.asmx"))); }

 private:
  void Reply(const ReceivedRequest& request, ScriptedReply& reply) {
    for (auto& [operation, texts] : texts_) {
      if (request.body.find("<m:" + operation) == std::string::npos) continue;
      const std::string text = texts.front();
      if (texts.size() > 1) texts.erase(texts.begin());
      reply.Send(200, text);
      return;
    }
    reply.Send(500, "");
  }

  std::map<std::string, std::vector<std::string>> texts_;  // one request at a time uses it
  ScriptedServer server_{[this](const ReceivedRequest& request, ScriptedReply& reply) { Reply(request, reply); }};
};

std::string Folders(const std::string& paging, const std::string& names) {
  return Answer("FindFolder", Message("<RootFolder " + paging + "><Folders>" + names + "</Folders></RootFolder>"));
}

std::string FolderNamed(const std::string& id, const std::string& name) {
  return fmt::format("<Folder><FolderId Id=\"{}\"/><DisplayName>{}</DisplayName></Folder>", id, name);
}

TEST_F(Lookups, FolderThatExistsIsTaken) {
  Answers("CreateFolder", {Answer("CreateFolder", Message("", "ErrorFolderExists"))});
  Answers("FindFolder",
          {Folders("IncludesLastItemInRange=\"false\" IndexedPagingOffset=\"1\"", FolderNamed("1", "Other")),
           Folders("IncludesLastItemInRange=\"true\"", FolderNamed("2", "VOICE mail"))});
  const auto id = Client()->CreateFolder({.display_name = "Voice mail"});
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_EQ(id->id, "2");
  EXPECT_THAT(Requests("FindFolder").at(1), HasSubstr("Offset=\"1\""));
}

TEST_F(Lookups, FolderThatExistsButIsNotSeenIsAnError) {
  Answers("CreateFolder", {Answer("CreateFolder", Message("", "ErrorFolderExists"))});
  Answers("FindFolder", {Folders("IncludesLastItemInRange=\"true\"", "")});
  EXPECT_EQ(ResponseCodeOf(Client()->CreateFolder({.display_name = "Voice"}).status()), "ErrorFolderExists");
}

TEST_F(Lookups, EmptyPageThatIsNotTheLastIsAskedForAgain) {
  Answers("FindFolder", {Folders("IncludesLastItemInRange=\"false\"", ""),
                         Folders("IncludesLastItemInRange=\"true\"", FolderNamed("1", "A"))});
  const auto client = Client();
  EXPECT_EQ(client->FindFolders({}).status().code(), absl::StatusCode::kUnavailable);
  const auto page = client->FindFolders({});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->folders, SizeIs(1));
  EXPECT_TRUE(page->end.includes_last);
}

std::string People(int count, int total) {
  std::string people;
  for (int i = 0; i < count; ++i) people += fmt::format("<Persona><PersonaId Id=\"{}\"/></Persona>", i);
  return Soap(
      fmt::format("<FindPeopleResponse ResponseClass=\"Success\"><ResponseCode>NoError</ResponseCode><People>{}"
                  "</People><TotalNumberOfPeopleInView>{}</TotalNumberOfPeopleInView></FindPeopleResponse>",
                  people, total));
}

TEST_F(Lookups, PeopleComeUntilTheNumberOfAll) {
  Answers("FindPeople", {People(2, 3), People(1, 3)});
  const auto client = Client();
  FindPeopleQuery query{.address_list = "gal"};
  const auto first = client->FindPeople(query);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_FALSE(first->end.includes_last);
  EXPECT_EQ(first->end.total, 3);
  query.page.offset = first->end.next_offset;
  const auto second = client->FindPeople(query);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(second->end.includes_last);
  EXPECT_THAT(Requests("FindPeople").at(1), HasSubstr("Offset=\"2\""));
}

TEST_F(Lookups, WithoutANumberOfAllAShortPageIsTheLast) {
  Answers("FindPeople", {People(2, 0), People(1, 0)});
  const auto client = Client();
  const FindPeopleQuery query{.page = {.max_entries = 2}};
  EXPECT_FALSE(client->FindPeople(query)->end.includes_last);
  EXPECT_TRUE(client->FindPeople(query)->end.includes_last);
}

std::string FreeBusy(int count) {
  std::string responses;
  for (int i = 0; i < count; ++i) {
    responses += fmt::format(
        "<FreeBusyResponse><ResponseMessage ResponseClass=\"{}\"><ResponseCode>{}</ResponseCode>"
        "</ResponseMessage><FreeBusyView><FreeBusyViewType>FreeBusy</FreeBusyViewType></FreeBusyView>"
        "</FreeBusyResponse>",
        i == 0 ? "Error" : "Success", i == 0 ? "ErrorNoFreeBusyAccess" : "NoError");
  }
  return Soap("<GetUserAvailabilityResponse><FreeBusyResponseArray>" + responses +
              "</FreeBusyResponseArray></GetUserAvailabilityResponse>");
}

AvailabilityQuery Week(int mailboxes) {
  AvailabilityQuery query{.start = At("2026-11-23T00:00:00Z"), .end = At("2026-11-30T00:00:00Z")};
  for (int i = 0; i < mailboxes; ++i) query.mailboxes.push_back(fmt::format("u{}@example.org", i));
  return query;
}

TEST_F(Lookups, ManyMailboxesAreAskedForAHundredAtATime) {
  Answers("GetUserAvailabilityRequest", {FreeBusy(100), FreeBusy(50)});
  const auto all = Client()->GetUserAvailability(Week(150));
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_THAT(*all, SizeIs(150));
  EXPECT_EQ(ResponseCodeOf(all->at(100).status()), "ErrorNoFreeBusyAccess");
  EXPECT_TRUE(all->at(99).ok() && all->at(149).ok());
  const auto requests = Requests("GetUserAvailabilityRequest");
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_THAT(requests[1], HasSubstr("u100@example.org"));
  EXPECT_THAT(requests[1], Not(HasSubstr("u99@example.org")));
}

TEST_F(Lookups, AvailabilityBeyondItsBoundsIsNotAskedFor) {
  const auto client = Client();
  AvailabilityQuery query = Week(1);
  query.end = query.start + hours(24 * 43);
  EXPECT_EQ(client->GetUserAvailability(query).status().code(), absl::StatusCode::kInvalidArgument);
  query = Week(1);
  query.interval = std::chrono::minutes(1);
  EXPECT_EQ(client->GetUserAvailability(query).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(*client->GetUserAvailability(Week(0)), IsEmpty());
  const OofSettings scheduled{.state = OofState::kScheduled};
  EXPECT_EQ(client->SetOofSettings("a@example.org", scheduled).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Requests(""), IsEmpty());
}

TEST_F(Lookups, IdsAreConvertedInTheOrderAskedFor) {
  Answers("ConvertId", {Answer("ConvertId", Message("<AlternateId Format=\"EwsId\" Id=\"A=\" Mailbox=\"a@x\"/>") +
                                                Message("", "ErrorInvalidIdMalformed"))});
  const auto ids = Client()->ConvertIds({{IdFormat::kHexEntryId, "00", "a@x"}, {IdFormat::kHexEntryId, "zz", "a@x"}},
                                        IdFormat::kEwsId);
  ASSERT_TRUE(ids.ok()) << ids.status();
  ASSERT_THAT(*ids, SizeIs(2));
  EXPECT_EQ(ids->at(0)->id, "A=");
  EXPECT_EQ(ResponseCodeOf(ids->at(1).status()), "ErrorInvalidIdMalformed");
}

std::string Item(const std::string& id, const std::string& facts) {
  return "<CalendarItem><ItemId Id=\"" + id + "\" ChangeKey=\"c\"/>" + facts + "</CalendarItem>";
}

std::string Found(const std::string& items) {
  return Answer("FindItem",
                Message("<RootFolder IncludesLastItemInRange=\"true\"><Items>" + items + "</Items></RootFolder>"));
}

std::string Got(const std::string& items) { return Answer("GetItem", Message("<Items>" + items + "</Items>")); }

const CalendarViewQuery kWeek{.start = At("2026-11-23T00:00:00Z"), .end = At("2026-11-30T00:00:00Z")};

TEST_F(Lookups, PrivateItemsOfOthersShowTheirTimesOnly) {
  Answers("FindItem", {Found(Item("1",
                                  "<Subject>Doctor</Subject><Sensitivity>Private</Sensitivity><Start>"
                                  "2026-11-23T09:00:00Z</Start><Location>there</Location>") +
                             Item("2", "<Subject>Open</Subject>"))});
  const auto client = Client();
  CalendarViewQuery query = kWeek;
  query.folder = {.distinguished = "calendar", .mailbox = "boss@example.org"};
  const auto page = client->FindCalendarItems(query);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->items.at(0).subject, "");
  EXPECT_EQ(page->items.at(0).location, "");
  EXPECT_EQ(page->items.at(0).free_busy, FreeBusy::kBusy);
  EXPECT_EQ(page->items.at(0).start, At("2026-11-23T09:00:00Z"));
  EXPECT_EQ(page->items.at(1).subject, "Open");
  EXPECT_THAT(Requests("FindItem").at(0), HasSubstr("<t:EmailAddress>boss@example.org</t:EmailAddress>"));
  EXPECT_EQ(client->FindCalendarItems(kWeek)->items.at(0).subject, "Doctor") << "in the own calendar";
}

TEST_F(Lookups, PrivateItemsOfOthersKeepTheirSecretWhenSynchronised) {
  Answers("SyncFolderItems",
          {Answer("SyncFolderItems", Message("<SyncState>s</SyncState><Changes><Create>" +
                                             Item("1", "<Subject>Doctor</Subject><Sensitivity>Private</Sensitivity>") +
                                             "</Create></Changes>"))});
  const auto client = Client();
  const FolderRef shared{.distinguished = "calendar", .mailbox = "boss@example.org"};
  const auto result = client->SyncFolderItems(shared, "", 10, {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->changes.at(0).item->subject, "");
  EXPECT_EQ(client->SyncFolderItems(FolderRef::Calendar(), "", 10, {})->changes.at(0).item->subject, "Doctor");
}

TEST_F(Lookups, SeriesIsExpandedOnceAlsoWhenTheServerListsMasterAndOccurrences) {
  const std::string master = Item("m1", "<UID>u1</UID><CalendarItemType>RecurringMaster</CalendarItemType>");
  Answers("FindItem", {Found(master + Item("o1", "<UID>u1</UID><CalendarItemType>Occurrence</CalendarItemType>"))});
  Answers("GetItem", {Got(Item("m1",
                               "<UID>u1</UID><Start>2026-11-23T09:00:00Z</Start><End>2026-11-23T10:00:00Z</End>"
                               "<Recurrence><DailyRecurrence><Interval>1</Interval></DailyRecurrence>"
                               "<NoEndRecurrence><StartDate>2026-11-23</StartDate></NoEndRecurrence></Recurrence>"))});
  const auto page = Client()->FindCalendarItems(kWeek);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_THAT(page->items, SizeIs(1));
  EXPECT_EQ(page->items[0].id.id, "o1");
}

TEST_F(Lookups, MasterThatVanishesMeanwhileIsLeftOut) {
  Answers("FindItem", {Found(Item("m1", "<IsRecurring>true</IsRecurring>") + Item("2", "<Subject>single</Subject>"))});
  Answers("GetItem", {Answer("GetItem", Message("", "ErrorItemNotFound"))});
  const auto page = Client()->FindCalendarItems(kWeek);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_THAT(page->items, SizeIs(1));
  EXPECT_EQ(page->items[0].subject, "single");
}

TEST_F(Lookups, UpdateThatTheServerDoesNotKeepIsFoundOut) {
  Answers("GetItem", {Got(Item("1", "<Subject>old</Subject>"))});
  Answers("UpdateItem", {Answer("UpdateItem", Message("<Items>" + Item("1", "") + "</Items>"))});
  const auto client = Client();
  CalendarItem seen;
  seen.id = {"1", "c"};
  const auto lost = client->UpdateCalendarItemVerified(seen, {.subject = "new"}, Invitations::kNone);
  EXPECT_EQ(lost.status().code(), absl::StatusCode::kAborted) << lost.status();
  Answers("GetItem", {Got(Item("1", "<Subject>old</Subject>")), Got(Item("1", "<Subject>new</Subject>"))});
  EXPECT_TRUE(client->UpdateCalendarItemVerified(seen, {.subject = "new"}, Invitations::kNone).ok());
}

TEST_F(Lookups, ConflictIsSeenBeforeAnythingIsSent) {
  Answers("GetItem", {Got(Item("1", ""))});
  CalendarItem seen;
  seen.id = {"1", "older"};
  const auto refused = Client()->UpdateCalendarItemVerified(seen, {.subject = "new"}, Invitations::kNone);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(Requests("UpdateItem"), IsEmpty());
}

}  // namespace
}  // namespace crosspoint::ews
