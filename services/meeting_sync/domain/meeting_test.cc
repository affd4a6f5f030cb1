#include "meeting_sync/domain/meeting.h"

#include <gtest/gtest.h>

namespace crosspoint::meeting_sync {
namespace {

TEST(MeetingName, RoundTrips) {
  const MeetingName name{{TenantId{"acme"}, "u42"}, KeyOf("some-id")};
  const auto parsed = MeetingName::Parse(name.Name());
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->user, name.user);
  EXPECT_EQ(parsed->key, name.key);
}

TEST(MeetingName, RefusesEverythingElse) {
  for (const auto* text : {"", "tenants/acme/users/u42", "tenants/acme/users/u42/meetings/", "/meetings/m1",
                           "tenants/acme/users/u42/meetings/m1/x", "tenants/acme/users/u42/claims/m1",
                           "tenants/acme/users/u42/meetings/M1"}) {
    EXPECT_EQ(MeetingName::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(HidePrivate, LeavesTimesAndTakesEverythingThatTells) {
  Meeting meeting{.key = KeyOf("x"),
                  .item = {"x", "ck"},
                  .subject = "Interview",
                  .start = TimePoint{} + std::chrono::hours{1},
                  .end = TimePoint{} + std::chrono::hours{2},
                  .location = "HR",
                  .organizer = "a@b",
                  .attendees = {{.email = "c@d"}},
                  .ical_uid = "uid",
                  .correlation_id = "c",
                  .privacy = Privacy::kPrivate};
  const auto shown = HidePrivate(meeting);
  EXPECT_EQ(shown.start, meeting.start);
  EXPECT_EQ(shown.end, meeting.end);
  EXPECT_EQ(shown.show_as, meeting.show_as);
  EXPECT_EQ(shown.subject + shown.location + shown.organizer + shown.ical_uid + shown.correlation_id + shown.item.id,
            "");
  EXPECT_TRUE(shown.attendees.empty());
  meeting.privacy = Privacy::kPublic;
  EXPECT_EQ(HidePrivate(meeting), meeting);
}

}  // namespace
}  // namespace crosspoint::meeting_sync
