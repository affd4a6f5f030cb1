#include "connectors/ews/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "common/calendar/recurrence.h"
#include "common/calendar/time_zone.h"
#include "common/status/status.h"

namespace crosspoint::ews {
namespace {

using calendar::FromLocal;
using calendar::LocalTime;
using calendar::ToLocal;
using std::chrono::hours;

constexpr int kMaxSteps = 20'000;
constexpr int64_t kMaxSecond = 253'402'300'799;  // the year 9999
constexpr char kOccurrenceMark = '#';            // in no id of a server: these are base64

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kDays{{{"Sunday", "SU"},
                                                                               {"Monday", "MO"},
                                                                               {"Tuesday", "TU"},
                                                                               {"Wednesday", "WE"},
                                                                               {"Thursday", "TH"},
                                                                               {"Friday", "FR"},
                                                                               {"Saturday", "SA"},
                                                                               {"Day", "SU,MO,TU,WE,TH,FR,SA"},
                                                                               {"Weekday", "MO,TU,WE,TH,FR"},
                                                                               {"WeekendDay", "SU,SA"}}};
constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::pair<std::string_view, int>, 5> kIndexes{
    {{"First", 1}, {"Second", 2}, {"Third", 3}, {"Fourth", 4}, {"Last", -1}}};

absl::Status BadRule(std::string_view why) { return absl::InvalidArgumentError(fmt::format("the recurrence {}", why)); }

absl::StatusOr<std::string> DaysOf(const Recurrence& recurrence) {
  std::string days;
  for (const std::string& word : recurrence.days) {
    const auto day = std::find_if(kDays.begin(), kDays.end(), [&](const auto& d) { return d.first == word; });
    if (day == kDays.end()) return BadRule("has an unknown day");
    days += (days.empty() ? "" : ",") + std::string(day->second);
  }
  if (days.empty()) return BadRule("has no day");
  return days;
}

// The nth of these days in its month.
absl::StatusOr<std::string> RelativeDay(const Recurrence& recurrence) {
  CROSSPOINT_ASSIGN_OR_RETURN(const std::string days, DaysOf(recurrence));
  const auto index =
      std::find_if(kIndexes.begin(), kIndexes.end(), [&](const auto& i) { return i.first == recurrence.week_index; });
  if (index == kIndexes.end()) return BadRule("has an unknown week of the month");
  return fmt::format("BYDAY={};BYSETPOS={}", days, index->second);
}

// The last day of the month stands in for one that the month has not got.
absl::StatusOr<std::string> AbsoluteDay(const Recurrence& recurrence) {
  const int day = recurrence.day_of_month;
  if (day < 1 || day > 31) return BadRule("has no day of the month");
  if (day <= 28) return fmt::format("BYMONTHDAY={}", day);
  std::string days = "28";
  for (int d = 29; d <= day; ++d) days += fmt::format(",{}", d);
  return fmt::format("BYMONTHDAY={};BYSETPOS=-1", days);
}

absl::StatusOr<int> MonthOf(const Recurrence& recurrence) {
  const auto month = std::find(kMonths.begin(), kMonths.end(), recurrence.month);
  if (month == kMonths.end()) return BadRule("has no month");
  return static_cast<int>(month - kMonths.begin()) + 1;
}

absl::StatusOr<std::string> PatternOf(const Recurrence& recurrence) {
  using Pattern = Recurrence::Pattern;
  const int interval = recurrence.interval;
  if (interval < 1 || interval > 9999) return BadRule("has a bad interval");
  switch (recurrence.pattern) {
    case Pattern::kDaily:
      return fmt::format("FREQ=DAILY;INTERVAL={}", interval);
    case Pattern::kWeekly: {
      CROSSPOINT_ASSIGN_OR_RETURN(const std::string days, DaysOf(recurrence));
      const auto first = std::find_if(kDays.begin(), kDays.begin() + 7,
                                      [&](const auto& d) { return d.first == recurrence.first_day_of_week; });
      const std::string_view week_start = first == kDays.begin() + 7 ? "SU" : first->second;
      return fmt::format("FREQ=WEEKLY;INTERVAL={};BYDAY={};WKST={}", interval, days, week_start);
    }
    case Pattern::kAbsoluteMonthly: {
      CROSSPOINT_ASSIGN_OR_RETURN(const std::string day, AbsoluteDay(recurrence));
      return fmt::format("FREQ=MONTHLY;INTERVAL={};{}", interval, day);
    }
    case Pattern::kRelativeMonthly: {
      CROSSPOINT_ASSIGN_OR_RETURN(const std::string day, RelativeDay(recurrence));
      return fmt::format("FREQ=MONTHLY;INTERVAL={};{}", interval, day);
    }
    case Pattern::kAbsoluteYearly: {
      CROSSPOINT_ASSIGN_OR_RETURN(const int month, MonthOf(recurrence));
      CROSSPOINT_ASSIGN_OR_RETURN(const std::string day, AbsoluteDay(recurrence));
      return fmt::format("FREQ=YEARLY;BYMONTH={};{}", month, day);
    }
    case Pattern::kRelativeYearly: {
      CROSSPOINT_ASSIGN_OR_RETURN(const int month, MonthOf(recurrence));
      CROSSPOINT_ASSIGN_OR_RETURN(const std::string day, RelativeDay(recurrence));
      return fmt::format("FREQ=YEARLY;BYMONTH={};{}", month, day);
    }
  }
  return BadRule("has an unknown pattern");
}

bool Overlaps(const CalendarItem& item, TimePoint start, TimePoint end) {
  return item.start < end && (item.end > start || item.start >= start);
}

// A master with what is needed to place its occurrences.
class Series {
 public:
  explicit Series(const CalendarItem& master)
      : master_(master),
        zone_(calendar::RecognizeZone(master.start_time_zone).value_or("")),
        first_(ToLocal(master.start, zone_)),
        length_(std::max(master.end - master.start, std::chrono::microseconds(0))) {
    const Date& start = master.recurrence->start;
    if (start.year > 0)
      std::tie(first_.year, first_.month, first_.day) = std::tuple(start.year, start.month, start.day);
    facts_ = master;
    facts_.recurrence.reset();
    facts_.modified_occurrences.clear();
    facts_.deleted_occurrences.clear();
    facts_.is_recurring = true;
  }

