#include "connectors/ews/codec/responses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/properties.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// An answer as Exchange sends it, except that its prefixes are ours to choose.
std::string Answer(const std::string& operation, const std::string& content,
                   const std::string& response_class = "Success", const std::string& code = "NoError") {
  return "<?xml version=\"1.0\"?><e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><q:" +
         operation + "Response xmlns:q=\"m\" xmlns=\"t\"><q:ResponseMessages><q:" + operation +
         "ResponseMessage ResponseClass=\"" + response_class + "\"><q:ResponseCode>" + code + "</q:ResponseCode>" +
         content + "</q:" + operation + "ResponseMessage></q:ResponseMessages></q:" + operation +
         "Response></e:Body></e:Envelope>";
}

std::string OneItem(const std::string& fields) {
  return Answer("GetItem",
                "<Items><CalendarItem><ItemId Id=\"I1\" ChangeKey=\"C1\"/>" + fields + "</CalendarItem></Items>");
}

CalendarItem ReadItem(const std::string& fields) {
  const auto batch = ReadGetItem(OneItem(fields));
  EXPECT_TRUE(batch.ok()) << batch.status();
  if (!batch.ok() || batch->size() != 1 || !batch->front().ok()) return {};
  return *batch->front();
}

TEST(ReadCalendarItem, FactsOfAMeeting) {
  const CalendarItem item = ReadItem(
      "<ItemClass>IPM.Appointment</ItemClass><Subject>A &lt;b&gt; &amp; c</Subject><Sensitivity>Private</Sensitivity>"
      "<Body BodyType=\"HTML\" "
      "IsTruncated=\"true\"><![CDATA[<p>hi</p>]]></Body><LastModifiedTime>2026-11-23T08:00:00.123456789Z"
      "</LastModifiedTime><ReminderIsSet>true</ReminderIsSet><ReminderMinutesBeforeStart>15</"
      "ReminderMinutesBeforeStart>"
      "<UID>u-1</UID><Start>2026-11-23T10:00:00+01:00</Start><End>2026-11-23T09:30:00Z</End><IsAllDayEvent>false</"
      "IsAllDayEvent>"
      "<LegacyFreeBusyStatus>OOF</LegacyFreeBusyStatus><Location>Room</Location><IsMeeting>true</IsMeeting>"
      "<IsCancelled>true</IsCancelled><CalendarItemType>Exception</CalendarItemType><MyResponseType>Accept</"
      "MyResponseType>"
      "<AppointmentSequenceNumber>3</AppointmentSequenceNumber><AppointmentState>5</AppointmentState>"
      "<StartTimeZone Id=\"W. Europe Standard Time\"/>");
  EXPECT_EQ(item.id, (ItemId{"I1", "C1"}));
  EXPECT_EQ(item.subject, "A <b> & c");
  EXPECT_EQ(item.sensitivity, Sensitivity::kPrivate);
  EXPECT_EQ(item.body, (Body{BodyType::kHtml, "<p>hi</p>", true}));
  EXPECT_EQ(item.last_modified, ParseDateTime("2026-11-23T08:00:00.123456Z"));
  EXPECT_TRUE(item.reminder_is_set);
  EXPECT_EQ(item.reminder_minutes_before_start, 15);
  EXPECT_EQ(item.uid, "u-1");
  EXPECT_EQ(item.start, *ParseDateTime("2026-11-23T09:00:00Z"));
  EXPECT_EQ(item.end, *ParseDateTime("2026-11-23T09:30:00Z"));
  EXPECT_EQ(item.free_busy, FreeBusy::kOutOfOffice);
  EXPECT_EQ(item.location, "Room");
  EXPECT_TRUE(item.is_meeting);
  EXPECT_TRUE(item.is_cancelled);
  EXPECT_EQ(item.item_type, ItemType::kException);
  EXPECT_EQ(item.my_response, ResponseType::kAccept);
  EXPECT_EQ(item.appointment_sequence, 3);
  EXPECT_EQ(item.appointment_state, 5);
  EXPECT_EQ(item.start_time_zone, "W. Europe Standard Time");
}

