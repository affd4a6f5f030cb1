#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/component/presence/presence_replica.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;

class PresenceSchedules : public ::testing::Test {
 protected:
  PresenceSchedules() { EXPECT_TRUE(a_.WaitUntilLoaded() && b_.WaitUntilLoaded()); }

  // The state all day, every day.
  static pb::Schedule Always(const std::string& state) {
    pb::Schedule schedule;
    schedule.set_name(UserName("u1") + "/schedule");
    schedule.set_time_zone("Europe/Berlin");
    for (int day = 1; day <= 7; ++day) {
      auto& entry = *schedule.add_entries();
      entry.set_weekday(day);
      entry.mutable_end_offset()->set_seconds(24 * 3600);
      entry.set_state(state);
      entry.set_note("from the schedule");
    }
    return schedule;
  }
  std::string Update(const pb::Schedule& schedule, const std::vector<std::string>& mask = {},
                     pb::Schedule* out = nullptr) {
    pb::UpdateScheduleRequest request;
    *request.mutable_schedule() = schedule;
    for (const auto& path : mask) request.mutable_update_mask()->add_paths(path);
    pb::Schedule response;
    return Told(me_.stub().UpdateSchedule(me_.Context().get(), request, out ? out : &response));
  }
  pb::Schedule Get() {
    pb::GetScheduleRequest request;
    request.set_name(UserName("u1") + "/schedule");
    pb::Schedule schedule;
    EXPECT_EQ(Told(me_.stub().GetSchedule(me_.Context().get(), request, &schedule)), "OK");
    return schedule;
  }
  std::string UpdateHolidays(const pb::HolidayCalendar& calendar, const std::string& role = "tenant_admin") {
    PresenceCaller admin(a_, keys_->Token("acme", "admin", {role}));
    pb::UpdateHolidayCalendarRequest request;
    *request.mutable_calendar() = calendar;
    pb::HolidayCalendar response;
    return Told(admin.stub().UpdateHolidayCalendar(admin.Context().get(), request, &response));
  }
  // Every day around now, whatever the zone.
  static pb::HolidayCalendar Holidays() {
    pb::HolidayCalendar calendar;
    calendar.set_name("tenants/acme/holidayCalendar");
    for (const auto off : {-24h, 0h, 24h}) {
      const auto time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + off);
      char day[11];
      std::strftime(day, sizeof day, "%Y-%m-%d", std::gmtime(&time));
      auto& holiday = *calendar.add_holidays();
      holiday.set_date(day);
      holiday.set_display_name("Company party");
      holiday.set_state("vacation");
    }
    return calendar;
  }
  bool BothShow(const std::string& state) {
    return WaitFor([&] { return a_.State("u1") == state && b_.State("u1") == state; });
  }

  RedisServer redis_;
  CredentialsFolder keys_;
  PresenceReplica a_{redis_, *keys_};
  PresenceReplica b_{redis_, *keys_};
  PresenceCaller me_{a_, keys_->Token("acme", "u1")};
};

TEST_F(PresenceSchedules, AScheduleTakesEffectOnAllReplicasAndIsReadBackAsWritten) {
  EXPECT_EQ(Get().entries_size(), 0);
  pb::Schedule written;
  ASSERT_EQ(Update(Always("custom"), {}, &written), "OK");
  EXPECT_TRUE(BothShow("custom"));
  EXPECT_EQ(Get().SerializeAsString(), written.SerializeAsString());
  pb::Presence presence;
  ASSERT_EQ(Told(me_.Get("u1", presence)), "OK");
  EXPECT_EQ(presence.availability().claim_class(), pb::CLAIM_CLASS_SCHEDULE);
  EXPECT_EQ(presence.availability().note(), "from the schedule");
  pb::Schedule none;
  none.set_name(written.name());
  ASSERT_EQ(Update(none), "OK");
  EXPECT_TRUE(BothShow("available"));
}

TEST_F(PresenceSchedules, CalendarAndOwnWordLieOverTheSchedule) {
  ASSERT_EQ(Update(Always("out-of-office")), "OK");
  PresenceCaller pbx(a_, keys_->Token("acme", "pbx", {"integrator"}));
  ASSERT_EQ(Told(pbx.Put("u1", "m1", "in-a-meeting", -1s, 3600s)), "OK");
  EXPECT_TRUE(BothShow("in-a-meeting"));
  ASSERT_EQ(Told(me_.Set("u1", "do-not-disturb")), "OK");
  EXPECT_TRUE(BothShow("do-not-disturb"));
  pb::ClearAvailabilityRequest clear;
  clear.set_user(UserName("u1"));
  pb::Presence presence;
  ASSERT_EQ(Told(me_.stub().ClearAvailability(me_.Context().get(), clear, &presence)), "OK");
  ASSERT_EQ(Told(pbx.Delete("u1", "m1")), "OK");
  EXPECT_TRUE(BothShow("out-of-office"));
}

