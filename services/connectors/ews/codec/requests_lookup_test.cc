#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "connectors/ews/codec/requests.h"
#include "connectors/ews/properties.h"
#include "connectors/ews/soap/text.h"
#include "tests/support/ews_reference/schema_fixture.h"

// Folders, people, searching, availability and pull notifications.
namespace crosspoint::ews {
namespace {

using std::chrono::minutes;
using ::testing::HasSubstr;

const TimePoint kStart = *ParseDateTime("2026-11-23T09:00:00Z");
const TimePoint kEnd = *ParseDateTime("2026-11-24T09:00:00Z");

TEST_F(RequestSchema, FindFolder) {
  ExpectValid(WriteFindFolder(kFullHeader, {}));
  ExpectValid(WriteFindFolder(
      kFullHeader, {.parent = {.distinguished = "publicfoldersroot", .mailbox = "b@example.org"},
                    .deep = true,
                    .restriction = Contains(FieldName{"folder:DisplayName"}, "a & b", ContainmentMode::kPrefixed),
                    .page = {.offset = 200, .max_entries = 1000, .from_end = true}}));
}

TEST_F(RequestSchema, CreateFolder) {
  for (const FolderKind kind : {FolderKind::kMail, FolderKind::kCalendar, FolderKind::kContacts, FolderKind::kTasks}) {
    ExpectValid(WriteCreateFolder(kFullHeader, {.display_name = "A <b>", .kind = kind}));
  }
  ExpectValid(WriteCreateFolder(
      {}, {.parent = FolderRef::ById("AAMk="), .display_name = "Voice", .folder_class = "IPF.Note.Voicemail"}));
}

TEST_F(RequestSchema, SyncFolderHierarchy) {
  ExpectValid(WriteSyncFolderHierarchy(kFullHeader, FolderRef::Named("msgfolderroot"), ""));
  ExpectValid(WriteSyncFolderHierarchy({}, FolderRef::ById("AAMk="), "H4s="));
}

TEST_F(RequestSchema, ConvertId) {
  const std::vector<AlternateId> ids = {{IdFormat::kEwsLegacyId, "AAA=", "a@example.org"},
                                        {IdFormat::kHexEntryId, "00FF", "a@example.org", true}};
  for (const IdFormat format : {IdFormat::kEwsLegacyId, IdFormat::kEwsId, IdFormat::kEntryId, IdFormat::kHexEntryId,
                                IdFormat::kStoreId, IdFormat::kOwaId}) {
    ExpectValid(WriteConvertId(kFullHeader, ids, format));
  }
}

TEST_F(RequestSchema, FindPeople) {
  ExpectValid(WriteFindPeople(kFullHeader, {.address_list = "c6c5a8e8-0000-4d5f-9a53-1f3c7f1d8a64"}));
  ExpectValid(WriteFindPeople({}, {.text = "anna", .page = {.offset = 100, .max_entries = 50}}));
}

TEST_F(RequestSchema, ExpandDl) {
  ExpectValid(WriteExpandDl(kFullHeader, {.email = "all@example.org", .routing_type = "SMTP"}, {}));
  ExpectValid(WriteExpandDl({}, {}, {"AAMk=", "CK="}));
}

TEST_F(RequestSchema, FindItemsWithEveryKindOfCondition) {
  using Kind = Restriction::Kind;
  const FieldName start{"calendar:Start"};
  std::vector<Restriction> terms;
  for (const Kind kind : {Kind::kIsEqualTo, Kind::kIsNotEqualTo, Kind::kIsLessThan, Kind::kIsLessThanOrEqualTo,
                          Kind::kIsGreaterThan, Kind::kIsGreaterThanOrEqualTo}) {
    terms.push_back(Compare(kind, start, kStart));
  }
  for (const ContainmentMode mode :
       {ContainmentMode::kFullString, ContainmentMode::kPrefixed, ContainmentMode::kSubstring,
        ContainmentMode::kPrefixOnWords, ContainmentMode::kExactPhrase}) {
    for (const ContainmentComparison comparison : {ContainmentComparison::kExact, ContainmentComparison::kIgnoreCase,
                                                   ContainmentComparison::kIgnoreCaseAndAccents}) {
      terms.push_back(Contains(FieldName{"contacts:EmailAddress", "EmailAddress1"}, "<@>", mode, comparison));
    }
  }
  terms.push_back(Not(Or({Exists(CrosspointIdPath()), IsEqualTo(CrosspointIdPath(), "m<1>")})));
  terms.push_back(IsNotEqualTo(FieldName{"item:HasAttachments"}, true));
  terms.push_back(IsEqualTo(FieldName{"item:Size"}, 5));
  ExpectValid(WriteFindItems(kFullHeader, {.folder = FolderRef::Calendar(),
                                           .restriction = And(terms),
                                           .sort = {{start, true}, {CrosspointIdPath(), false}},
                                           .page = {.offset = 3, .max_entries = 10, .from_end = true},
                                           .properties = {CrosspointIdPath()}}));
  ExpectValid(WriteFindItems({}, {.folder = {.distinguished = "calendar", .mailbox = "b@example.org"}}));
}

TEST_F(RequestSchema, PullNotifications) {
  ExpectValid(WriteSubscribePull(kFullHeader, {}, 1, ""));
  ExpectValid(WriteSubscribePull({}, {.folders = {FolderRef::Calendar()}}, 1440, "AAAAAM4GAAAAAAAAAQ=="));
  ExpectValid(WriteGetEvents(kFullHeader, "f6bc657d-dde1-4f94-952d-143b95d6483d", "AAAAAM4GAAAAAAAAAQ=="));
}

TEST_F(RequestSchema, GetUserAvailability) {
  AvailabilityQuery query{.mailboxes = {"a@example.org", "b@example.org"}, .start = kStart, .end = kEnd};
  for (const AvailabilityView view :
       {AvailabilityView::kMergedOnly, AvailabilityView::kFreeBusy, AvailabilityView::kFreeBusyMerged,
        AvailabilityView::kDetailed, AvailabilityView::kDetailedMerged}) {
    query.view = view;
    for (const char* zone : {"", "W. Europe Standard Time", "Australia/Sydney", "Asia/Tokyo"}) {
      ExpectValid(WriteGetUserAvailability(kFullHeader, query, query.mailboxes, ZoneRuleOf(zone, kStart)));
    }
  }
}

TEST_F(RequestSchema, ServerTimeZones) {
  ExpectValid(WriteGetServerTimeZones(kFullHeader, {}, false));
  ExpectValid(WriteGetServerTimeZones({}, {"UTC", "W. Europe Standard Time"}, true));
}

TEST_F(RequestSchema, OutOfOffice) {
  ExpectValid(WriteGetUserOofSettings(kFullHeader, "a@example.org"));
  for (const OofState state : {OofState::kDisabled, OofState::kEnabled, OofState::kScheduled}) {
    for (const ExternalAudience audience :
         {ExternalAudience::kNone, ExternalAudience::kKnown, ExternalAudience::kAll}) {
      ExpectValid(WriteSetUserOofSettings(kFullHeader, "a@example.org",
                                          {.state = state,
                                           .audience = audience,
                                           .start = kStart,
                                           .end = kEnd,
                                           .internal_reply = "<p>away &amp; gone</p>",
                                           .external_reply = ""}));
    }
  }
  ExpectValid(WriteSetUserOofSettings({}, "a@example.org", {}));
}

TEST_F(RequestSchema, ItemsBySeries) {
  const ItemRef occurrence = ItemRef::Occurrence({"AAMk=", "CK="}, 3);
  const ItemRef master = ItemRef::MasterOf({"OCC=", "CK="});
  for (const ItemRef& item : {occurrence, master}) {
    ExpectValid(WriteGetRelatedItem(kFullHeader, item, {CrosspointIdPath()}, Detail::kFacts));
    ExpectValid(WriteGetRelatedItem({}, item, {}, Detail::kFactsAndBody));
    ExpectValid(WriteUpdateItem(kFullHeader, item, {.subject = "x"}, Invitations::kNone));
    ExpectValid(WriteDeleteItem(kFullHeader, item, DeleteType::kHardDelete, Invitations::kAndSaveCopy));
  }
}

TEST_F(RequestSchema, ChangesOfASeries) {
  const Recurrence weekly{.pattern = Recurrence::Pattern::kWeekly, .days = {"Monday"}, .start = {2026, 11, 23}};
  ExpectValid(WriteUpdateItem(kFullHeader, ItemId{"AAMk=", "CK="},
                              {.resources = {{"room@example.org"}},
                               .reminder_minutes_before_start = 5,
                               .recurrence = weekly,
                               .time_zone = "W. Europe Standard Time"},
                              Invitations::kAndSaveCopy));
  ExpectValid(WriteUpdateItem({}, ItemId{"AAMk=", "CK="},
                              {.resources = std::vector<std::string>{}, .delete_recurrence = true},
                              Invitations::kNone));
}

TEST_F(RequestSchema, AnswersAndCancellations) {
  const Body message{BodyType::kHtml, "<p>no & thanks</p>"};
  for (const MeetingAnswer answer : {MeetingAnswer::kAccept, MeetingAnswer::kTentative, MeetingAnswer::kDecline}) {
    ExpectValid(WriteAnswerMeeting(kFullHeader, {"AAMk=", "CK="}, answer, AnswerDelivery::kSend, message));
    ExpectValid(WriteAnswerMeeting({}, {"AAMk=", ""}, answer, AnswerDelivery::kKeepToMyself, std::nullopt));
  }
  ExpectValid(WriteCancelMeeting(kFullHeader, {"AAMk=", "CK="}, message));
  ExpectValid(WriteCancelMeeting({}, {"AAMk=", ""}, std::nullopt));
}

TEST(AvailabilityRequest, WindowIsToldByTheClockOfTheZone) {
  const AvailabilityQuery query{.mailboxes = {"a@example.org"}, .start = kStart, .end = kEnd};
  const std::string xml =
      WriteGetUserAvailability({}, query, query.mailboxes, ZoneRuleOf("W. Europe Standard Time", kStart));
  EXPECT_THAT(xml, HasSubstr("<t:StartTime>2026-11-23T10:00:00</t:StartTime>"));
  EXPECT_THAT(xml, HasSubstr("<t:TimeZone><t:Bias>-60</t:Bias><t:StandardTime><t:Bias>0</t:Bias><t:Time>03:00:00"
                             "</t:Time><t:DayOrder>5</t:DayOrder><t:Month>10</t:Month>"));
}

}  // namespace
}  // namespace crosspoint::ews