TEST(ReadCalendarItem, PeopleAndTheirAnswers) {
  const CalendarItem item = ReadItem(
      "<Organizer><Mailbox><Name>Anna</Name><EmailAddress>anna@example.org</EmailAddress></Mailbox></Organizer>"
      "<RequiredAttendees><Attendee><Mailbox><EmailAddress>/O=X/CN=B</EmailAddress><RoutingType>EX</RoutingType></"
      "Mailbox>"
      "<ResponseType>Decline</ResponseType><LastResponseTime>2026-11-23T08:00:00Z</LastResponseTime></Attendee>"
      "<Unknown/></RequiredAttendees><OptionalAttendees><Attendee><Mailbox><EmailAddress>c@example.org</EmailAddress>"
      "</Mailbox></Attendee></OptionalAttendees>");
  ASSERT_TRUE(item.organizer);
  EXPECT_EQ(item.organizer->email, "anna@example.org");
  EXPECT_EQ(item.organizer->routing_type, "SMTP");
  ASSERT_EQ(item.required_attendees.size(), 1u);
  EXPECT_EQ(item.required_attendees[0].mailbox.routing_type, "EX");
  EXPECT_EQ(item.required_attendees[0].response, ResponseType::kDecline);
  EXPECT_EQ(item.required_attendees[0].response_time, ParseDateTime("2026-11-23T08:00:00Z"));
  ASSERT_EQ(item.optional_attendees.size(), 1u);
  EXPECT_EQ(item.optional_attendees[0].response, ResponseType::kUnknown);
}

TEST(ReadCalendarItem, SeriesWithItsExceptions) {
  const CalendarItem item = ReadItem(
      "<CalendarItemType>RecurringMaster</CalendarItemType><Recurrence><WeeklyRecurrence><Interval>2</Interval>"
      "<DaysOfWeek>Monday  Friday</DaysOfWeek><FirstDayOfWeek>Monday</FirstDayOfWeek></WeeklyRecurrence>"
      "<NumberedRecurrence><StartDate>2026-11-23T00:00:00+01:00</StartDate><NumberOfOccurrences>10</"
      "NumberOfOccurrences>"
      "</NumberedRecurrence></Recurrence><ModifiedOccurrences><Occurrence><ItemId "
      "Id=\"O1\"/><Start>2026-11-24T09:00:00Z</Start>"
      "<End>2026-11-24T10:00:00Z</End><OriginalStart>2026-11-23T09:00:00Z</OriginalStart></Occurrence></"
      "ModifiedOccurrences>"
      "<DeletedOccurrences><DeletedOccurrence><Start>2026-11-27T09:00:00Z</Start></DeletedOccurrence></"
      "DeletedOccurrences>");
  ASSERT_TRUE(item.recurrence);
  EXPECT_EQ(item.recurrence->pattern, Recurrence::Pattern::kWeekly);
  EXPECT_EQ(item.recurrence->interval, 2);
  EXPECT_THAT(item.recurrence->days, ElementsAre("Monday", "Friday"));
  EXPECT_EQ(item.recurrence->start, (Date{2026, 11, 23}));
  EXPECT_EQ(item.recurrence->count, 10);
  EXPECT_FALSE(item.recurrence->end);
  ASSERT_EQ(item.modified_occurrences.size(), 1u);
  EXPECT_EQ(item.modified_occurrences[0].id.id, "O1");
  EXPECT_EQ(item.modified_occurrences[0].original_start, *ParseDateTime("2026-11-23T09:00:00Z"));
  EXPECT_THAT(item.deleted_occurrences, ElementsAre(*ParseDateTime("2026-11-27T09:00:00Z")));
}

TEST(ReadCalendarItem, OurPropertiesAreFoundWhateverTheCaseOfTheSet) {
  const CalendarItem item = ReadItem(
      "<ExtendedProperty><ExtendedFieldURI PropertySetId=\"6F1E7C52-0B0E-4D5F-9A53-1F3C7F1D8A64\" "
      "PropertyName=\"CrosspointId\" "
      "PropertyType=\"String\"/><Value>m-1</Value></ExtendedProperty><ExtendedProperty><ExtendedFieldURI "
      "PropertyTag=\"0x1\" "
      "PropertyType=\"CLSID\"/><Value>other</Value></ExtendedProperty>");
  EXPECT_EQ(item.Get(CrosspointIdPath()), "m-1");
  EXPECT_EQ(item.Get(CrosspointAvailabilityStatePath()), "");
  EXPECT_EQ(item.extended_properties.size(), 1u);
}

