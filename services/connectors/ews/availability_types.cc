#include "connectors/ews/availability_types.h"

#include <algorithm>
#include <array>

#include "common/calendar/time_zone.h"

namespace crosspoint::ews {
namespace {

namespace chrono = std::chrono;
using chrono::microseconds;
using chrono::minutes;
using chrono::seconds;

constexpr std::array<std::string_view, 7> kWeekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};

int YearOf(TimePoint time) {
  return static_cast<int>(chrono::year_month_day(chrono::floor<chrono::days>(time)).year());
}

chrono::weekday WeekdayOf(std::string_view name) {
  const auto found = std::find(kWeekdays.begin(), kWeekdays.end(), name);
  return chrono::weekday(found == kWeekdays.end() ? 0u : static_cast<unsigned>(found - kWeekdays.begin()));
}

// By the clock before the change.
TimePoint MomentOf(const ZoneChange& change, int year) {
  const auto month = chrono::year(year) / chrono::month(static_cast<unsigned>(change.month));
  const chrono::weekday weekday = WeekdayOf(change.day_of_week);
  const bool is_last = change.week < 1 || change.week > 4;
  const chrono::sys_days day = is_last ? chrono::sys_days(month / weekday[chrono::last])
                                       : chrono::sys_days(month / weekday[static_cast<unsigned>(change.week)]);
  return chrono::time_point_cast<microseconds>(day) + change.time;
}

bool Changes(const ZoneRule& rule) {
  const auto is_month = [](int month) { return month >= 1 && month <= 12; };
  return is_month(rule.standard.month) && is_month(rule.daylight.month);
}

// Whether `time` lies from `begin` to `end` within a year, where the end may come first.
bool IsWithin(TimePoint time, TimePoint begin, TimePoint end) {
  return begin < end ? begin <= time && time < end : begin <= time || time < end;
}

ZoneChange ChangeAt(TimePoint local, minutes bias) {
  const auto day = chrono::floor<chrono::days>(local);
  const chrono::year_month_day date(day);
  const chrono::year_month_day in_a_week(day + chrono::days(7));
  const int week = static_cast<int>((static_cast<unsigned>(date.day()) - 1) / 7) + 1;
  return {.bias = bias,
          .time = chrono::floor<seconds>(local - day),
          .month = static_cast<int>(static_cast<unsigned>(date.month())),
          .week = in_a_week.month() == date.month() ? week : 5,
          .day_of_week = std::string(kWeekdays[chrono::weekday(day).c_encoding()])};
}

minutes BiasAt(TimePoint time, const std::string& iana) {
  const calendar::LocalTime local = calendar::ToLocal(time, iana);
  const chrono::sys_days day(chrono::year(local.year) / chrono::month(static_cast<unsigned>(local.month)) /
                             chrono::day(static_cast<unsigned>(local.day)));
  const auto wall = chrono::time_point_cast<microseconds>(day) + chrono::hours(local.hour) + minutes(local.minute) +
                    seconds(local.second);
  return chrono::round<minutes>(chrono::floor<seconds>(time) - wall);
}

// The moment after `from` and not after `to` at which the bias first is that of `to`; it changes once between them.
TimePoint ChangeBetween(TimePoint from, TimePoint to, const std::string& iana) {
  const minutes after = BiasAt(to, iana);
  while (to - from > minutes(1)) {
    const TimePoint middle = chrono::time_point_cast<microseconds>(chrono::floor<minutes>(from + (to - from) / 2));
    (BiasAt(middle, iana) == after ? to : from) = middle;
  }
  return to;
}

struct Shift {
  TimePoint at;
  minutes before{0};
  minutes after{0};
};

std::vector<Shift> ShiftsIn(int year, const std::string& iana) {
  std::vector<Shift> shifts;
  const auto first = [](int y) {
    return chrono::time_point_cast<microseconds>(chrono::sys_days(chrono::year(y) / chrono::January / 1));
  };
  TimePoint from = first(year);
  minutes before = BiasAt(from, iana);
  while (from < first(year + 1)) {
    const TimePoint to = std::min(from + chrono::days(7), first(year + 1));
    const minutes after = BiasAt(to, iana);
    if (after != before) shifts.push_back({ChangeBetween(from, to, iana), before, after});
    from = to;
    before = after;
  }
  return shifts;
}

// A rule that changes into `standard` and `daylight`, by whose biases they are told apart.
ZoneRule Rule(minutes bias_a, ZoneChange to_a, minutes bias_b, ZoneChange to_b) {
  if (bias_a < bias_b) {
    std::swap(bias_a, bias_b);
    std::swap(to_a, to_b);
  }
  to_a.bias = minutes(0);
  to_b.bias = bias_b - bias_a;
  return {.bias = bias_a, .standard = std::move(to_a), .daylight = std::move(to_b)};
}

ZoneChange ChangeOf(const ZoneTransition& transition, int year) {
  if (transition.day >= 1 && transition.day <= 31 && transition.month >= 1 && transition.month <= 12) {
    const chrono::sys_days day(chrono::year(year) / chrono::month(static_cast<unsigned>(transition.month)) / 1);
    return ChangeAt(chrono::time_point_cast<microseconds>(day + chrono::days(transition.day - 1)) + transition.time,
                    minutes(0));
  }
  return {.time = transition.time,
          .month = transition.month,
          .week = transition.occurrence < 1 ? 5 : transition.occurrence,
          .day_of_week = transition.day_of_week};
}

minutes BiasOf(const ZoneDefinition& zone, const std::string& period_id) {
  for (const ZonePeriod& period : zone.periods) {
    if (period.id == period_id) return period.bias;
  }
  return minutes(0);
}

}  // namespace

