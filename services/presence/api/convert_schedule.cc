#include "presence/api/convert_schedule.h"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

using std::chrono::minutes;

std::string Field(std::string_view list, int index, std::string_view part) {
  return std::string(list) + "[" + std::to_string(index) + "]." + std::string(part);
}

absl::StatusOr<minutes> WholeMinutes(const google::protobuf::Duration& duration, const std::string& field) {
  constexpr int64_t kFarBeyondADay = 1'000'000;
  if (duration.nanos() != 0 || duration.seconds() % 60 != 0 || duration.seconds() < 0 ||
      duration.seconds() > kFarBeyondADay) {
    return InvalidField(field, "must be whole minutes from 0 s to 24 h");
  }
  return minutes{duration.seconds() / 60};
}

// `YYYY-MM-DD` of a day that exists, 1970 to 2199.
std::optional<std::chrono::year_month_day> ParseDay(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  std::array<unsigned, 3> parts{};
  constexpr std::array<std::pair<size_t, size_t>, 3> kWhere{{{0, 4}, {5, 2}, {8, 2}}};
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto part = text.substr(kWhere[i].first, kWhere[i].second);
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), parts[i]);
    if (error != std::errc() || end != part.data() + part.size()) return std::nullopt;
  }
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(parts[0])), std::chrono::month(parts[1]),
                                        std::chrono::day(parts[2])};
  if (!day.ok() || parts[0] < 1970 || parts[0] > 2199) return std::nullopt;
  return day;
}

std::string DayText(const std::chrono::year_month_day& day) {
  std::string text = std::to_string(static_cast<int>(day.year()));
  for (const unsigned part : {static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day())}) {
    text += (part < 10 ? "-0" : "-") + std::to_string(part);
  }
  return text;
}

}  // namespace

absl::StatusOr<UserId> ParseScheduleName(std::string_view name, std::string_view field) {
  const auto suffix = std::string("/") + kSchedulePart;
  if (name.ends_with(suffix)) {
    if (auto user = UserId::Parse(name.substr(0, name.size() - suffix.size()), field); user.ok()) return user;
  }
  return InvalidField(field, "must be tenants/{tenant}/users/{user}/schedule");
}

absl::StatusOr<Schedule> FromProto(const v1::Schedule& from) {
  Schedule schedule{from.time_zone(), {}};
  for (int i = 0; i < from.entries_size(); ++i) {
    const auto& entry = from.entries(i);
    const auto field = [i](std::string_view part) { return Field("schedule.entries", i, part); };
    CROSSPOINT_ASSIGN_OR_RETURN(const auto start, WholeMinutes(entry.start_offset(), field("start_offset")));
    CROSSPOINT_ASSIGN_OR_RETURN(const auto end, WholeMinutes(entry.end_offset(), field("end_offset")));
    schedule.entries.push_back({entry.weekday(), start, end, {entry.state()}, entry.note()});
  }
  return schedule;
}

absl::StatusOr<std::vector<Holiday>> FromProto(const v1::HolidayCalendar& calendar) {
  std::vector<Holiday> holidays;
  for (int i = 0; i < calendar.holidays_size(); ++i) {
    const auto& holiday = calendar.holidays(i);
    const auto day = ParseDay(holiday.date());
    if (!day) {
      return InvalidField(Field("calendar.holidays", i, "date"), "must be a day, YYYY-MM-DD, from 1970 to 2199");
    }
    holidays.push_back(
        {*day, holiday.display_name(), {holiday.state()}, {holiday.time_zones().begin(), holiday.time_zones().end()}});
  }
  return holidays;
}

void ToProto(const UserId& user, const StoredSchedule& stored, v1::Schedule& out) {
  out.set_name(user.Name() + "/" + kSchedulePart);
  out.set_time_zone(stored.schedule.time_zone);
  out.set_etag(stored.etag);
  for (const auto& entry : stored.schedule.entries) {
    auto& to = *out.add_entries();
    to.set_weekday(entry.weekday);
    to.mutable_start_offset()->set_seconds(std::chrono::seconds(entry.start).count());
    to.mutable_end_offset()->set_seconds(std::chrono::seconds(entry.end).count());
    to.set_state(entry.state.value);
    to.set_note(entry.note);
  }
}

void ToProto(const TenantId& tenant, const StoredHolidays& stored, v1::HolidayCalendar& out) {
  out.set_name(tenant.Name() + "/" + kHolidaysPart);
  out.set_etag(stored.etag);
  for (const auto& holiday : stored.holidays) {
    auto& to = *out.add_holidays();
    to.set_date(DayText(holiday.date));
    to.set_display_name(holiday.name);
    to.set_state(holiday.state.value);
    for (const auto& zone : holiday.time_zones) to.add_time_zones(zone);
  }
}

}  // namespace crosspoint::presence
