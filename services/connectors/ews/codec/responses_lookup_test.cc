#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"

// Folders, people, availability and pull notifications.
namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TimePoint At(const char* text) { return *ParseDateTime(text); }

std::string Soap(const std::string& content) {
  return "<e:Envelope xmlns:e=\"s\"><e:Body>" + content + "</e:Body></e:Envelope>";
}

std::string Message(const std::string& operation, const std::string& content,
                    const std::string& response_class = "Success", const std::string& code = "NoError") {
  return "<" + operation + "ResponseMessage ResponseClass=\"" + response_class + "\"><ResponseCode>" + code +
         "</ResponseCode>" + content + "</" + operation + "ResponseMessage>";
}

std::string Answer(const std::string& operation, const std::string& messages) {
  return Soap("<" + operation + "Response><ResponseMessages>" + messages + "</ResponseMessages></" + operation +
              "Response>");
}

TEST(ReadFindFolder, PageOfFoldersWithTheirClasses) {
  const auto page = ReadFindFolder(Answer(
      "FindFolder",
      Message(
          "FindFolder",
          "<RootFolder IndexedPagingOffset=\"12\" TotalItemsInView=\"40\" IncludesLastItemInRange=\"false\"><Folders>"
          "<Folder><FolderId Id=\"f1\" ChangeKey=\"c1\"/><ParentFolderId Id=\"p\"/><FolderClass>IPF.Note"
          "</FolderClass><DisplayName>A &amp; b</DisplayName><TotalCount>3</TotalCount><ChildFolderCount>1"
          "</ChildFolderCount></Folder><ContactsFolder><FolderId Id=\"f2\"/></ContactsFolder><Folder/>"
          "</Folders></RootFolder>")));
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_FALSE(page->end.includes_last);
  EXPECT_EQ(page->end.next_offset, 12);
  EXPECT_EQ(page->end.total, 40);
  ASSERT_THAT(page->folders, SizeIs(2));
  EXPECT_EQ(page->folders[0].id, (FolderId{"f1", "c1"}));
  EXPECT_EQ(page->folders[0].parent.id, "p");
  EXPECT_EQ(page->folders[0].display_name, "A & b");
  EXPECT_EQ(page->folders[0].total_count, 3);
  EXPECT_EQ(page->folders[1].folder_class, "IPF.Contact") << "by the name of the element";
}

TEST(ReadCreateFolder, AnswerWithoutAnIdIsRefused) {
  EXPECT_EQ(
      ReadCreateFolder(
          Answer("CreateFolder", Message("CreateFolder", "<Folders><Folder><FolderId Id=\"n\"/></Folder></Folders>")))
          ->id,
      "n");
  EXPECT_FALSE(ReadCreateFolder(Answer("CreateFolder", Message("CreateFolder", "<Folders/>"))).ok());
}

TEST(ReadSyncFolderHierarchy, EveryKindOfChange) {
  const auto result = ReadSyncFolderHierarchy(Answer(
      "SyncFolderHierarchy",
      Message("SyncFolderHierarchy",
              "<SyncState>H4s=</SyncState><IncludesLastFolderInRange>false</IncludesLastFolderInRange><Changes>"
              "<Create><CalendarFolder><FolderId Id=\"1\"/><DisplayName>Cal</DisplayName></CalendarFolder></Create>"
              "<Update><Folder><FolderId Id=\"2\"/></Folder></Update><Delete><FolderId Id=\"3\"/></Delete><Other/>"
              "<Create/></Changes>")));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->sync_state, "H4s=");
  EXPECT_FALSE(result->includes_last);
  ASSERT_THAT(result->changes, SizeIs(3));
  EXPECT_EQ(result->changes[0].kind, FolderChange::Kind::kCreate);
  EXPECT_EQ(result->changes[0].folder.folder_class, "IPF.Appointment");
  EXPECT_EQ(result->changes[1].kind, FolderChange::Kind::kUpdate);
  EXPECT_EQ(result->changes[2].kind, FolderChange::Kind::kDelete);
  EXPECT_EQ(result->changes[2].folder.id.id, "3");
}