TimePoint FromZone(const ZoneRule& rule, TimePoint local) {
  if (!Changes(rule)) return local + rule.bias;
  const int year = YearOf(local);
  const bool is_daylight = IsWithin(local, MomentOf(rule.daylight, year), MomentOf(rule.standard, year));
  return local + rule.bias + (is_daylight ? rule.daylight.bias : rule.standard.bias);
}

TimePoint ToZone(const ZoneRule& rule, TimePoint time) {
  if (!Changes(rule)) return time - rule.bias;
  const minutes standard = rule.bias + rule.standard.bias;
  const minutes daylight = rule.bias + rule.daylight.bias;
  const int year = YearOf(time - standard);
  // Each change is told by the clock that it ends.
  const bool is_daylight =
      IsWithin(time, MomentOf(rule.daylight, year) + standard, MomentOf(rule.standard, year) + daylight);
  return time - (is_daylight ? daylight : standard);
}

ZoneRule ZoneRuleOf(std::string_view zone, TimePoint when) {
  const auto iana = calendar::RecognizeZone(zone);
  if (!iana) return {};
  const std::vector<Shift> shifts = ShiftsIn(YearOf(when), *iana);
  if (shifts.size() != 2 || shifts[0].before != shifts[1].after) return {.bias = BiasAt(when, *iana)};
  const auto change = [](const Shift& shift) { return ChangeAt(shift.at - shift.before, minutes(0)); };
  return Rule(shifts[0].after, change(shifts[0]), shifts[1].after, change(shifts[1]));
}

ZoneRule RuleOf(const ZoneDefinition& zone, TimePoint when) {
  const ZoneTransition* valid = nullptr;
  for (const ZoneTransition& transition : zone.transitions) {
    if (!transition.at || *transition.at <= when) valid = &transition;
  }
  if (valid == nullptr) return {.bias = zone.periods.empty() ? minutes(0) : zone.periods.front().bias};
  if (!valid->to_group) return {.bias = BiasOf(zone, valid->to)};
  const auto group =
      std::find_if(zone.groups.begin(), zone.groups.end(), [&](const auto& g) { return g.id == valid->to; });
  if (group == zone.groups.end() || group->transitions.empty()) return {};
  const auto& changes = group->transitions;
  if (changes.size() != 2) return {.bias = BiasOf(zone, changes.back().to)};
  const int year = YearOf(when);
  return Rule(BiasOf(zone, changes[0].to), ChangeOf(changes[0], year), BiasOf(zone, changes[1].to),
              ChangeOf(changes[1], year));
}

}  // namespace crosspoint::ews