TEST_F(PresenceSchedules, HolidaysTakeThePlaceOfTheScheduleWithinSeconds) {
  ASSERT_EQ(Update(Always("custom")), "OK");
  ASSERT_EQ(UpdateHolidays(Holidays()), "OK");
  EXPECT_TRUE(BothShow("vacation"));
  pb::GetHolidayCalendarRequest request;
  request.set_name("tenants/acme/holidayCalendar");
  pb::HolidayCalendar calendar;
  ASSERT_EQ(Told(me_.stub().GetHolidayCalendar(me_.Context().get(), request, &calendar)), "OK");
  EXPECT_EQ(calendar.holidays_size(), 3);
  EXPECT_EQ(calendar.holidays(1).date(), Holidays().holidays(1).date());
  calendar.clear_holidays();
  ASSERT_EQ(UpdateHolidays(calendar), "OK");
  EXPECT_TRUE(BothShow("custom"));
}

TEST_F(PresenceSchedules, TheMaskLeavesTheRestAsItWas) {
  ASSERT_EQ(Update(Always("custom")), "OK");
  pb::Schedule zone;
  zone.set_name(UserName("u1") + "/schedule");
  zone.set_time_zone("Asia/Tokyo");
  ASSERT_EQ(Update(zone, {"time_zone"}), "OK");
  EXPECT_EQ(Get().time_zone(), "Asia/Tokyo");
  EXPECT_EQ(Get().entries_size(), 7);
  ASSERT_EQ(Update(zone, {"entries"}), "OK");
  EXPECT_EQ(Get().time_zone(), "Asia/Tokyo");
  EXPECT_EQ(Get().entries_size(), 0);
}

TEST_F(PresenceSchedules, RefusalsNameTheFieldAndWriteNothing) {
  const std::string invalid = "INVALID_ARGUMENT INVALID_FIELD ";
  auto schedule = Always("custom");
  schedule.mutable_entries(2)->mutable_start_offset()->set_nanos(1);
  EXPECT_EQ(Update(schedule), invalid + "schedule.entries[2].start_offset");
  schedule = Always("asleep");
  EXPECT_EQ(Update(schedule), invalid + "schedule.entries[0].state");
  schedule = Always("custom");
  schedule.set_name(UserName("u1"));
  EXPECT_EQ(Update(schedule), invalid + "schedule.name");
  EXPECT_EQ(Update(Always("custom"), {"name"}), invalid + "update_mask");
  schedule = Always("custom");
  schedule.set_etag("17");
  EXPECT_EQ(Update(schedule), "ABORTED ETAG_STALE");
  auto holidays = Holidays();
  for (const char* date : {"", "2026-02-30", "2026-2-03", "26-02-03x", "2026-02-0x", "1969-12-31"}) {
    holidays.mutable_holidays(1)->set_date(date);
    EXPECT_EQ(UpdateHolidays(holidays), invalid + "calendar.holidays[1].date") << date;
  }
  EXPECT_EQ(UpdateHolidays(Holidays(), "user"), "PERMISSION_DENIED ROLE_REQUIRED");
  EXPECT_EQ(Get().entries_size(), 0);
  EXPECT_EQ(a_.State("u1"), "available");
}

TEST_F(PresenceSchedules, ClaimsOfTheScheduleAreNobodyElses) {
  ASSERT_EQ(Update(Always("custom")), "OK");
  PresenceCaller pbx(a_, keys_->Token("acme", "pbx", {"integrator"}));
  EXPECT_EQ(Told(pbx.Put("u1", "schedule-20990101-day", "custom", 0s, 60s)),
            "INVALID_ARGUMENT INVALID_FIELD claim.name");
  pb::ListClaimsRequest list;
  list.set_parent(UserName("u1"));
  pb::ListClaimsResponse claims;
  ASSERT_EQ(Told(me_.stub().ListClaims(me_.Context().get(), list, &claims)), "OK");
  ASSERT_GE(claims.claims_size(), 8);
  const auto& name = claims.claims(0).name();
  EXPECT_EQ(Told(pbx.Delete("u1", name.substr(name.rfind('/') + 1))), "INVALID_ARGUMENT INVALID_FIELD name");
}

}  // namespace
}  // namespace crosspoint::testing