  // Occurrences whose start lies in the window, deleted and moved ones included.
  absl::StatusOr<std::vector<LocalTime>> Starts(TimePoint from, TimePoint until) const {
    CROSSPOINT_ASSIGN_OR_RETURN(const std::string rule, RruleOf(*master_.recurrence));
    return calendar::ExpandRule(rule, first_, {ToLocal(from, zone_), ToLocal(until, zone_)}, kMaxSteps);
  }

  CalendarItem At(const LocalTime& local) const {
    CalendarItem item = facts_;
    item.item_type = ItemType::kOccurrence;
    item.start = FromLocal(local, zone_);
    item.end = item.start + length_;
    if (master_.is_all_day) {
      // Days have 23 to 25 hours: whole days are counted, not hours.
      LocalTime last = local;
      last.day += static_cast<int>(std::chrono::round<std::chrono::days>(length_).count());
      item.end = FromLocal(last, zone_);
    }
    SetOrigin(item, item.start);
    return item;
  }

  CalendarItem Exception(const OccurrenceInfo& info) const {
    CalendarItem item = facts_;
    item.item_type = ItemType::kException;
    SetOrigin(item, info.original_start);
    if (!info.id.id.empty()) item.id = info.id;
    item.start = info.start;
    item.end = info.end;
    return item;
  }

