#include "common/calendar/time_zone.h"

#include <unicode/gregocal.h>
#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <cmath>
#include <memory>

namespace crosspoint::calendar {
namespace {

using icu::UnicodeString;

constexpr size_t kLongestName = 128;

std::string ToUtf8(const UnicodeString& text) {
  std::string utf8;
  text.toUTF8String(utf8);
  return utf8;
}

UnicodeString FromUtf8(std::string_view text) {
  return UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

// Null when there is no such zone. Never the host's own.
std::unique_ptr<icu::TimeZone> Zone(std::string_view iana) {
  if (iana.empty()) return nullptr;
  std::unique_ptr<icu::TimeZone> zone(icu::TimeZone::createTimeZone(FromUtf8(iana)));
  if (*zone == icu::TimeZone::getUnknown()) return nullptr;
  return zone;
}

std::unique_ptr<icu::GregorianCalendar> Calendar(std::string_view iana) {
  auto zone = Zone(iana);
  UErrorCode error = U_ZERO_ERROR;
  auto calendar = std::make_unique<icu::GregorianCalendar>(zone ? zone.release() : icu::TimeZone::getGMT()->clone(),
                                                           icu::Locale::getRoot(), error);
  if (U_FAILURE(error)) return nullptr;
  calendar->setGregorianChange(-8.64e15, error);  // earlier than any date: always Gregorian
  calendar->setLenient(true);
  return calendar;
}

}  // namespace

std::optional<std::string> IanaFromWindows(std::string_view windows) {
  UErrorCode error = U_ZERO_ERROR;
  UnicodeString iana;
  icu::TimeZone::getIDForWindowsID(FromUtf8(windows), nullptr, iana, error);
  if (U_FAILURE(error) || iana.isEmpty()) return std::nullopt;
  return ToUtf8(iana);
}

std::optional<std::string> WindowsFromIana(std::string_view iana) {
  UErrorCode error = U_ZERO_ERROR;
  UnicodeString windows;
  icu::TimeZone::getWindowsID(FromUtf8(iana), windows, error);
  if (U_FAILURE(error) || windows.isEmpty()) return std::nullopt;
  return ToUtf8(windows);
}

bool IsIanaZone(std::string_view name) {
  // ICU also makes zones of "GMT+3"; IANA names are what its table lists.
  if (name.empty() || name.size() > kLongestName) return false;
  UErrorCode error = U_ZERO_ERROR;
  UBool system_id = false;
  UnicodeString canonical;
  icu::TimeZone::getCanonicalID(FromUtf8(name), canonical, system_id, error);
  return U_SUCCESS(error) && system_id;
}

std::optional<std::string> RecognizeZone(std::string_view name) {
  if (name == "Z" || name == "UTC") return "Etc/UTC";
  if (name.size() > kLongestName) return std::nullopt;
  while (!name.empty()) {
    if (IsIanaZone(name)) return std::string(name);
    if (auto iana = IanaFromWindows(name)) return iana;
    const auto slash = name.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    name.remove_prefix(slash + 1);
  }
  return std::nullopt;
}

LocalTime ToLocal(TimePoint time, std::string_view iana) {
  const auto calendar = Calendar(iana);
  if (!calendar) return {};
  UErrorCode error = U_ZERO_ERROR;
  calendar->setTime(std::floor(static_cast<double>(time.time_since_epoch().count()) / 1000.0), error);
  const auto get = [&](UCalendarDateFields field) { return calendar->get(field, error); };
  return {get(UCAL_EXTENDED_YEAR), get(UCAL_MONTH) + 1, get(UCAL_DATE),
          get(UCAL_HOUR_OF_DAY),   get(UCAL_MINUTE),    get(UCAL_SECOND)};
}

TimePoint FromLocal(const LocalTime& local, std::string_view iana) {
  const auto calendar = Calendar(iana);
  if (!calendar) return {};
  calendar->clear();
  calendar->setRepeatedWallTimeOption(UCAL_WALLTIME_FIRST);
  calendar->set(UCAL_EXTENDED_YEAR, local.year);
  calendar->set(UCAL_MONTH, local.month - 1);
  calendar->set(UCAL_DATE, local.day);
  calendar->set(UCAL_HOUR_OF_DAY, local.hour);
  calendar->set(UCAL_MINUTE, local.minute);
  calendar->set(UCAL_SECOND, local.second);
  UErrorCode error = U_ZERO_ERROR;
  const auto millis = calendar->getTime(error);
  return TimePoint{std::chrono::milliseconds(static_cast<int64_t>(millis))};
}

}  // namespace crosspoint::calendar