TEST(ReadCalendarItem, PropertiesOfEveryKindAreFoundByTheirPath) {
  const auto property = [](const std::string& path, const std::string& value) {
    return "<ExtendedProperty><ExtendedFieldURI " + path + "/>" + value + "</ExtendedProperty>";
  };
  const CalendarItem item = ReadItem(
      property("DistinguishedPropertySetId='InternetHeaders' PropertyName='x-caller' PropertyType='String'",
               "<Value>+49301</Value>") +
      property("PropertySetId='00062008-0000-0000-C000-000000000046' PropertyId='34050' PropertyType='SystemTime'",
               "<Value>2026-11-23T09:00:00Z</Value>") +
      property("PropertyTag='0xe07' PropertyType='Integer'", "<Value>1</Value>") +
      property("PropertyTag='4224' PropertyType='Boolean'", "<Value>true</Value>") +
      property("DistinguishedPropertySetId='PublicStrings' PropertyName='Keywords' PropertyType='StringArray'",
               "<Values><Value>a</Value><Value/></Values>") +
      property("PropertyTag='0x10000' PropertyType='String'", "<Value>no tag</Value>") +
      property("PropertyName='in no set' PropertyType='String'", "<Value>x</Value>") + "<ExtendedProperty/>");
  EXPECT_EQ(item.Get(PropertyPath::Header("X-Caller")), "+49301");
  EXPECT_EQ(item.Get({.property_set = "Common", .id = 0x8502, .type = PropertyType::kSystemTime}),
            "2026-11-23T09:00:00Z");
  EXPECT_EQ(item.Get(PropertyPath::Tag(0x0e07, PropertyType::kInteger)), "1");
  EXPECT_EQ(item.Get(PropertyPath::Tag(0x1080, PropertyType::kBoolean)), "true");
  const auto* keywords =
      FindProperty(item.extended_properties,
                   {.property_set = "PublicStrings", .name = "Keywords", .type = PropertyType::kStringArray});
  ASSERT_NE(keywords, nullptr);
  EXPECT_THAT(keywords->values, ElementsAre("a", ""));
  EXPECT_EQ(item.extended_properties.size(), 5u);
}

TEST(ReadCalendarItem, MissingChangeKeyAndUnknownElementsAreForgiven) {
  const auto batch = ReadGetItem(Answer("GetItem",
                                        "<Items><CalendarItem><Future><Deep Id=\"x\"/></Future><ItemId "
                                        "Id=\"I1\"/><Start>soon</Start></CalendarItem></Items>"));
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ((*batch)[0]->id, (ItemId{"I1", ""}));
  EXPECT_EQ((*batch)[0]->start, TimePoint{});
}

TEST(ReadCalendarItem, TextThatIsNoUtf8IsRepaired) {
  EXPECT_EQ(ReadItem("<Subject>a&#xD800;b\xff</Subject>").subject,
            "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
            "b\xef\xbf\xbd");
}

TEST(ReadCalendarItem, EntitiesOfOthersAreNeverExpanded) {
  EXPECT_EQ(ReadItem("<Subject>&nbsp;&lol9;</Subject>").subject, "&nbsp;&lol9;");
}

TEST(ReadGetItem, BatchMayBeHalfGood) {
  std::string xml = OneItem("<Subject>ok</Subject>");
  xml.insert(
      xml.find("</q:ResponseMessages>"),
      "<q:GetItemResponseMessage ResponseClass=\"Error\"><q:ResponseCode>ErrorItemNotFound</q:ResponseCode><q:Items/>"
      "</q:GetItemResponseMessage><q:GetItemResponseMessage ResponseClass=\"Warning\"><q:ResponseCode>"
      "ErrorBatchProcessingStopped</q:ResponseCode></q:GetItemResponseMessage>");
  const auto batch = ReadGetItem(xml);
  ASSERT_TRUE(batch.ok()) << batch.status();
  ASSERT_EQ(batch->size(), 3u);
  EXPECT_EQ((*batch)[0]->subject, "ok");
  EXPECT_EQ((*batch)[1].status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReactionOf((*batch)[2].status()), Reaction::kRepeatRest);
}

TEST(ReadResolveNames, NobodyFoundIsAnEmptyList) {
  const auto names = ReadResolveNames(Answer("ResolveNames", "", "Error", "ErrorNameResolutionNoResults"));
  ASSERT_TRUE(names.ok()) << names.status();
  EXPECT_THAT(names->candidates, IsEmpty());
}

