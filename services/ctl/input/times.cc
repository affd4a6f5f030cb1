#include "ctl/input/times.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <optional>
#include <regex>

#include "common/config/duration.h"

namespace crosspoint::ctl {
namespace {

using std::chrono::seconds;

absl::Status NoTime(std::string_view text) {
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is no time: use 2026-11-24T10:00 (Z or +01:00 may follow), 14:30, +90m or now", text));
}

TimePoint FromSeconds(time_t time) { return TimePoint{seconds{time}}; }

time_t ToSeconds(TimePoint time) { return std::chrono::floor<seconds>(time).time_since_epoch().count(); }

tm Local(TimePoint time) {
  const time_t whole = ToSeconds(time);
  tm parts{};
  localtime_r(&whole, &parts);
  return parts;
}

// The next moment at which clocks show the hour and minute.
TimePoint NextClock(int hour, int minute, TimePoint now) {
  auto parts = Local(now);
  parts.tm_hour = hour;
  parts.tm_min = minute;
  parts.tm_sec = 0;
  parts.tm_isdst = -1;
  auto day = parts;
  auto time = FromSeconds(std::mktime(&day));
  if (time > now) return time;
  ++parts.tm_mday;
  return FromSeconds(std::mktime(&parts));
}

// Whether the date exists: mktime would make 31 February the third of March.
bool Exists(const tm& asked, const tm& made) {
  return asked.tm_mday == made.tm_mday && asked.tm_mon == made.tm_mon && asked.tm_year == made.tm_year;
}

std::optional<TimePoint> FromDate(const std::smatch& match) {
  tm parts{};
  parts.tm_year = std::stoi(match[1]) - 1900;
  parts.tm_mon = std::stoi(match[2]) - 1;
  parts.tm_mday = std::stoi(match[3]);
  parts.tm_hour = std::stoi(match[4]);
  parts.tm_min = std::stoi(match[5]);
  parts.tm_sec = match[6].matched ? std::stoi(match[6]) : 0;
  parts.tm_isdst = -1;
  if (parts.tm_hour > 23 || parts.tm_min > 59 || parts.tm_sec > 59) return std::nullopt;
  const auto asked = parts;
  const bool has_zone = match[7].matched;
  const time_t time = has_zone ? timegm(&parts) : std::mktime(&parts);
  if (!Exists(asked, parts)) return std::nullopt;
  auto result = FromSeconds(time);
  if (match[8].matched) {
    const auto offset = std::chrono::hours(std::stoi(match[9])) + std::chrono::minutes(std::stoi(match[10]));
    result = match[8] == "+" ? result - offset : result + offset;
  }
  return result;
}

}  // namespace

absl::StatusOr<seconds> ParseDuration(std::string_view text) {
  const auto duration = config::ParseDuration(text);
  if (!duration.ok() || *duration < seconds(1) || *duration % seconds(1) != std::chrono::nanoseconds(0)) {
    return absl::InvalidArgumentError(fmt::format("\"{}\" is no duration: use 90s, 15m, 2h or 3d", text));
  }
  return std::chrono::duration_cast<seconds>(*duration);
}

absl::StatusOr<TimePoint> ParseTime(std::string_view text, TimePoint now) {
  static const std::regex kDate(
      "([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?(Z|([+-])([0-9]{2}):([0-9]{2}))?");
  static const std::regex kClock("([0-9]{1,2}):([0-9]{2})");
  const std::string owned(text);
  std::smatch match;
  if (owned == "now") return now;
  if (!owned.empty() && owned[0] == '+') {
    const auto from_now = ParseDuration(text.substr(1));
    if (!from_now.ok()) return NoTime(text);
    return now + *from_now;
  }
  if (std::regex_match(owned, match, kClock)) {
    const int hour = std::stoi(match[1]);
    const int minute = std::stoi(match[2]);
    if (hour > 23 || minute > 59) return NoTime(text);
    return NextClock(hour, minute, now);
  }
  if (!std::regex_match(owned, match, kDate)) return NoTime(text);
  const auto time = FromDate(match);
  if (!time) return NoTime(text);
  return *time;
}

std::string ShortTime(TimePoint time, TimePoint now) {
  if (time == TimePoint{}) return "";
  const auto parts = Local(time);
  return parts.tm_year == Local(now).tm_year ? fmt::format("{:%a %d %b %H:%M}", parts)
                                             : fmt::format("{:%a %d %b %Y %H:%M}", parts);
}

std::string ShortLength(seconds length) { return fmt::format("{}:{:02}", length.count() / 60, length.count() % 60); }

}  // namespace crosspoint::ctl