  bool IsDeleted(const CalendarItem& occurrence, const LocalTime& local) const {
    const auto& deleted = master_.deleted_occurrences;
    return std::any_of(deleted.begin(), deleted.end(), [&](TimePoint time) {
      // Some servers tell the date alone.
      const LocalTime date = ToLocal(time, "");
      return time == occurrence.start || date == LocalTime{local.year, local.month, local.day, 0, 0, 0};
    });
  }
  bool IsMoved(const CalendarItem& occurrence) const {
    const auto& modified = master_.modified_occurrences;
    return std::any_of(modified.begin(), modified.end(),
                       [&](const OccurrenceInfo& info) { return info.original_start == occurrence.start; });
  }
  // A little more than the longest occurrence.
  std::chrono::microseconds reach() const { return length_ + hours(26); }

 private:
  void SetOrigin(CalendarItem& item, TimePoint original_start) const {
    item.id = {OccurrenceIdOf(master_.id.id, original_start), master_.id.change_key};
    item.original_start = original_start;
    item.recurrence_id = original_start;
  }

  const CalendarItem& master_;
  const std::string zone_;
  LocalTime first_;
  const std::chrono::microseconds length_;
  CalendarItem facts_;  // what every occurrence has of its master
};

}  // namespace

absl::StatusOr<std::string> RruleOf(const Recurrence& recurrence) {
  CROSSPOINT_ASSIGN_OR_RETURN(std::string rule, PatternOf(recurrence));
  if (recurrence.count) {
    if (*recurrence.count < 1) return BadRule("has a bad count");
    return fmt::format("{};COUNT={}", rule, *recurrence.count);
  }
  if (!recurrence.end) return rule;
  return fmt::format("{};UNTIL={:04}{:02}{:02}T235959", rule, recurrence.end->year, recurrence.end->month,
                     recurrence.end->day);
}

absl::StatusOr<std::vector<CalendarItem>> ExpandSeries(const CalendarItem& master, TimePoint start, TimePoint end) {
  std::vector<CalendarItem> items;
  if (!master.recurrence) {
    if (Overlaps(master, start, end)) items.push_back(master);
    return items;
  }
  const Series series(master);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto starts, series.Starts(start - series.reach(), end + hours(26)));
  for (const LocalTime& local : starts) {
    CalendarItem item = series.At(local);
    if (Overlaps(item, start, end) && !series.IsDeleted(item, local) && !series.IsMoved(item)) {
      items.push_back(std::move(item));
    }
  }
  for (const OccurrenceInfo& info : master.modified_occurrences) {
    CalendarItem item = series.Exception(info);
    if (Overlaps(item, start, end)) items.push_back(std::move(item));
  }
  std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  return items;
}

absl::StatusOr<CalendarItem> OccurrenceOf(const CalendarItem& master, TimePoint original_start) {
  if (master.recurrence) {
    const Series series(master);
    for (const OccurrenceInfo& info : master.modified_occurrences) {
      if (info.original_start == original_start) return series.Exception(info);
    }
    CROSSPOINT_ASSIGN_OR_RETURN(const auto starts,
                                series.Starts(original_start - hours(26), original_start + hours(26)));
    for (const LocalTime& local : starts) {
      CalendarItem item = series.At(local);
      if (item.start == original_start && !series.IsDeleted(item, local)) return item;
    }
  }
  return absl::NotFoundError("the series has no such occurrence");
}

std::string OccurrenceIdOf(const std::string& master_id, TimePoint original_start) {
  const auto second = std::chrono::floor<std::chrono::seconds>(original_start);
  return fmt::format("{}{}{}", master_id, kOccurrenceMark, second.time_since_epoch().count());
}

std::optional<ComputedOccurrence> ParseOccurrenceId(const std::string& id) {
  const size_t mark = id.find(kOccurrenceMark);
  if (mark == id.npos) return std::nullopt;
  int64_t second = 0;
  const char* end = id.data() + id.size();
  const auto [stopped, error] = std::from_chars(id.data() + mark + 1, end, second);
  if (error != std::errc() || stopped != end || second < -kMaxSecond || second > kMaxSecond) return std::nullopt;
  return ComputedOccurrence{.master_id = id.substr(0, mark), .original_start = TimePoint{std::chrono::seconds(second)}};
}

}  // namespace crosspoint::ews