TEST(ReadResolveNames, SeveralFoundIsAWarningWithTheList) {
  const auto names = ReadResolveNames(Answer(
      "ResolveNames",
      "<ResolutionSet TotalItemsInView=\"2\" IncludesLastItemInRange=\"false\"><Resolution><Mailbox><Name>Anna "
      "Schmidt</Name>"
      "<EmailAddress>a.schmidt@example.org</EmailAddress><RoutingType>SMTP</RoutingType><MailboxType>Mailbox</"
      "MailboxType></Mailbox>"
      "<Contact><DisplayName>Schmidt, "
      "Anna</DisplayName><GivenName>Anna</GivenName><CompanyName>Example</CompanyName><EmailAddresses>"
      "<Entry Key=\"EmailAddress1\">smtp:a.schmidt@example.org</Entry><Entry "
      "Key=\"EmailAddress2\">SMTP:Anna.Schmidt@example.org</Entry>"
      "<Entry Key=\"EmailAddress3\">sip:anna@example.org</Entry><Entry "
      "Key=\"EmailAddress4\">X500:/o=x/cn=a@b</Entry></EmailAddresses>"
      "<PhoneNumbers><Entry Key=\"BusinessPhone\">+49 30 1</Entry><Entry Key=\"MobilePhone\"> </Entry></PhoneNumbers>"
      "<Department>R&amp;D</Department><JobTitle>Engineer</JobTitle><OfficeLocation>B2</"
      "OfficeLocation><Surname>Schmidt</Surname>"
      "<DirectoryId>d-1</DirectoryId></Contact></Resolution><Resolution><Mailbox><Name>Bo</Name><EmailAddress>/O=X/"
      "CN=BO</EmailAddress>"
      "<RoutingType>EX</RoutingType></Mailbox></Resolution></ResolutionSet>",
      "Warning", "ErrorNameResolutionMultipleResults"));
  ASSERT_TRUE(names.ok()) << names.status();
  EXPECT_FALSE(names->includes_last);
  ASSERT_EQ(names->candidates.size(), 2u);
  const ResolvedName& anna = names->candidates[0];
  EXPECT_EQ(anna.mailbox.email, "Anna.Schmidt@example.org");
  EXPECT_THAT(anna.emails, ElementsAre("Anna.Schmidt@example.org", "a.schmidt@example.org"));
  EXPECT_THAT(anna.phones, ElementsAre(Phone{"BusinessPhone", "+49 30 1"}));
  EXPECT_EQ(anna.display_name, "Schmidt, Anna");
  EXPECT_EQ(anna.department, "R&D");
  EXPECT_EQ(anna.job_title, "Engineer");
  EXPECT_EQ(anna.company, "Example");
  EXPECT_EQ(anna.office, "B2");
  EXPECT_EQ(anna.directory_id, "d-1");
  const ResolvedName& bo = names->candidates[1];
  EXPECT_EQ(bo.display_name, "Bo");
  EXPECT_EQ(bo.mailbox.email, "/O=X/CN=BO");
  EXPECT_THAT(bo.emails, IsEmpty());
}

TEST(ReadResolveNames, AddressOfAnX500MailboxComesFromItsContact) {
  const auto names =
      ReadResolveNames(Answer("ResolveNames",
                              "<ResolutionSet><Resolution><Mailbox><Name>Bo</Name><EmailAddress>/O=X/CN=BO</"
                              "EmailAddress><RoutingType>EX</RoutingType>"
                              "</Mailbox><Contact><EmailAddresses><Entry "
                              "Key=\"EmailAddress1\">SMTP:bo@example.org</Entry></EmailAddresses></Contact>"
                              "</Resolution></ResolutionSet>"));
  ASSERT_TRUE(names.ok()) << names.status();
  EXPECT_EQ(names->candidates.at(0).mailbox.email, "bo@example.org");
  EXPECT_EQ(names->candidates.at(0).mailbox.routing_type, "SMTP");
}

TEST(ReadFindItem, CutPageIsTold) {
  const auto page =
      ReadFindItem(Answer("FindItem",
                          "<RootFolder IncludesLastItemInRange=\"false\"><Items><CalendarItem><ItemId Id=\"1\"/>"
                          "</CalendarItem><CalendarItem/></Items></RootFolder>"));
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->items.size(), 1u);
  EXPECT_FALSE(page->includes_last);
}

