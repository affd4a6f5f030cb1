#include "meeting_sync/domain/imported_meeting.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "common/calendar/recurrence.h"
#include "common/calendar/time_zone.h"
#include "common/status/status.h"
#include "meeting_sync/domain/ical_uid.h"
#include "meeting_sync/domain/meeting_fields.h"

namespace crosspoint::meeting_sync {
namespace {

using calendar::IcsEvent;
constexpr int kMaxSteps = 20'000;  // of a rule that is counted from its beginning
constexpr size_t kLongestUid = 512;
constexpr size_t kLongestUrl = 2'048;
constexpr size_t kMostExceptions = 500;
constexpr std::chrono::hours kLongest{24 * 366};

absl::Status BadContent(std::string_view what) { return InvalidField("content", what); }

// At most `characters` of valid UTF-8, none of them cut in two.
void Shorten(std::string& text, size_t characters) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins && count++ == characters) return text.resize(i);
  }
}

std::string ReasonAgainst(const IcsEvent& event) {
  if (event.uid.size() > kLongestUid) return "its UID is longer than 512 bytes";
  if (event.attendees.size() > kMaxAttendees) return "it has more than 500 attendees";
  if (event.exdates.size() + event.rdates.size() > kMostExceptions) return "it has more than 500 exceptions";
  if (event.end - event.start > kLongest) return "it is longer than a year";
  if (event.rrule.empty()) return "";
  for (const auto* often : {"FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY", "BYHOUR=", "BYMINUTE=", "BYSECOND="}) {
    if (event.rrule.find(often) != std::string::npos) return "it repeats more than once a day";
  }
  const auto first = calendar::ToLocal(event.start, event.time_zone);
  auto later = first;
  later.year += 4;
  const auto starts = calendar::ExpandRule(event.rrule, first, {first, later}, kMaxSteps);
  return starts.ok() ? "" : "its recurrence rule cannot be followed";
}

void Prepare(IcsEvent& event) {
  event.description.clear();
  Shorten(event.summary, kMaxTextCharacters);
  Shorten(event.location, kMaxTextCharacters);
  if (event.url.size() > kLongestUrl) event.url.clear();
  if (event.organizer) Shorten(event.organizer->name, kMaxTextCharacters);
  for (auto& attendee : event.attendees) Shorten(attendee.person.name, kMaxTextCharacters);
  event.conferences.clear();
  if (event.all_day && event.time_zone.empty()) event.time_zone = "Etc/UTC";
}

// A file without UIDs, which programs should not but do write, is the same file the next time.
std::string UidOf(const IcsEvent& event) {
  if (!event.uid.empty()) return PlainUid(event.uid);
  return "no-uid-" + KeyOf(event.summary + "\n" + std::to_string(event.start.time_since_epoch().count())).value;
}

ShowAs ShowAsOf(const IcsEvent& event) {
  if (event.busy_status == "FREE") return ShowAs::kFree;
  if (event.busy_status == "TENTATIVE") return ShowAs::kTentative;
  if (event.busy_status == "OOF") return ShowAs::kOutOfOffice;
  if (event.busy_status == "WORKINGELSEWHERE") return ShowAs::kWorkingElsewhere;
  if (event.transparent) return ShowAs::kFree;
  return event.status == calendar::IcsStatus::kTentative ? ShowAs::kTentative : ShowAs::kBusy;
}

MeetingAttendee AttendeeOf(const calendar::IcsAttendee& from) {
  MeetingAttendee to{.email = from.person.email, .display_name = from.person.name};
  if (from.role == calendar::IcsRole::kOptional) to.role = AttendeeRole::kOptional;
  if (from.resource) to.role = AttendeeRole::kResource;
  if (from.response == calendar::IcsPartStat::kAccepted) to.response = AttendeeResponse::kAccepted;
  if (from.response == calendar::IcsPartStat::kTentative) to.response = AttendeeResponse::kTentative;
  if (from.response == calendar::IcsPartStat::kDeclined) to.response = AttendeeResponse::kDeclined;
  return to;
}