TEST(ReadConvertId, OneBadIdDoesNotFailTheOthers) {
  const auto ids = ReadConvertId(
      Answer("ConvertId", Message("ConvertId", "<AlternateId Format=\"EwsId\" Id=\"AAA=\" Mailbox=\"a@x\"/>") +
                              Message("ConvertId", "", "Error", "ErrorInvalidIdMalformed") + Message("ConvertId", "")));
  ASSERT_TRUE(ids.ok()) << ids.status();
  ASSERT_THAT(*ids, SizeIs(3));
  EXPECT_EQ(*ids->at(0), (AlternateId{IdFormat::kEwsId, "AAA=", "a@x"}));
  EXPECT_EQ(ResponseCodeOf(ids->at(1).status()), "ErrorInvalidIdMalformed");
  EXPECT_FALSE(ids->at(2).ok());
}

TEST(ReadFindPeople, FactsOfAPerson) {
  const auto page = ReadFindPeople(Soap(
      "<FindPeopleResponse ResponseClass=\"Success\"><ResponseCode>NoError</ResponseCode><People><Persona>"
      "<PersonaId Id=\"p1\"/><PersonaType>Person</PersonaType><DisplayName>Anna Schmidt</DisplayName><GivenName>Anna"
      "</GivenName><Surname>Schmidt</Surname><CompanyName>Example</CompanyName><EmailAddress><EmailAddress>a@x"
      "</EmailAddress><RoutingType>SMTP</RoutingType></EmailAddress><EmailAddresses><Address><EmailAddress>A@X"
      "</EmailAddress></Address><EmailAddress><EmailAddress>b@x</EmailAddress></EmailAddress><Address><EmailAddress>/"
      "O=X"
      "</EmailAddress><RoutingType>EX</RoutingType></Address></EmailAddresses><PhoneNumber><Number>+49 171 1</Number>"
      "<Type>Mobile</Type></PhoneNumber><ImAddress>sip:a@x</ImAddress><BusinessPhoneNumbers>"
      "<PhoneNumberAttributedValue><Value><Number> +49 30 1 </Number><Type>Business</Type></Value></"
      "PhoneNumberAttributedValue></BusinessPhoneNumbers><MobilePhones><PhoneNumberAttributedValue><Value><Number>+49 "
      "171 "
      "1</Number></Value></PhoneNumberAttributedValue></MobilePhones><OfficeLocations><StringAttributedValue><Value>"
      "B2</Value></StringAttributedValue></OfficeLocations><Titles><StringAttributedValue><Value>Engineer</Value>"
      "</StringAttributedValue></Titles><Departments><StringAttributedValue><Value>R&amp;D</Value>"
      "</StringAttributedValue></Departments></Persona></People><TotalNumberOfPeopleInView>7"
      "</TotalNumberOfPeopleInView></FindPeopleResponse>"));
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->end.total, 7);
  ASSERT_THAT(page->people, SizeIs(1));
  const Person& anna = page->people[0];
  EXPECT_EQ(anna.id, "p1");
  EXPECT_EQ(anna.display_name, "Anna Schmidt");
  EXPECT_THAT(anna.emails, ElementsAre("a@x", "b@x"));
  EXPECT_THAT(anna.phones, ElementsAre(Phone{"BusinessPhone", "+49 30 1"}, Phone{"MobilePhone", "+49 171 1"}));
  EXPECT_EQ(anna.department, "R&D");
  EXPECT_EQ(anna.job_title, "Engineer");
  EXPECT_EQ(anna.company, "Example");
  EXPECT_EQ(anna.office, "B2");
  EXPECT_EQ(anna.im_address, "sip:a@x");
}

TEST(ReadFindPeople, ErrorStandsInTheAnswerItself) {
  const auto page =
      ReadFindPeople(Soap("<FindPeopleResponse ResponseClass=\"Error\"><ResponseCode>ErrorAccessDenied</ResponseCode>"
                          "</FindPeopleResponse>"));
  EXPECT_EQ(ResponseCodeOf(page.status()), "ErrorAccessDenied");
}