TEST(ReadSyncFolderItems, EveryKindOfChange) {
  const auto result = ReadSyncFolderItems(
      Answer("SyncFolderItems",
             "<SyncState>H4s=</SyncState><IncludesLastItemInRange>false</"
             "IncludesLastItemInRange><Changes><Create><CalendarItem>"
             "<ItemId Id=\"1\" "
             "ChangeKey=\"a\"/><Subject>new</Subject></CalendarItem></Create><Update><MeetingRequest><ItemId Id=\"2\"/>"
             "</MeetingRequest></Update><Delete><ItemId Id=\"3\"/></Delete><ReadFlagChange><ItemId "
             "Id=\"4\"/><IsRead>true</IsRead>"
             "</ReadFlagChange><Future/></Changes>"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->sync_state, "H4s=");
  EXPECT_FALSE(result->includes_last);
  ASSERT_EQ(result->changes.size(), 4u);
  EXPECT_EQ(result->changes[0].kind, SyncChange::Kind::kCreate);
  EXPECT_EQ(result->changes[0].item->subject, "new");
  EXPECT_EQ(result->changes[1].kind, SyncChange::Kind::kUpdate);
  EXPECT_EQ(result->changes[1].element, "MeetingRequest");
  EXPECT_FALSE(result->changes[1].item);
  EXPECT_EQ(result->changes[2].kind, SyncChange::Kind::kDelete);
  EXPECT_EQ(result->changes[2].id.id, "3");
  EXPECT_TRUE(result->changes[3].is_read);
}

TEST(ReadSyncFolderItems, AnswerWithoutAStateIsRefused) {
  EXPECT_FALSE(ReadSyncFolderItems(Answer("SyncFolderItems", "<Changes/>")).ok());
}

TEST(ReadSyncFolderItems, LostStateAsksForANewBeginning) {
  const auto result = ReadSyncFolderItems(Answer("SyncFolderItems", "", "Error", "ErrorInvalidSyncStateData"));
  EXPECT_EQ(ReactionOf(result.status()), Reaction::kResync);
}

TEST(ReadGetStreamingEvents, MoveTellsOldAndNewPlace) {
  const auto message = ReadGetStreamingEvents(Answer(
      "GetStreamingEvents",
      "<q:Notifications><Notification><SubscriptionId>s1</SubscriptionId><MovedEvent><TimeStamp>2026-11-23T09:00:00Z</"
      "TimeStamp>"
      "<ItemId Id=\"i2\"/><ParentFolderId Id=\"f2\"/><OldItemId Id=\"i1\"/><OldParentFolderId Id=\"f1\"/></MovedEvent>"
      "<StatusEvent/></Notification></q:Notifications>"));
  ASSERT_TRUE(message.ok()) << message.status();
  ASSERT_EQ(message->events.size(), 2u);
  EXPECT_EQ(message->events[0], (StreamEvent{.kind = StreamEvent::Kind::kMoved,
                                             .subscription_id = "s1",
                                             .timestamp = ParseDateTime("2026-11-23T09:00:00Z"),
                                             .item_id = "i2",
                                             .parent_folder_id = "f2",
                                             .old_item_id = "i1",
                                             .old_parent_folder_id = "f1"}));
  EXPECT_EQ(message->events[1].kind, StreamEvent::Kind::kStatus);
  EXPECT_TRUE(message->error.ok());
  EXPECT_FALSE(message->closed);
}

TEST(ReadGetStreamingEvents, LostSubscriptionsDoNotEndTheStream) {
  for (const std::string prefix : {"q:", ""}) {
    const auto message = ReadGetStreamingEvents(Answer("GetStreamingEvents",
                                                       "<q:ErrorSubscriptionIds><" + prefix + "SubscriptionId>s1</" +
                                                           prefix + "SubscriptionId></q:ErrorSubscriptionIds>",
                                                       "Error", "ErrorSubscriptionNotFound"));
    ASSERT_TRUE(message.ok()) << message.status();
    EXPECT_THAT(message->lost_subscriptions, ElementsAre("s1"));
    EXPECT_TRUE(message->error.ok());
  }
}

TEST(ReadGetStreamingEvents, OtherErrorsEndIt) {
  const auto message =
      ReadGetStreamingEvents(Answer("GetStreamingEvents", "", "Error", "ErrorExceededConnectionCount"));
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(ReactionOf(message->error), Reaction::kBackOff);
}

TEST(ReadGetStreamingEvents, EndIsAnnounced) {
  const auto message =
      ReadGetStreamingEvents(Answer("GetStreamingEvents", "<q:ConnectionStatus>Closed</q:ConnectionStatus>"));
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_TRUE(message->closed);
}

std::string PhotoAnswer(const std::string& content, const std::string& response_class = "Success") {
  return "<s:Envelope xmlns:s=\"s\"><s:Body><GetUserPhotoResponse ResponseClass=\"" + response_class + "\">" + content +
         "</GetUserPhotoResponse></s:Body></s:Envelope>";
}

TEST(ReadGetUserPhoto, PictureUnchangedAndNone) {
  const auto photo = ReadGetUserPhoto(PhotoAnswer("<HasChanged>true</HasChanged><PictureData>Q3Jvc3M=</PictureData>"));
  ASSERT_TRUE(photo.ok()) << photo.status();
  EXPECT_EQ(photo->state, Photo::State::kPhoto);
  EXPECT_EQ(photo->bytes, "Cross");
  EXPECT_EQ(ReadGetUserPhoto(PhotoAnswer("<HasChanged>false</HasChanged>"))->state, Photo::State::kNotModified);
  EXPECT_EQ(ReadGetUserPhoto(PhotoAnswer("<HasChanged>true</HasChanged><PictureData/>"))->state, Photo::State::kNone);
  EXPECT_EQ(ReadGetUserPhoto(PhotoAnswer("<ResponseCode>ErrorItemNotFound</ResponseCode>", "Error"))->state,
            Photo::State::kNone);
}

TEST(Answers, PrimaryAddressIsReadFromTheRefusalOfAnother) {
  const std::string fault =
      "<s:Envelope xmlns:s=\"s\"><s:Body><s:Fault><faultcode>a:ErrorNonPrimarySmtpAddress</faultcode><detail>"
      "<MessageXml><Value Name=\"Primary\"> anna@corp.example </Value></MessageXml></detail></s:Fault></s:Body>"
      "</s:Envelope>";
  const auto status = ReadFault(fault);
  EXPECT_EQ(ReactionOf(status), Reaction::kCorrectAddress);
  EXPECT_EQ(PrimaryAddressOf(status), "anna@corp.example");
}

TEST(Answers, FaultWithHttp200IsAnError) {
  const std::string fault =
      "<s:Envelope xmlns:s=\"s\"><s:Body><s:Fault><faultcode "
      "xmlns:a=\"t\">a:ErrorServerBusy</faultcode><faultstring>busy</faultstring>"
      "<detail><MessageXml><Value "
      "Name=\"BackOffMilliseconds\">5000</Value></MessageXml></detail></s:Fault></s:Body></s:Envelope>";
  for (const absl::Status& status : {ReadFindItem(fault).status(), ReadSubscribe(fault).status(),
                                     ReadGetUserPhoto(fault).status(), ReadGetStreamingEvents(fault).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(BackOffOf(status), std::chrono::milliseconds(5000));
  }
}

TEST(Answers, BusyServerBehindAnInternalErrorIsSeen) {
  for (const char* value : {"<Value Name=\"InnerErrorResponseCode\">ErrorServerBusy</Value>",
                            "<Value Name=\"BackOffMilliseconds\">100</Value>"}) {
    const auto page = ReadFindItem(
        Answer("FindItem", std::string("<MessageXml>") + value + "</MessageXml>", "Error", "ErrorInternalServerError"));
    EXPECT_EQ(ReactionOf(page.status()), Reaction::kBackOff);
  }
  EXPECT_EQ(ReactionOf(ReadFindItem(Answer("FindItem", "", "Error", "ErrorInternalServerError")).status()),
            Reaction::kRetry);
}

TEST(Answers, AbsurdBackOffIsCappedAtADay) {
  const auto page = ReadFindItem(
      Answer("FindItem", "<MessageXml><Value Name=\"BackOffMilliseconds\">99999999999</Value></MessageXml>", "Error",
             "ErrorServerBusy"));
  EXPECT_EQ(BackOffOf(page.status()), std::chrono::hours(24));
}

TEST(Answers, WhatIsNoAnswerToTheQuestionIsRefused) {
  const std::string subscribed = Answer("Subscribe", "<q:SubscriptionId>s</q:SubscriptionId>");
  EXPECT_EQ(*ReadSubscribe(subscribed), "s");
  for (const std::string& text :
       {std::string(), std::string("<html>Login</html>"), Answer("FindItem", ""), Answer("Subscribe", "", "Strange"),
        std::string("<s:Envelope xmlns:s='s'><s:Body/></s:Envelope>"), Answer("Subscribe", "", "Error", "NoError"),
        "<!DOCTYPE x>" + subscribed, subscribed + subscribed, subscribed.substr(0, subscribed.size() - 1),
        Answer("Subscribe", "<a></b>")}) {
    const auto id = ReadSubscribe(text);
    ASSERT_FALSE(id.ok()) << text;
    EXPECT_EQ(GetErrorInfo(id.status())->reason, "EWS_BAD_ANSWER") << text;
  }
}

}  // namespace
}  // namespace crosspoint::ews