Meeting MeetingOf(const std::string& uid, const IcsEvent& event, std::optional<TimePoint> occurrence) {
  Meeting meeting{.subject = event.summary,
                  .start = event.start,
                  .end = event.end,
                  .all_day = event.all_day,
                  .time_zone = event.time_zone,
                  .location = event.location,
                  .show_as = ShowAsOf(event),
                  .cancelled = event.status == calendar::IcsStatus::kCancelled,
                  .ical_uid = uid,
                  .sequence = event.sequence,
                  .created = event.created,
                  .last_modified = event.last_modified};
  meeting.key = KeyOfImported(uid);
  if (occurrence) {
    meeting.key = KeyOfImported(uid + "\n" + std::to_string(occurrence->time_since_epoch().count()));
    meeting.recurring = true;
    meeting.recurrence_id = occurrence;
  }
  if (event.organizer) {
    meeting.organizer = event.organizer->email;
    meeting.organizer_name = event.organizer->name;
  }
  for (const auto& attendee : event.attendees) meeting.attendees.push_back(AttendeeOf(attendee));
  if (event.privacy == calendar::IcsClass::kPrivate) meeting.privacy = Privacy::kPrivate;
  if (event.privacy == calendar::IcsClass::kConfidential) meeting.privacy = Privacy::kConfidential;
  return meeting;
}

// Begins of a series by its rule and dates; its own begin always counts. Source: RFC 5545, 3.8.5.3.
std::set<TimePoint> Begins(const IcsEvent& series, TimePoint start, TimePoint end) {
  const auto length = series.end - series.start;
  const auto& zone = series.time_zone;
  std::set<TimePoint> begins(series.rdates.begin(), series.rdates.end());
  begins.insert(series.start);
  const auto first = calendar::ToLocal(series.start, zone);
  const calendar::RuleWindow window{calendar::ToLocal(start - length, zone), calendar::ToLocal(end, zone)};
  if (const auto hits = calendar::ExpandRule(series.rrule, first, window, kMaxSteps); hits.ok()) {
    for (const auto& hit : *hits) begins.insert(calendar::FromLocal(hit, zone));
  }
  for (const auto exception : series.exdates) begins.erase(exception);
  return begins;
}

bool IsSeries(const IcsEvent& event) { return !event.recurrence_id && (!event.rrule.empty() || !event.rdates.empty()); }

bool Overlaps(const Meeting& meeting, TimePoint start, TimePoint end) {
  // One without length overlaps the time that it begins in.
  return meeting.start < end && (meeting.end > start || (meeting.end == meeting.start && meeting.start >= start));
}

}  // namespace

ItemKey KeyOfImported(std::string_view uid) { return KeyOf("imported\n" + std::string(uid)); }

absl::StatusOr<ImportFile> ReadImport(std::string_view ics) {
  auto parsed = calendar::ParseIcs(ics);
  if (!parsed.ok()) return BadContent("an iCalendar file (RFC 5545) of at most 1 MiB: " + MessageOf(parsed.status()));
  const auto& method = parsed->method;
  if (method == "REPLY" || method == "REFRESH" || method == "COUNTER" || method == "DECLINECOUNTER") {
    return BadContent("a file with meetings; this one answers an invitation (" + method + ")");
  }
  ImportFile file;
  std::map<std::string, std::vector<IcsEvent>> by_uid;
  std::vector<std::string> order;
  for (int i = 0; i < parsed->skipped; ++i) file.skipped.push_back({"", "it has no begin that can be read"});
  for (auto& event : parsed->events) {
    if (auto reason = ReasonAgainst(event); !reason.empty()) {
      file.skipped.push_back({event.uid.substr(0, kLongestUid), std::move(reason)});
      continue;
    }
    Prepare(event);
    event.uid = UidOf(event);
    if (method == "CANCEL") event.status = calendar::IcsStatus::kCancelled;
    auto& events = by_uid[event.uid];
    if (events.empty()) order.push_back(event.uid);
    events.push_back(std::move(event));
  }
  if (order.size() > kMaxMeetingsInFile) return BadContent("at most 500 meetings");
  for (const auto& uid : order) {
    auto& events = by_uid[uid];
    std::stable_partition(events.begin(), events.end(), [](const IcsEvent& event) { return !event.recurrence_id; });
    // Of two that are no occurrences the later in the file holds.
    while (events.size() > 1 && !events[1].recurrence_id) events.erase(events.begin());
    if (events.size() > kMostExceptions) {
      file.skipped.push_back({uid, "more than 500 of its occurrences differ"});
      continue;
    }
    file.meetings.push_back({uid, std::move(events)});
  }
  return file;
}

