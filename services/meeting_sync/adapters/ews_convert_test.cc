#include "meeting_sync/adapters/ews_convert.h"

#include <gtest/gtest.h>

#include "connectors/ews/properties.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;

ews::CalendarItem Item() {
  ews::CalendarItem item;
  item.id = {"AAMk", "CK"};
  item.start = TimePoint{hours{1}};
  item.end = TimePoint{hours{2}};
  return item;
}

TEST(EwsConvert, KindsOfItems) {
  auto item = Item();
  EXPECT_EQ(EntryFrom(item).kind, EntryKind::kSingle);
  item.item_type = ews::ItemType::kRecurringMaster;
  EXPECT_EQ(EntryFrom(item).kind, EntryKind::kSeries);
  for (const auto type : {ews::ItemType::kOccurrence, ews::ItemType::kException}) {
    item.item_type = type;
    EXPECT_EQ(EntryFrom(item).kind, EntryKind::kOccurrence);
    EXPECT_TRUE(MeetingFrom(item).recurring);
  }
}

TEST(EwsConvert, CancelledByFlagOrByStateBits) {
  auto item = Item();
  EXPECT_FALSE(EntryFrom(item).cancelled);
  item.appointment_state = 7;
  EXPECT_TRUE(EntryFrom(item).cancelled);
  item.appointment_state = 3;
  EXPECT_FALSE(EntryFrom(item).cancelled);
  item.is_cancelled = true;
  EXPECT_TRUE(MeetingFrom(item).cancelled);
}

TEST(EwsConvert, UnknownFreeBusyCountsAsBusy) {
  auto item = Item();
  item.free_busy = ews::FreeBusy::kNoData;
  EXPECT_EQ(EntryFrom(item).show_as, ShowAs::kBusy);
}

TEST(EwsConvert, OwnersAnswerDeclines) {
  auto item = Item();
  item.my_response = ews::ResponseType::kDecline;
  EXPECT_TRUE(EntryFrom(item).declined);
}

TEST(EwsConvert, MeetingCarriesPeopleZoneAndProperties) {
  auto item = Item();
  item.start_time_zone = "Pacific Standard Time";
  item.sensitivity = ews::Sensitivity::kPersonal;
  item.organizer = ews::Mailbox{.name = "Ada", .email = "/o=Acme/cn=ada", .routing_type = "EX"};
  item.required_attendees = {{.mailbox = {.name = "Bob", .email = "bob@x"}, .response = ews::ResponseType::kAccept}};
  item.resources = {{.mailbox = {.name = "Room", .email = "room@x"}}};
  item.extended_properties = {{ews::CrosspointIdPath(), "c1"}, {ews::CrosspointAvailabilityStatePath(), "vacation"}};
  const auto meeting = MeetingFrom(item);
  EXPECT_EQ(meeting.time_zone, "America/Los_Angeles");
  EXPECT_EQ(meeting.privacy, Privacy::kPrivate);
  EXPECT_EQ(meeting.organizer, "") << "an X.500 path is no address";
  EXPECT_EQ(meeting.organizer_name, "Ada");
  ASSERT_EQ(meeting.attendees.size(), 2u);
  EXPECT_EQ(meeting.attendees[0].response, AttendeeResponse::kAccepted);
  EXPECT_EQ(meeting.attendees[1].role, AttendeeRole::kResource);
  EXPECT_EQ(meeting.correlation_id, "c1");
  EXPECT_EQ(meeting.chosen_state, "vacation");
  item.start_time_zone = "Customized Time Zone";
  EXPECT_EQ(MeetingFrom(item).time_zone, "");
}

}  // namespace
}  // namespace crosspoint::meeting_sync
