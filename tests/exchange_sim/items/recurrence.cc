#include "exchange_sim/items/recurrence.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/status/status.h"
#include "exchange_sim/error.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::months;
using std::chrono::weekday;
using std::chrono::year_month;
using std::chrono::year_month_day;
using std::chrono::years;

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 13> kMonths = {"",        "January",  "February", "March",  "April",
                                                      "May",     "June",     "July",     "August", "September",
                                                      "October", "November", "December"};
constexpr std::array<std::string_view, 6> kIndexes = {"", "First", "Second", "Third", "Fourth", "Last"};
constexpr std::array<std::string_view, 6> kPatterns = {"DailyRecurrence",           "WeeklyRecurrence",
                                                       "AbsoluteMonthlyRecurrence", "RelativeMonthlyRecurrence",
                                                       "AbsoluteYearlyRecurrence",  "RelativeYearlyRecurrence"};
constexpr unsigned kEveryDay = 0x7f;
constexpr unsigned kWorkDays = 0x3e;
constexpr unsigned kWeekendDays = 0x41;

template <size_t N>
int IndexOf(const std::array<std::string_view, N>& words, std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end() ? -1 : static_cast<int>(found - words.begin());
}

unsigned WeekdayMask(std::string_view words) {
  unsigned mask = 0;
  for (const std::string& word : Split(words, ' ')) {
    if (word.empty()) continue;
    const int day = IndexOf(kDays, word);
    if (day >= 0) mask |= 1u << day;
    if (word == "Day") mask |= kEveryDay;
    if (word == "Weekday") mask |= kWorkDays;
    if (word == "WeekendDay") mask |= kWeekendDays;
  }
  return mask;
}

std::optional<local_days> ParseDate(std::string_view text) {
  const auto parsed = ParseDateTime(text.substr(0, std::min<size_t>(text.size(), 10)));
  if (!parsed) return std::nullopt;
  return local_days(days(parsed->at / 86400));
}

std::string FormatDate(local_days date) {
  const year_month_day ymd(date);
  return fmt::format("{:04}-{:02}-{:02}Z", int(ymd.year()), unsigned(ymd.month()), unsigned(ymd.day()));
}

bool Falls(local_days day, unsigned mask) { return (mask >> weekday(day).c_encoding() & 1) != 0; }

local_days FirstOf(year_month month) { return local_days(month / 1); }
local_days LastOf(year_month month) { return local_days(month / std::chrono::last); }

local_days DayOfMonth(year_month month, int day) { return std::min(FirstOf(month) + days(day - 1), LastOf(month)); }

local_days RelativeDay(year_month month, unsigned mask, int index) {
  local_days found = FirstOf(month);
  int seen = 0;
  for (local_days day = FirstOf(month); day <= LastOf(month); day += days(1)) {
    if (!Falls(day, mask)) continue;
    found = day;
    if (++seen == index && index != Recurrence::kLast) break;
  }
  return found;
}

// The candidate days of the `step`th period, in order; some may lie before the start date.
std::vector<local_days> DaysOfPeriod(const Recurrence& r, int step) {
  const year_month_day start(r.start_date);
  const int distance = step * r.interval;
  const year_month month = year_month(start.year(), start.month()) + months(distance);
  const year_month in_year = year_month(start.year() + years(distance), std::chrono::month(unsigned(r.month)));
  switch (r.pattern) {
    case Recurrence::Pattern::kDaily:
      return {r.start_date + days(distance)};
    case Recurrence::Pattern::kWeekly: {
      const int first = std::max(0, IndexOf(kDays, r.first_day_of_week));
      const int back = (static_cast<int>(weekday(r.start_date).c_encoding()) - first + 7) % 7;
      const local_days week = r.start_date - days(back) + days(7 * distance);
      std::vector<local_days> found;
      for (int i = 0; i < 7; ++i) {
        if (Falls(week + days(i), r.weekdays)) found.push_back(week + days(i));
      }
      return found;
    }
    case Recurrence::Pattern::kAbsoluteMonthly:
      return {DayOfMonth(month, r.day_of_month)};
    case Recurrence::Pattern::kRelativeMonthly:
      return {RelativeDay(month, r.weekdays, r.week_index)};
    case Recurrence::Pattern::kAbsoluteYearly:
      return {DayOfMonth(in_year, r.day_of_month)};
    case Recurrence::Pattern::kRelativeYearly:
      return {RelativeDay(in_year, r.weekdays, r.week_index)};
  }
  return {};
}

absl::Status Invalid(std::string_view what) {
  return EwsError("ErrorCalendarInvalidRecurrence", fmt::format("The recurrence is invalid: {}.", what));
}