ImportedMeeting Merged(const ImportedMeeting& known, const ImportedMeeting& update) {
  const auto is_older = [](const IcsEvent& a, const IcsEvent& b) {
    return std::tie(a.sequence, a.stamp) < std::tie(b.sequence, b.stamp);
  };
  const auto& first = update.events.front();
  const bool whole = !first.recurrence_id;
  if (whole && (known.events.front().recurrence_id || !is_older(first, known.events.front()))) return update;
  if (whole) return known;
  auto merged = known;
  for (const auto& event : update.events) {
    const auto same = std::find_if(merged.events.begin(), merged.events.end(),
                                   [&](const IcsEvent& other) { return other.recurrence_id == event.recurrence_id; });
    if (same == merged.events.end()) {
      if (merged.events.size() < kMostExceptions) merged.events.push_back(event);
    } else if (!is_older(event, *same)) {
      *same = event;
    }
  }
  return merged;
}

std::vector<Meeting> MeetingsOf(const ImportedMeeting& imported, TimePoint start, TimePoint end) {
  std::vector<Meeting> meetings;
  if (imported.cancelled()) return meetings;
  const auto& series = imported.events.front();
  const auto add = [&](Meeting meeting) {
    if (!meeting.cancelled && Overlaps(meeting, start, end)) meetings.push_back(std::move(meeting));
  };
  std::set<TimePoint> replaced;
  for (const auto& event : imported.events) {
    if (!event.recurrence_id) continue;
    replaced.insert(*event.recurrence_id);
    add(MeetingOf(imported.uid, event, event.recurrence_id));
  }
  if (series.recurrence_id) return meetings;
  if (!IsSeries(series)) {
    add(MeetingOf(imported.uid, series, std::nullopt));
    return meetings;
  }
  for (const auto begin : Begins(series, start, end)) {
    if (replaced.contains(begin)) continue;
    auto meeting = MeetingOf(imported.uid, series, begin);
    meeting.end = begin + (series.end - series.start);
    meeting.start = begin;
    add(std::move(meeting));
  }
  return meetings;
}

Meeting SampleOf(const ImportedMeeting& imported, TimePoint now) {
  constexpr std::chrono::hours kAhead{2 * 366 * 24};
  auto coming = MeetingsOf(imported, now, now + kAhead);
  const auto first =
      std::min_element(coming.begin(), coming.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  if (first != coming.end()) return *first;
  const auto& event = imported.events.front();
  return MeetingOf(imported.uid, event, IsSeries(event) ? std::optional(event.start) : event.recurrence_id);
}

std::string EncodeImported(const ImportedMeeting& imported) {
  return calendar::WriteIcs(calendar::IcsFile{.events = imported.events});
}

std::optional<ImportedMeeting> DecodeImported(std::string_view text) {
  auto file = calendar::ParseIcs(text);
  if (!file.ok() || file->events.empty()) return std::nullopt;
  for (auto& event : file->events) {
    if (event.all_day && event.time_zone.empty()) event.time_zone = "Etc/UTC";
  }
  ImportedMeeting imported{file->events.front().uid, std::move(file->events)};
  return imported;
}

}  // namespace crosspoint::meeting_sync
