#include "exchange_sim/time_zone.h"

#include <unicode/strenum.h>
#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <map>
#include <mutex>
#include <set>

namespace crosspoint::exchange_sim {
namespace {

class IcuZone final : public TimeZone {
 public:
  IcuZone(std::string name, std::unique_ptr<icu::TimeZone> zone) : TimeZone(std::move(name)), zone_(std::move(zone)) {}

  Seconds ToLocal(Seconds utc) const override { return utc + Offset(utc, false); }
  Seconds ToUtc(Seconds local) const override { return local - Offset(local, true); }

 private:
  Seconds Offset(Seconds at, bool local) const {
    int32_t raw = 0;
    int32_t dst = 0;
    UErrorCode error = U_ZERO_ERROR;
    zone_->getOffset(static_cast<UDate>(at) * 1000, local, raw, dst, error);
    return U_FAILURE(error) ? 0 : (raw + dst) / 1000;
  }
  std::unique_ptr<icu::TimeZone> zone_;
};

class FixedZone final : public TimeZone {
 public:
  FixedZone(std::string name, int offset) : TimeZone(std::move(name)), offset_(offset) {}
  Seconds ToLocal(Seconds utc) const override { return utc + offset_; }
  Seconds ToUtc(Seconds local) const override { return local - offset_; }

 private:
  int offset_;
};

}  // namespace

TimeZonePtr TimeZone::Utc() {
  static const TimeZonePtr utc = std::make_shared<FixedZone>("UTC", 0);
  return utc;
}

TimeZonePtr TimeZone::Fixed(std::string_view name, int offset_seconds) {
  return std::make_shared<FixedZone>(std::string(name), offset_seconds);
}

std::vector<std::string> TimeZone::WindowsNames() {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<icu::StringEnumeration> zones(
      icu::TimeZone::createTimeZoneIDEnumeration(UCAL_ZONE_TYPE_CANONICAL, nullptr, nullptr, error));
  std::set<std::string> names;
  while (const icu::UnicodeString* zone = U_SUCCESS(error) ? zones->snext(error) : nullptr) {
    icu::UnicodeString windows;
    icu::TimeZone::getWindowsID(*zone, windows, error);
    std::string name;
    windows.toUTF8String(name);
    if (!name.empty()) names.insert(name);
  }
  return {names.begin(), names.end()};
}

TimeZonePtr TimeZone::Find(std::string_view name) {
  static std::mutex mu;
  static std::map<std::string, TimeZonePtr, std::less<>> known;  // guarded by mu
  if (name == "UTC" || name == "tzone://Microsoft/Utc") return Utc();
  std::lock_guard lock(mu);
  if (const auto found = known.find(name); found != known.end()) return found->second;
  if (name.size() > 100) return nullptr;
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString iana;
  const auto wanted = icu::UnicodeString::fromUTF8(icu::StringPiece(name.data(), static_cast<int32_t>(name.size())));
  icu::TimeZone::getIDForWindowsID(wanted, nullptr, iana, error);
  if (U_FAILURE(error) || iana.isEmpty()) iana = wanted;
  std::unique_ptr<icu::TimeZone> zone(icu::TimeZone::createTimeZone(iana));
  if (zone == nullptr || *zone == icu::TimeZone::getUnknown()) return nullptr;
  TimeZonePtr made = std::make_shared<IcuZone>(std::string(name), std::move(zone));
  known.emplace(std::string(name), made);
  return made;
}

}  // namespace crosspoint::exchange_sim
