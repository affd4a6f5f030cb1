#include "connectors/ews/codec/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "connectors/ews/properties.h"
#include "connectors/ews/soap/text.h"
#include "tests/support/ews_reference/schema_fixture.h"

namespace crosspoint::ews {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const TimePoint kStart = *ParseDateTime("2026-11-23T09:00:00Z");
const TimePoint kEnd = *ParseDateTime("2026-11-23T09:30:00Z");

CalendarDraft FullDraft() {
  return {.subject = "Budget <Q3> & \"more\"",
          .body = Body{BodyType::kHtml, "<p>See\r\nyou</p>"},
          .location = "Room 1",
          .start = kStart,
          .end = kEnd,
          .free_busy = FreeBusy::kTentative,
          .sensitivity = Sensitivity::kPrivate,
          .uid = "0400-1",
          .required_attendees = {"a@example.org", "b@example.org"},
          .optional_attendees = {"c@example.org"},
          .resources = {"room1@example.org"},
          .reminder_minutes_before_start = 15,
          .time_zone = "W. Europe Standard Time",
          .extended_properties = {{CrosspointIdPath(), "m-1"}, {CrosspointAvailabilityStatePath(), "states/dnd"}}};
}

TEST_F(RequestSchema, CheckerRefusesElementsInTheWrongOrder) {
  std::string xml = WriteGetUserPhoto({}, "a@example.org", "HR96x96");
  ExpectValid(xml);
  const std::string email = "<m:Email>a@example.org</m:Email>";
  xml.erase(xml.find(email), email.size());
  xml.insert(xml.find("</m:GetUserPhoto>"), email);
  EXPECT_NE(reference_->Violations(xml), "");
}

TEST_F(RequestSchema, ResolveNames) {
  ExpectValid(WriteResolveNames({}, {.text = "Anna & Bo"}));
  for (const SearchScope scope : {SearchScope::kActiveDirectory, SearchScope::kActiveDirectoryContacts,
                                  SearchScope::kContacts, SearchScope::kContactsActiveDirectory}) {
    ExpectValid(WriteResolveNames(kFullHeader, {.text = "anna", .scope = scope}));
  }
  ExpectValid(WriteResolveNames({}, {.text = "anna",
                                     .scope = SearchScope::kContacts,
                                     .folders = {FolderRef::ById("AAMk="), FolderRef::Named("contacts")}}));
}

TEST_F(RequestSchema, GetFolder) {
  const FolderRef other{.distinguished = "calendar", .mailbox = "b@example.org"};
  ExpectValid(WriteGetFolder(kFullHeader, {FolderRef::Calendar(), FolderRef::ById("AAMk="), other}));
}

TEST_F(RequestSchema, FindItem) {
  ExpectValid(WriteFindCalendarView(kFullHeader, {.start = kStart, .end = kEnd, .properties = {CrosspointIdPath()}}));
  ExpectValid(WriteFindCalendarView({}, {.start = kStart, .end = kEnd, .max_entries = 10}));
}

TEST_F(RequestSchema, GetItem) {
  ExpectValid(WriteGetItem(kFullHeader, {{"AAMk=", "CK="}, {"BBMk=", ""}}, {CrosspointIdPath()}, Detail::kFacts));
  ExpectValid(WriteGetItem({}, {{"AAMk=", ""}}, {}, Detail::kFactsAndBody));
}

TEST_F(RequestSchema, CreateItem) {
  for (const Invitations invitations : {Invitations::kNone, Invitations::kOnly, Invitations::kAndSaveCopy}) {
    ExpectValid(WriteCreateItem(kFullHeader, FullDraft(), invitations, FolderRef::Calendar()));
  }
  ExpectValid(WriteCreateItem({}, {.start = kStart, .end = kEnd}, Invitations::kNone, FolderRef::ById("AAMk=")));
}

TEST_F(RequestSchema, CreateItemWithEveryKindOfSeries) {
  using Pattern = Recurrence::Pattern;
  const Date start{2026, 11, 23};
  const std::vector<Recurrence> series = {
      {.pattern = Pattern::kDaily, .interval = 2, .start = start, .count = 5},
      {.pattern = Pattern::kWeekly, .days = {"Monday", "Friday"}, .first_day_of_week = "Monday", .start = start},
      {.pattern = Pattern::kAbsoluteMonthly, .day_of_month = 31, .start = start, .end = Date{2027, 12, 31}},
      {.pattern = Pattern::kRelativeMonthly, .days = {"Weekday"}, .week_index = "Last", .start = start},
      {.pattern = Pattern::kAbsoluteYearly, .day_of_month = 1, .month = "May", .start = start},
      {.pattern = Pattern::kRelativeYearly,
       .days = {"Sunday"},
       .month = "May",
       .week_index = "Second",
       .start = start}};
  for (const Recurrence& recurrence : series) {
    CalendarDraft draft = FullDraft();
    draft.recurrence = recurrence;
    ExpectValid(WriteCreateItem({}, draft, Invitations::kAndSaveCopy, FolderRef::Calendar()));
  }
}

TEST_F(RequestSchema, UpdateItem) {
  const CalendarUpdate everything{.subject = "New",
                                  .body = Body{BodyType::kText, "text"},
                                  .location = "Room 2",
                                  .start = kStart,
                                  .end = kEnd,
                                  .is_all_day = false,
                                  .free_busy = FreeBusy::kOutOfOffice,
                                  .sensitivity = Sensitivity::kNormal,
                                  .required_attendees = {{"a@example.org"}},
                                  .optional_attendees = std::vector<std::string>{},
                                  .set_properties = {{CrosspointIdPath(), "m-1"}},
                                  .delete_properties = {CrosspointAvailabilityStatePath()}};
  for (const Invitations invitations : {Invitations::kNone, Invitations::kOnly, Invitations::kAndSaveCopy,
                                        Invitations::kOnlyToChanged, Invitations::kToChangedAndSaveCopy}) {
    ExpectValid(WriteUpdateItem(kFullHeader, {"AAMk=", "CK="}, everything, invitations));
  }
}

TEST_F(RequestSchema, DeleteItem) {
  for (const DeleteType type : {DeleteType::kMoveToDeletedItems, DeleteType::kSoftDelete, DeleteType::kHardDelete}) {
    ExpectValid(WriteDeleteItem(kFullHeader, {"AAMk=", "CK="}, type, Invitations::kNone));
  }
}

TEST_F(RequestSchema, SyncFolderItems) {
  ExpectValid(WriteSyncFolderItems(kFullHeader, FolderRef::Calendar(), "", 512, {CrosspointIdPath()}));
  ExpectValid(WriteSyncFolderItems({}, FolderRef::ById("AAMk="), "H4sIA+/=", 1, {}));
}

TEST_F(RequestSchema, Subscribe) {
  ExpectValid(WriteSubscribe(kFullHeader, {}));
  ExpectValid(WriteSubscribe({}, {.folders = {FolderRef::Calendar(), FolderRef::ById("AAMk=")}}));
}

TEST_F(RequestSchema, PropertiesOfEveryKindAndType) {
  using Type = PropertyType;
  const std::vector<ExtendedProperty> properties = {
      {CrosspointIdPath(), "m-1"},
      {PropertyPath::Header("X-CallingTelephoneNumber"), "+49301"},
      {{.property_set = "00062008-0000-0000-c000-000000000046", .id = 0x8502, .type = Type::kSystemTime},
       "2026-11-23T09:00:00Z"},
      {{.property_set = "UnifiedMessaging", .name = "PstnCallbackTelephoneNumber"}, "+49301"},
      {{.property_set = "PublicStrings", .name = "Keywords", .type = Type::kStringArray}, "", {"a", "b"}},
      {PropertyPath::Tag(0x0e07, Type::kInteger), "1"},
      {PropertyPath::Tag(0x1080, Type::kBoolean), "true"},
      {PropertyPath::Tag(0x3ff9, Type::kBinary), "AQID"}};
  CalendarDraft draft = FullDraft();
  draft.extended_properties = properties;
  const std::string created = WriteCreateItem({}, draft, Invitations::kNone, FolderRef::Calendar());
  ExpectValid(created);
  EXPECT_THAT(created, HasSubstr("PropertyTag=\"0x0E07\" PropertyType=\"Integer\""));
  ExpectValid(WriteUpdateItem({}, {"AAMk=", "CK="}, {.set_properties = properties}, Invitations::kNone));
  for (const ExtendedProperty& property : properties) {
    ExpectValid(WriteGetItem({}, {{"AAMk=", ""}}, {property.path}, Detail::kFacts));
    ExpectValid(WriteUpdateItem({}, {"AAMk=", "CK="}, {.delete_properties = {property.path}}, Invitations::kNone));
  }
}

TEST_F(RequestSchema, StreamingAndUnsubscribe) {
  ExpectValid(WriteGetStreamingEvents(kFullHeader, {"sub1", "sub2"}, 30));
  ExpectValid(WriteUnsubscribe(kFullHeader, "sub1"));
}

TEST_F(RequestSchema, GetUserPhoto) { ExpectValid(WriteGetUserPhoto(kFullHeader, "a@example.org", "HR648x648")); }

TEST_F(RequestSchema, TextThatXmlCannotCarryIsLeftOut) {
  CalendarDraft draft = FullDraft();
  draft.subject = std::string("a\x01\x0b\0b", 5) + "\xff\xef\xbf\xbf\xed\xa0\x80 ]]> \xf0\x9f\x98\x80";
  const std::string xml = WriteCreateItem({}, draft, Invitations::kNone, FolderRef::Calendar());
  ExpectValid(xml);
  EXPECT_THAT(xml, HasSubstr("\xf0\x9f\x98\x80</t:Subject>"));
}

TEST(RequestHeaders, ImpersonationAndTimeZoneStandInTheSoapHeader) {
  const std::string xml = WriteGetItem(kFullHeader, {{"AAMk=", ""}}, {}, Detail::kFacts);
  EXPECT_THAT(xml, HasSubstr("<t:RequestServerVersion Version=\"Exchange2016\"/>"));
  EXPECT_THAT(xml, HasSubstr("<t:ExchangeImpersonation><t:ConnectingSID><t:PrimarySmtpAddress>anna.schmidt@example.org"
                             "</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>"));
  EXPECT_THAT(xml, HasSubstr("<t:TimeZoneContext><t:TimeZoneDefinition Id=\"W. Europe Standard Time\"/>"));
}

TEST(RequestHeaders, WithoutImpersonationThereIsNoSuchHeader) {
  EXPECT_THAT(WriteUnsubscribe({}, "s"), Not(HasSubstr("ExchangeImpersonation")));
}

TEST(UpdateRequest, EmptyListOfAttendeesIsDeletedNotSet) {
  const std::string xml = WriteUpdateItem({}, {"AAMk=", "CK="}, {.required_attendees = std::vector<std::string>{}},
                                          Invitations::kAndSaveCopy);
  EXPECT_THAT(xml, HasSubstr("<t:DeleteItemField><t:FieldURI FieldURI=\"calendar:RequiredAttendees\"/>"));
}

TEST(CrosspointProperties, SetAndNamesNeverChange) {
  EXPECT_EQ(kCrosspointPropertySet, "6f1e7c52-0b0e-4d5f-9a53-1f3c7f1d8a64");
  EXPECT_EQ(CrosspointIdPath().name, "CrosspointId");
  EXPECT_EQ(CrosspointAvailabilityStatePath().name, "CrosspointAvailabilityState");
}

}  // namespace
}  // namespace crosspoint::ews
