#include "exchange_sim/zone_rules.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "common/status/status.h"
#include "exchange_sim/error.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr Seconds kDay = 86400;

Seconds StartOfYear(int year) {
  const std::chrono::sys_days day = std::chrono::year(year) / 1 / 1;
  return day.time_since_epoch().count() * kDay;
}

Seconds OffsetAt(const TimeZone& zone, Seconds utc) { return zone.ToLocal(utc) - utc; }

// Local seconds, by the clock before the change, at which it happens in `year`.
Seconds LocalTimeOf(const ClockChange& change, int year) {
  using namespace std::chrono;
  const auto ym = std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(change.month));
  const weekday day(static_cast<unsigned>(change.weekday));
  const sys_days date =
      change.week >= 5 ? sys_days(ym / day[last]) : sys_days(ym / day[static_cast<unsigned>(change.week)]);
  return date.time_since_epoch().count() * kDay + change.time_of_day;
}

ClockChange Described(Seconds utc, Seconds before, Seconds after) {
  using namespace std::chrono;
  const Seconds local = utc + before;
  const sys_days date{days(local / kDay)};
  const year_month_day ymd(date);
  const unsigned day = static_cast<unsigned>(ymd.day());
  const unsigned length = static_cast<unsigned>(year_month_day_last(ymd.year(), month_day_last(ymd.month())).day());
  ClockChange change;
  change.month = static_cast<int>(static_cast<unsigned>(ymd.month()));
  change.week = day + 7 > length ? 5 : static_cast<int>((day - 1) / 7 + 1);
  change.weekday = static_cast<int>(weekday(date).c_encoding());
  change.time_of_day = local % kDay;
  change.offset_after = after;
  return change;
}

// A zone that changes its clocks by the same rules in every year.
class RuleZone final : public TimeZone {
 public:
  explicit RuleZone(const ZoneRules& rules) : TimeZone("Customized Time Zone"), rules_(rules) {}

  Seconds ToLocal(Seconds utc) const override { return utc + Offset(utc); }
  Seconds ToUtc(Seconds local) const override {
    const Seconds standard = local - rules_.standard_offset;
    return local - Offset(standard - (Daylight() - rules_.standard_offset));
  }

 private:
  Seconds Daylight() const { return rules_.to_daylight ? rules_.to_daylight->offset_after : rules_.standard_offset; }
  Seconds Offset(Seconds utc) const {
    if (!rules_.to_daylight) return rules_.standard_offset;
    const int year = YearOf(utc + rules_.standard_offset);
    const Seconds begin = LocalTimeOf(*rules_.to_daylight, year) - rules_.standard_offset;
    const Seconds end = LocalTimeOf(*rules_.to_standard, year) - Daylight();
    const bool daylight = begin < end ? utc >= begin && utc < end : utc >= begin || utc < end;
    return daylight ? Daylight() : rules_.standard_offset;
  }
  const ZoneRules rules_;
};

std::optional<ClockChange> ParseChange(pugi::xml_node node) {
  ClockChange change;
  int hours = 0;
  int minutes = 0;
  int seconds = 0;
  if (std::sscanf(node.child("t:Time").text().get(), "%d:%d:%d", &hours, &minutes, &seconds) < 2) return std::nullopt;
  change.time_of_day = hours * 3600 + minutes * 60 + seconds;
  change.month = node.child("t:Month").text().as_int();
  change.week = node.child("t:DayOrder").text().as_int();
  const auto day = std::find(kWeekdays.begin(), kWeekdays.end(), node.child("t:DayOfWeek").text().get());
  if (day == kWeekdays.end() || change.week < 1 || change.week > 5 || change.month < 1 || change.month > 12) {
    return std::nullopt;
  }
  change.weekday = static_cast<int>(day - kWeekdays.begin());
  return change;
}

std::string Clock(Seconds time_of_day) {
  return fmt::format("{:02}:{:02}:{:02}", time_of_day / 3600, time_of_day / 60 % 60, time_of_day % 60);
}

void WriteChange(XmlWriter& out, std::string_view element, Seconds bias, const ClockChange& change) {
  out.Open(element).Number("t:Bias", bias).Leaf("t:Time", Clock(change.time_of_day));
  out.Number("t:DayOrder", change.week).Number("t:Month", change.month);
  out.Leaf("t:DayOfWeek", kWeekdays[static_cast<size_t>(change.weekday)]).Close();
}

// An offset from UTC as EWS words it: what has to be added to local time, as a duration.
std::string Bias(Seconds offset) {
  const Seconds minutes = std::abs(offset) / 60;
  return fmt::format("{}PT{}H{}M", offset > 0 ? "-" : "", minutes / 60, minutes % 60);
}

void WritePeriod(XmlWriter& out, Seconds offset, std::string_view name, std::string_view id) {
  out.Open("t:Period").Attribute("Bias", Bias(offset)).Attribute("Name", name).Attribute("Id", id).Close();
}