TEST(ReadExpandDl, MembersWithTheirKinds) {
  const auto list =
      ReadExpandDl(Answer("ExpandDL", Message("ExpandDL",
                                              "<DLExpansion IncludesLastItemInRange=\"false\"><Mailbox><Name>A</Name>"
                                              "<EmailAddress>a@x</EmailAddress><RoutingType>SMTP</RoutingType>"
                                              "<MailboxType>PublicDL</MailboxType></Mailbox><Other/></DLExpansion>")));
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_FALSE(list->includes_last);
  EXPECT_THAT(list->members, ElementsAre(Mailbox{"A", "a@x", "SMTP", "PublicDL"}));
}

TEST(ReadResolveNames, PublicFolderContactTellsWhereItLies) {
  const auto names = ReadResolveNames(Answer(
      "ResolveNames",
      Message("ResolveNames",
              "<ResolutionSet><Resolution><Mailbox><Name>Bo</Name><EmailAddress>bo@x</EmailAddress><RoutingType>SMTP"
              "</RoutingType><MailboxType>Contact</MailboxType><ItemId Id=\"i1\" ChangeKey=\"k1\"/></Mailbox><Contact>"
              "<ParentFolderId Id=\"public\"/><CompleteName><FirstName>Bo</FirstName><LastName>Lind</LastName>"
              "</CompleteName><ContactSource>Store</ContactSource></Contact></Resolution></ResolutionSet>")));
  ASSERT_TRUE(names.ok()) << names.status();
  ASSERT_THAT(names->candidates, SizeIs(1));
  EXPECT_EQ(names->candidates[0].contact, (ItemId{"i1", "k1"}));
  EXPECT_EQ(names->candidates[0].contact_folder.id, "public");
  EXPECT_EQ(names->candidates[0].given_name, "Bo");
  EXPECT_EQ(names->candidates[0].surname, "Lind");
  EXPECT_EQ(names->candidates[0].contact_source, "Store");
}

TEST(ReadGetEvents, WatermarkIsThatOfTheLastEvent) {
  const auto pulled = ReadGetEvents(Answer(
      "GetEvents",
      Message(
          "GetEvents",
          "<Notification><SubscriptionId>s1</SubscriptionId><PreviousWatermark>w0</PreviousWatermark><MoreEvents>true"
          "</MoreEvents><CreatedEvent><Watermark>w1</Watermark><TimeStamp>2026-11-23T09:00:00Z</TimeStamp><ItemId "
          "Id=\"i1\"/><ParentFolderId Id=\"f1\"/></CreatedEvent><StatusEvent><Watermark>w2</Watermark></StatusEvent>"
          "</Notification>")));
  ASSERT_TRUE(pulled.ok()) << pulled.status();
  EXPECT_EQ(pulled->watermark, "w2");
  EXPECT_TRUE(pulled->more_events);
  ASSERT_THAT(pulled->events, SizeIs(1));
  EXPECT_EQ(pulled->events[0].subscription_id, "s1");
  EXPECT_EQ(pulled->events[0].item_id, "i1");
}

TEST(ReadGetEvents, WithoutEventsTheWatermarkStays) {
  const auto pulled = ReadGetEvents(Answer(
      "GetEvents", Message("GetEvents", "<Notification><PreviousWatermark>w0</PreviousWatermark></Notification>")));
  ASSERT_TRUE(pulled.ok()) << pulled.status();
  EXPECT_EQ(pulled->watermark, "w0");
  EXPECT_THAT(pulled->events, IsEmpty());
}

TEST(ReadSubscribePull, NeedsIdAndWatermark) {
  const auto subscription = ReadSubscribePull(
      Answer("Subscribe", Message("Subscribe", "<SubscriptionId> s1 </SubscriptionId><Watermark>w0</Watermark>")));
  ASSERT_TRUE(subscription.ok()) << subscription.status();
  EXPECT_EQ(subscription->id, "s1");
  EXPECT_EQ(subscription->watermark, "w0");
  EXPECT_FALSE(
      ReadSubscribePull(Answer("Subscribe", Message("Subscribe", "<SubscriptionId>s1</SubscriptionId>"))).ok());
}

