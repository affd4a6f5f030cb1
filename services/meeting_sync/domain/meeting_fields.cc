#include "meeting_sync/domain/meeting_fields.h"

#include <algorithm>
#include <set>

#include "common/status/status.h"

namespace crosspoint::meeting_sync {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string Folded(std::string_view text) {
  std::string folded(text);
  std::transform(folded.begin(), folded.end(), folded.begin(), Lower);
  return folded;
}

// A mailbox knows presenters as people who are required.
char RoleLetter(AttendeeRole role) {
  switch (role) {
    case AttendeeRole::kOptional:
      return 'o';
    case AttendeeRole::kResource:
      return 'x';
    case AttendeeRole::kRequired:
    case AttendeeRole::kPresenter:
      break;
  }
  return 'r';
}

std::string AttendeesText(const std::vector<MeetingAttendee>& attendees) {
  std::set<std::string> lines;
  for (const auto& attendee : attendees) lines.insert(Folded(attendee.email) + " " + RoleLetter(attendee.role));
  std::string text;
  for (const auto& line : lines) text += (text.empty() ? "" : ", ") + line;
  return text;
}

// "2026-03-01T09:00:00Z".
std::string TimeText(TimePoint time) {
  using namespace std::chrono;
  const auto seconds_ = floor<seconds>(time);
  const auto day = floor<days>(seconds_);
  const year_month_day date(day);
  const hh_mm_ss clock(seconds_ - day);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

std::string_view ShowAsText(ShowAs show_as) {
  switch (show_as) {
    case ShowAs::kFree:
      return "free";
    case ShowAs::kTentative:
      return "tentative";
    case ShowAs::kOutOfOffice:
      return "out of office";
    case ShowAs::kWorkingElsewhere:
      return "working elsewhere";
    case ShowAs::kBusy:
      break;
  }
  return "busy";
}

std::string_view PrivacyText(Privacy privacy) {
  switch (privacy) {
    case Privacy::kPrivate:
      return "private";
    case Privacy::kConfidential:
      return "confidential";
    case Privacy::kPublic:
      break;
  }
  return "public";
}

bool IsOneLine(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Counts what is not a continuation byte of UTF-8.
size_t Characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

absl::Status CheckLine(std::string_view text, const std::string& field) {
  if (Characters(text) > kMaxTextCharacters) return InvalidField(field, "at most 255 characters");
  if (!IsOneLine(text)) return InvalidField(field, "one line without control characters");
  return absl::OkStatus();
}

bool LooksLikeAddress(std::string_view email) {
  const auto at = email.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == email.size() || email.size() > 254) return false;
  return email.find('@', at + 1) == std::string_view::npos && std::none_of(email.begin(), email.end(), [](char c) {
           return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == ',' || c == ';' || c == '<' || c == '>' ||
                  c == '"';
         });
}

absl::Status CheckAttendees(const std::vector<MeetingAttendee>& attendees, const std::string& field) {
  if (attendees.size() > kMaxAttendees) return InvalidField(field, "at most 500");
  std::set<std::string> seen;
  for (size_t i = 0; i < attendees.size(); ++i) {
    const auto at = field + "[" + std::to_string(i) + "]";
    if (!LooksLikeAddress(attendees[i].email)) return InvalidField(at + ".email", "an e-mail address");
    if (!seen.insert(Folded(attendees[i].email)).second) return InvalidField(at + ".email", "each address once");
    CROSSPOINT_RETURN_IF_ERROR(CheckLine(attendees[i].display_name, at + ".display_name"));
  }
  return absl::OkStatus();
}

}  // namespace

bool SameAddress(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view NameOf(Field field) {
  switch (field) {
    case Field::kSubject:
      return "subject";
    case Field::kTime:
      return "time";
    case Field::kLocation:
      return "location";
    case Field::kAttendees:
      return "attendees";
    case Field::kShowAs:
      return "show_as";
    case Field::kAvailabilityState:
      return "availability_state";
    case Field::kPrivacy:
      break;
  }
  return "is_private";
}

std::string TextOf(const MeetingFields& fields, Field field) {
  switch (field) {
    case Field::kSubject:
      return fields.subject;
    case Field::kTime:
      return TimeText(fields.start) + "/" + TimeText(fields.end) + (fields.all_day ? " all day" : "");
    case Field::kLocation:
      return fields.location;
    case Field::kAttendees:
      return AttendeesText(fields.attendees);
    case Field::kShowAs:
      return std::string(ShowAsText(fields.show_as));
    case Field::kAvailabilityState:
      return fields.chosen_state;
    case Field::kPrivacy:
      break;
  }
  return std::string(PrivacyText(fields.privacy));
}

void CopyField(const MeetingFields& from, Field field, MeetingFields& to) {
  switch (field) {
    case Field::kSubject:
      to.subject = from.subject;
      return;
    case Field::kTime:
      to.start = from.start;
      to.end = from.end;
      to.all_day = from.all_day;
      if (!from.time_zone.empty()) to.time_zone = from.time_zone;
      return;
    case Field::kLocation:
      to.location = from.location;
      return;
    case Field::kAttendees: {
      auto attendees = from.attendees;
      for (auto& attendee : attendees) {
        const auto known = std::find_if(to.attendees.begin(), to.attendees.end(),
                                        [&](const auto& other) { return SameAddress(other.email, attendee.email); });
        if (known == to.attendees.end()) continue;
        if (known->role == AttendeeRole::kPresenter && attendee.role == AttendeeRole::kRequired) {
          attendee.role = AttendeeRole::kPresenter;
        }
        if (attendee.display_name.empty()) attendee.display_name = known->display_name;
      }
      to.attendees = std::move(attendees);
      return;
    }
    case Field::kShowAs:
      to.show_as = from.show_as;
      return;
    case Field::kAvailabilityState:
      to.chosen_state = from.chosen_state;
      return;
    case Field::kPrivacy:
      to.privacy = from.privacy;
      return;
  }
}

MeetingFields FieldsOf(const Meeting& meeting) {
  MeetingFields fields{.subject = meeting.subject,
                       .start = meeting.start,
                       .end = meeting.end,
                       .all_day = meeting.all_day,
                       .time_zone = meeting.time_zone,
                       .location = meeting.location,
                       .attendees = meeting.attendees,
                       .show_as = meeting.show_as,
                       .chosen_state = meeting.chosen_state,
                       .privacy = meeting.privacy};
  // Servers count the organizer among those who come, or do not.
  std::erase_if(fields.attendees, [&](const MeetingAttendee& attendee) {
    return attendee.email.empty() || SameAddress(attendee.email, meeting.organizer);
  });
  return fields;
}

absl::Status CheckFields(const MeetingFields& fields, std::string_view prefix) {
  using namespace std::chrono_literals;
  const auto name = [&](std::string_view field) { return std::string(prefix) + "." + std::string(field); };
  CROSSPOINT_RETURN_IF_ERROR(CheckLine(fields.subject, name("subject")));
  CROSSPOINT_RETURN_IF_ERROR(CheckLine(fields.location, name("location")));
  if (fields.end < fields.start) return InvalidField(name("end_time"), "not before start_time");
  if (fields.end - fields.start > 24h * 366) return InvalidField(name("end_time"), "at most a year after start_time");
  if (fields.start < TimePoint{} || fields.end > TimePoint{std::chrono::seconds{7'258'118'400}}) {
    return InvalidField(name("start_time"), "a time of the years 1970 to 2199");
  }
  if (!fields.chosen_state.empty() && !IsValidSegment(fields.chosen_state)) {
    return InvalidField(name("availability_state"), "a key of the availability table, as do-not-disturb");
  }
  if (fields.time_zone.size() > 64 || !IsOneLine(fields.time_zone)) {
    return InvalidField(name("time_zone"), "an IANA name, as Europe/Berlin");
  }
  return CheckAttendees(fields.attendees, name("attendees"));
}

}  // namespace crosspoint::meeting_sync