absl::Status ParseRange(pugi::xml_node node, Recurrence& out) {
  for (const pugi::xml_node range : Elements(node)) {
    const auto start = ParseDate(range.child("t:StartDate").text().get());
    if (!start) continue;
    out.start_date = *start;
    if (LocalName(range) == "EndDateRecurrence") {
      out.end_date = ParseDate(range.child("t:EndDate").text().get());
      if (!out.end_date || *out.end_date < out.start_date) return Invalid("it ends before it starts");
    } else if (LocalName(range) == "NumberedRecurrence") {
      out.count = range.child("t:NumberOfOccurrences").text().as_int();
      if (*out.count < 1 || *out.count > 999) return Invalid("number of occurrences");
    } else if (LocalName(range) != "NoEndRecurrence") {
      return SchemaError("unknown recurrence range");
    }
    return absl::OkStatus();
  }
  return SchemaError("a recurrence needs a range with a StartDate");
}

}  // namespace

absl::StatusOr<Recurrence> ParseRecurrence(pugi::xml_node node) {
  const auto parts = Elements(node);
  const int pattern = parts.empty() ? -1 : IndexOf(kPatterns, LocalName(parts[0]));
  if (pattern < 0) return SchemaError("unknown recurrence pattern");
  const pugi::xml_node words = parts[0];
  Recurrence out;
  out.pattern = static_cast<Recurrence::Pattern>(pattern);
  out.interval = words.child("t:Interval").text().as_int(1);
  out.weekday_words = Trim(words.child("t:DaysOfWeek").text().get());
  out.weekdays = WeekdayMask(out.weekday_words);
  out.first_day_of_week = words.child("t:FirstDayOfWeek").text().get();
  out.day_of_month = words.child("t:DayOfMonth").text().as_int(1);
  if (const pugi::xml_node index = words.child("t:DayOfWeekIndex"))
    out.week_index = IndexOf(kIndexes, index.text().get());
  if (const pugi::xml_node month = words.child("t:Month")) out.month = IndexOf(kMonths, month.text().get());
  const bool by_weekday = out.pattern == Recurrence::Pattern::kWeekly ||
                          out.pattern == Recurrence::Pattern::kRelativeMonthly ||
                          out.pattern == Recurrence::Pattern::kRelativeYearly;
  if (by_weekday && out.weekdays == 0) return Invalid("no day of the week");
  if (out.interval < 1 || out.interval > 999) return Invalid("interval");
  if (out.day_of_month < 1 || out.day_of_month > 31) return Invalid("day of month");
  if (out.week_index < 1 || out.month < 1) return Invalid("week or month");
  CROSSPOINT_RETURN_IF_ERROR(ParseRange(node, out));
  return out;
}

void WriteRecurrence(XmlWriter& out, const Recurrence& r) {
  using Pattern = Recurrence::Pattern;
  const bool yearly = r.pattern == Pattern::kAbsoluteYearly || r.pattern == Pattern::kRelativeYearly;
  out.Open("t:Recurrence").Open("t:" + std::string(kPatterns[static_cast<size_t>(r.pattern)]));
  if (!yearly) out.Number("t:Interval", r.interval);
  if (r.pattern == Pattern::kAbsoluteMonthly || r.pattern == Pattern::kAbsoluteYearly) {
    out.Number("t:DayOfMonth", r.day_of_month);
  } else if (r.pattern != Pattern::kDaily) {
    out.Leaf("t:DaysOfWeek", r.weekday_words);
    if (r.pattern == Pattern::kWeekly && !r.first_day_of_week.empty())
      out.Leaf("t:FirstDayOfWeek", r.first_day_of_week);
    if (r.pattern != Pattern::kWeekly) out.Leaf("t:DayOfWeekIndex", kIndexes[static_cast<size_t>(r.week_index)]);
  }
  if (yearly) out.Leaf("t:Month", kMonths[static_cast<size_t>(r.month)]);
  out.Close();
  out.Open(r.end_date ? "t:EndDateRecurrence" : r.count ? "t:NumberedRecurrence" : "t:NoEndRecurrence");
  out.Leaf("t:StartDate", FormatDate(r.start_date));
  if (r.end_date) out.Leaf("t:EndDate", FormatDate(*r.end_date));
  if (r.count) out.Number("t:NumberOfOccurrences", *r.count);
  out.Close().Close();
}

std::vector<Seconds> ExpandStarts(const Recurrence& r, const TimeZone& zone, Seconds time_of_day, Seconds before,
                                  size_t limit) {
  std::vector<Seconds> starts;
  constexpr int kMaxPeriods = 40'000;  // a daily series of a century
  for (int step = 0; step < kMaxPeriods; ++step) {
    for (const local_days day : DaysOfPeriod(r, step)) {
      if (day < r.start_date) continue;
      if (r.end_date && day > *r.end_date) return starts;
      const Seconds start = zone.ToUtc(day.time_since_epoch().count() * Seconds{86400} + time_of_day);
      if (start >= before || starts.size() >= limit) return starts;
      starts.push_back(start);
      if (r.count && starts.size() >= static_cast<size_t>(*r.count)) return starts;
    }
  }
  return starts;
}

}  // namespace crosspoint::exchange_sim