std::string FreeBusyAnswer(const std::string& view) {
  return Soap(
      "<GetUserAvailabilityResponse><FreeBusyResponseArray><FreeBusyResponse><ResponseMessage "
      "ResponseClass=\"Success\"><ResponseCode>NoError</ResponseCode></ResponseMessage><FreeBusyView>" +
      view +
      "</FreeBusyView></FreeBusyResponse><FreeBusyResponse><ResponseMessage ResponseClass=\"Error\"><MessageText>"
      "gone</MessageText><ResponseCode>ErrorMailRecipientNotFound</ResponseCode></ResponseMessage>"
      "<FreeBusyView><FreeBusyViewType>None</FreeBusyViewType></FreeBusyView></FreeBusyResponse>"
      "</FreeBusyResponseArray></GetUserAvailabilityResponse>");
}

TEST(ReadGetUserAvailability, EachMailboxHasItsOwnResult) {
  const auto batch = ReadGetUserAvailability(
      FreeBusyAnswer("<FreeBusyViewType>DetailedMerged</FreeBusyViewType><MergedFreeBusy>01234</MergedFreeBusy>"));
  ASSERT_TRUE(batch.ok()) << batch.status();
  ASSERT_THAT(*batch, SizeIs(2));
  ASSERT_TRUE(batch->at(0).ok());
  EXPECT_EQ(batch->at(0)->view, AvailabilityView::kDetailedMerged);
  EXPECT_THAT(batch->at(0)->merged, ElementsAre(FreeBusy::kFree, FreeBusy::kTentative, FreeBusy::kBusy,
                                                FreeBusy::kOutOfOffice, FreeBusy::kNoData));
  EXPECT_EQ(ResponseCodeOf(batch->at(1).status()), "ErrorMailRecipientNotFound");
}

TEST(ReadGetUserAvailability, TimesWithoutZoneAreThoseOfTheRequest) {
  const std::string view =
      "<FreeBusyViewType>Detailed</FreeBusyViewType><CalendarEventArray><CalendarEvent><StartTime>2026-07-01T10:00:00"
      "</StartTime><EndTime>2026-07-01T09:00:00Z</EndTime><BusyType>OOF</BusyType><CalendarEventDetails><ID>00FF</ID>"
      "<Subject>secret</Subject><Location>here</Location><IsMeeting>true</IsMeeting><IsPrivate>true</IsPrivate>"
      "</CalendarEventDetails></CalendarEvent><CalendarEvent><StartTime>2026-07-01T10:00:00-07:00</StartTime>"
      "<EndTime>2026-07-01T11:00:00-07:00</EndTime><BusyType>New</BusyType></CalendarEvent><CalendarEvent/>"
      "</CalendarEventArray>";
  const TimePoint summer = At("2026-07-01T00:00:00Z");
  const auto batch = ReadGetUserAvailability(FreeBusyAnswer(view), ZoneRuleOf("Europe/Berlin", summer));
  ASSERT_TRUE(batch.ok()) << batch.status();
  ASSERT_TRUE(batch->at(0).ok());
  EXPECT_THAT(
      batch->at(0)->busy,
      ElementsAre(BusyTime{At("2026-07-01T08:00:00Z"), At("2026-07-01T09:00:00Z"), FreeBusy::kOutOfOffice,
                           BusyDetails{.id = "00FF", .is_meeting = true, .is_private = true}},
                  BusyTime{At("2026-07-01T17:00:00Z"), At("2026-07-01T18:00:00Z"), FreeBusy::kBusy, std::nullopt}));
}

