#include "common/calendar/recurrence.h"

#include <libical/ical.h>

#include <memory>

#include "common/calendar/ical_ptr.h"

namespace crosspoint::calendar {
namespace {

constexpr size_t kLongestRule = 512;

struct IteratorDeleter {
  void operator()(icalrecur_iterator* iterator) const { icalrecur_iterator_free(iterator); }
};
using IteratorPtr = std::unique_ptr<icalrecur_iterator, IteratorDeleter>;

icaltimetype ToIcal(const LocalTime& local) {
  icaltimetype time = icaltime_null_time();
  time.year = local.year;
  time.month = local.month;
  time.day = local.day;
  time.hour = local.hour;
  time.minute = local.minute;
  time.second = local.second;
  return time;
}

LocalTime FromIcal(const icaltimetype& time) {
  return {time.year, time.month, time.day, time.hour, time.minute, time.second};
}

bool IsBefore(const icaltimetype& a, const icaltimetype& b) { return icaltime_compare(a, b) < 0; }

}  // namespace

absl::StatusOr<std::vector<LocalTime>> ExpandRule(const std::string& rule, const LocalTime& first,
                                                  const RuleWindow& window, int max_steps) {
  PrepareIcal();
  if (rule.size() > kLongestRule) return absl::InvalidArgumentError("the recurrence rule is too long");
  if (HasOtherCalendar(rule)) return absl::InvalidArgumentError("a recurrence rule of another calendar: " + rule);
  icalrecurrencetype parsed = icalrecurrencetype_from_string(rule.c_str());
  if (parsed.freq == ICAL_NO_RECURRENCE) return absl::InvalidArgumentError("no recurrence rule: " + rule);
  const icaltimetype from = ToIcal(window.from);
  const icaltimetype until = ToIcal(window.until);
  const icaltimetype begin = ToIcal(first);
  // A rule that seldom hits ends at the window instead of running on.
  if (parsed.count == 0 && (icaltime_is_null_time(parsed.until) || IsBefore(until, parsed.until))) parsed.until = until;

  const IteratorPtr iterator(icalrecur_iterator_new(parsed, begin));
  if (!iterator) return absl::InvalidArgumentError("no recurrence rule: " + rule);
  if (parsed.count == 0 && IsBefore(begin, from)) icalrecur_iterator_set_start(iterator.get(), from);

  std::vector<LocalTime> starts;
  for (int step = 0;; ++step) {
    const icaltimetype next = icalrecur_iterator_next(iterator.get());
    if (icaltime_is_null_time(next) || !IsBefore(next, until)) return starts;
    if (step >= max_steps) return absl::ResourceExhaustedError("the series has too many occurrences");
    if (!IsBefore(next, from)) starts.push_back(FromIcal(next));
  }
}

}  // namespace crosspoint::calendar