void WriteTransition(XmlWriter& out, const ClockChange& change, std::string_view period) {
  out.Open("t:RecurringDayTransition").Open("t:To").Attribute("Kind", "Period").Text(period).Close();
  out.Leaf("t:TimeOffset", fmt::format("PT{}H{}M", change.time_of_day / 3600, change.time_of_day / 60 % 60));
  out.Number("t:Month", change.month).Leaf("t:DayOfWeek", kWeekdays[static_cast<size_t>(change.weekday)]);
  out.Number("t:Occurrence", change.week == 5 ? -1 : change.week).Close();
}

}  // namespace

int YearOf(Seconds at) {
  const std::chrono::sys_days day{std::chrono::floor<std::chrono::days>(std::chrono::seconds(at))};
  return static_cast<int>(std::chrono::year_month_day(day).year());
}

ZoneRules RulesOf(const TimeZone& zone, int year) {
  const Seconds begin = StartOfYear(year);
  const Seconds end = StartOfYear(year + 1);
  ZoneRules rules;
  rules.standard_offset = OffsetAt(zone, begin);
  std::vector<std::pair<Seconds, Seconds>> changes;  // instant, offset before
  for (Seconds day = begin; day < end; day += kDay) {
    const Seconds before = OffsetAt(zone, day);
    if (before == OffsetAt(zone, day + kDay)) continue;
    Seconds low = day;
    Seconds high = day + kDay;
    while (high - low > 1) {
      const Seconds middle = (low + high) / 2;
      (OffsetAt(zone, middle) == before ? low : high) = middle;
    }
    changes.emplace_back(high, before);
  }
  if (changes.size() != 2) return rules;  // never, or in a year that has no rule
  for (const auto& [at, before] : changes) {
    const Seconds after = OffsetAt(zone, at);
    rules.standard_offset = std::min({rules.standard_offset, before, after});
    (after > before ? rules.to_daylight : rules.to_standard) = Described(at, before, after);
  }
  if (!rules.to_daylight || !rules.to_standard) rules.to_daylight = rules.to_standard = std::nullopt;
  return rules;
}

absl::StatusOr<TimeZonePtr> ParseSerializableZone(pugi::xml_node node) {
  const auto minutes = [](pugi::xml_node in) { return Seconds{in.child("t:Bias").text().as_int()} * 60; };
  const pugi::xml_node standard = node.child("t:StandardTime");
  const pugi::xml_node daylight = node.child("t:DaylightTime");
  ZoneRules rules;
  rules.standard_offset = -minutes(node) - minutes(standard);
  const Seconds daylight_offset = -minutes(node) - minutes(daylight);
  const bool changes = daylight.child("t:Month").text().as_int() != 0 && daylight_offset != rules.standard_offset;
  if (!changes) return std::make_shared<RuleZone>(rules);
  rules.to_daylight = ParseChange(daylight);
  rules.to_standard = ParseChange(standard);
  if (!rules.to_daylight || !rules.to_standard) {
    return EwsError("ErrorInvalidRequest", "The time zone has rules that name no day.");
  }
  rules.to_daylight->offset_after = daylight_offset;
  rules.to_standard->offset_after = rules.standard_offset;
  return std::make_shared<RuleZone>(rules);
}

void WriteSerializableZone(XmlWriter& out, const TimeZone& zone, int year) {
  const ZoneRules rules = RulesOf(zone, year);
  const ClockChange never{.month = 0, .week = 0};
  const Seconds shift = rules.to_daylight ? rules.to_daylight->offset_after - rules.standard_offset : 0;
  out.Number("t:Bias", -rules.standard_offset / 60);
  WriteChange(out, "t:StandardTime", 0, rules.to_standard.value_or(never));
  WriteChange(out, "t:DaylightTime", -shift / 60, rules.to_daylight.value_or(never));
}

void WriteZoneDefinition(XmlWriter& out, const TimeZone& zone, int year, bool full) {
  const ZoneRules rules = RulesOf(zone, year);
  const Seconds minutes = std::abs(rules.standard_offset) / 60;
  const std::string name = fmt::format("(UTC{}{:02}:{:02}) {}", rules.standard_offset < 0 ? "-" : "+", minutes / 60,
                                       minutes % 60, zone.name());
  out.Open("t:TimeZoneDefinition").Attribute("Id", zone.name()).Attribute("Name", name);
  if (!full) {
    out.Close();
    return;
  }
  const std::string standard = fmt::format("trule:Microsoft/Registry/{}/{}-Standard", zone.name(), year);
  const std::string daylight = fmt::format("trule:Microsoft/Registry/{}/{}-Daylight", zone.name(), year);
  out.Open("t:Periods");
  WritePeriod(out, rules.standard_offset, "Standard", standard);
  if (rules.to_daylight) WritePeriod(out, rules.to_daylight->offset_after, "Daylight", daylight);
  out.Close().Open("t:TransitionsGroups").Open("t:TransitionsGroup").Attribute("Id", "0");
  if (rules.to_daylight) {
    WriteTransition(out, *rules.to_daylight, daylight);
    WriteTransition(out, *rules.to_standard, standard);
  } else {
    out.Open("t:Transition").Open("t:To").Attribute("Kind", "Period").Text(standard).Close().Close();
  }
  out.Close().Close().Open("t:Transitions").Open("t:Transition");
  out.Open("t:To").Attribute("Kind", "Group").Text("0").Close().Close().Close().Close();
}

}  // namespace crosspoint::exchange_sim