TEST(ReadGetUserAvailability, WorkingHoursWithTheirZone) {
  const auto batch = ReadGetUserAvailability(FreeBusyAnswer(
      "<FreeBusyViewType>FreeBusy</FreeBusyViewType><WorkingHours><TimeZone><Bias>480</Bias><StandardTime><Bias>0</"
      "Bias>"
      "<Time>02:00:00</Time><DayOrder>5</DayOrder><Month>10</Month><DayOfWeek>Sunday</DayOfWeek></StandardTime>"
      "<DaylightTime><Bias>-60</Bias><Time>02:00:00</Time><DayOrder>1</DayOrder><Month>4</Month><DayOfWeek>Sunday"
      "</DayOfWeek></DaylightTime></TimeZone><WorkingPeriodArray><WorkingPeriod><DayOfWeek>Monday Friday</DayOfWeek>"
      "<StartTimeInMinutes>480</StartTimeInMinutes><EndTimeInMinutes>1020</EndTimeInMinutes></WorkingPeriod>"
      "</WorkingPeriodArray></WorkingHours>"));
  ASSERT_TRUE(batch.ok() && batch->at(0).ok());
  const ZoneRule zone{.bias = minutes(480),
                      .standard = {.time = hours(2), .month = 10, .week = 5},
                      .daylight = {.bias = minutes(-60), .time = hours(2), .month = 4, .week = 1}};
  EXPECT_EQ(batch->at(0)->working_hours, (WorkingHours{zone, {{{"Monday", "Friday"}, minutes(480), minutes(1020)}}}));
}

TEST(ReadOofSettings, AllFacts) {
  const auto settings = ReadGetUserOofSettings(
      Soap("<GetUserOofSettingsResponse><ResponseMessage ResponseClass=\"Success\"><ResponseCode>NoError</ResponseCode>"
           "</ResponseMessage><OofSettings><OofState>Scheduled</OofState><ExternalAudience>Known</"
           "ExternalAudience><Duration>"
           "<StartTime>2026-11-23T08:00:00</StartTime><EndTime>2026-11-30T08:00:00Z</EndTime></Duration><InternalReply>"
           "<Message>in</Message></InternalReply><ExternalReply><Message>out</Message></ExternalReply></OofSettings>"
           "<AllowExternalOof>All</AllowExternalOof></GetUserOofSettingsResponse>"));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->state, OofState::kScheduled);
  EXPECT_EQ(settings->audience, ExternalAudience::kKnown);
  EXPECT_EQ(settings->start, At("2026-11-23T08:00:00Z"));
  EXPECT_EQ(settings->end, At("2026-11-30T08:00:00Z"));
  EXPECT_EQ(settings->internal_reply, "in");
  EXPECT_EQ(settings->external_reply, "out");
  EXPECT_EQ(settings->allowed_audience, ExternalAudience::kAll);
}

TEST(ReadOofSettings, ErrorsOfBothDirections) {
  const std::string denied =
      "<ResponseMessage ResponseClass=\"Error\"><ResponseCode>ErrorAccessDenied</ResponseCode></ResponseMessage>";
  EXPECT_EQ(ResponseCodeOf(
                ReadGetUserOofSettings(Soap("<GetUserOofSettingsResponse>" + denied + "</GetUserOofSettingsResponse>"))
                    .status()),
            "ErrorAccessDenied");
  EXPECT_EQ(ResponseCodeOf(ReadSetUserOofSettings(
                Soap("<SetUserOofSettingsResponse>" + denied + "</SetUserOofSettingsResponse>"))),
            "ErrorAccessDenied");
}

std::string ZoneAnswer(const std::string& zones) {
  return Answer("GetServerTimeZones",
                Message("GetServerTimeZones", "<TimeZoneDefinitions>" + zones + "</TimeZoneDefinitions>"));
}

TEST(ReadGetServerTimeZones, RuleHoldsFromItsYearOn) {
  const std::string change = "<RecurringDayTransition><To Kind=\"Period\">";
  const auto zones = ReadGetServerTimeZones(ZoneAnswer(
      "<TimeZoneDefinition Id=\"Eastern Standard Time\" Name=\"Eastern\"><Periods><Period Bias=\"PT5H\" "
      "Name=\"Standard\" Id=\"s\"/><Period Bias=\"PT4H\" Name=\"Daylight\" Id=\"d\"/></Periods><TransitionsGroups>"
      "<TransitionsGroup Id=\"0\">" +
      change +
      "d</To><TimeOffset>PT2H</TimeOffset><Month>4</Month><DayOfWeek>Sunday</DayOfWeek><Occurrence>1</Occurrence>"
      "</RecurringDayTransition>" +
      change +
      "s</To><TimeOffset>PT2H</TimeOffset><Month>10</Month><DayOfWeek>Sunday</DayOfWeek><Occurrence>-1</Occurrence>"
      "</RecurringDayTransition></TransitionsGroup><TransitionsGroup Id=\"1\"><RecurringDateTransition><To "
      "Kind=\"Period\">d</To><TimeOffset>PT2H</TimeOffset><Month>3</Month><Day>8</Day></RecurringDateTransition>" +
      change +
      "s</To><TimeOffset>PT2H</TimeOffset><Month>11</Month><DayOfWeek>Sunday</DayOfWeek><Occurrence>1</Occurrence>"
      "</RecurringDayTransition></TransitionsGroup></TransitionsGroups><Transitions><Transition><To Kind=\"Group\">0"
      "</To></Transition><AbsoluteDateTransition><To Kind=\"Group\">1</To><DateTime>2007-01-01T00:00:00</DateTime>"
      "</AbsoluteDateTransition></Transitions></TimeZoneDefinition>"));
  ASSERT_TRUE(zones.ok()) << zones.status();
  ASSERT_THAT(*zones, SizeIs(1));
  const ZoneDefinition& eastern = zones->front();
  EXPECT_EQ(eastern.id, "Eastern Standard Time");
  EXPECT_EQ(eastern.periods[1], (ZonePeriod{"d", "Daylight", minutes(240)}));
  const ZoneRule before = RuleOf(eastern, At("2006-06-01T00:00:00Z"));
  EXPECT_EQ(before, (ZoneRule{.bias = minutes(300),
                              .standard = {.time = hours(2), .month = 10, .week = 5},
                              .daylight = {.bias = minutes(-60), .time = hours(2), .month = 4, .week = 1}}));
  const ZoneRule since = RuleOf(eastern, At("2026-06-01T00:00:00Z"));
  EXPECT_EQ(since.standard, (ZoneChange{.time = hours(2), .month = 11, .week = 1}));
  EXPECT_EQ(since.daylight,
            (ZoneChange{.bias = minutes(-60), .time = hours(2), .month = 3, .week = 2, .day_of_week = "Sunday"}));
}

TEST(ReadGetServerTimeZones, AbsurdOffsetsAreBounded) {
  const auto zones =
      ReadGetServerTimeZones(ZoneAnswer("<TimeZoneDefinition Id=\"x\"><Periods><Period Bias=\"P999999999DT9H\" "
                                        "Id=\"s\"/><Period Bias=\"never\" Id=\"n\"/>"
                                        "</Periods></TimeZoneDefinition>"));
  ASSERT_TRUE(zones.ok()) << zones.status();
  EXPECT_EQ(zones->at(0).periods.at(0).bias, hours(48));
  EXPECT_EQ(zones->at(0).periods.at(1).bias, hours(0));
}

TEST(ReadGetServerTimeZones, ZoneWithoutChangesAndNegativeBias) {
  const auto zones = ReadGetServerTimeZones(ZoneAnswer(
      "<TimeZoneDefinition Id=\"India Standard Time\"><Periods><Period Bias=\"-PT5H30M\" Name=\"Standard\" Id=\"s\"/>"
      "</Periods><Transitions><Transition><To Kind=\"Period\">s</To></Transition></Transitions></TimeZoneDefinition>"));
  ASSERT_TRUE(zones.ok()) << zones.status();
  EXPECT_EQ(RuleOf(zones->at(0), At("2026-06-01T00:00:00Z")), (ZoneRule{.bias = minutes(-330)}));
}

}  // namespace
}  // namespace crosspoint::ews
