#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/calendar/ics.h"
#include "meeting_sync/domain/meeting.h"

namespace crosspoint::meeting_sync {

// A meeting of somebody else's calendar, taken from a file: kept beside the user's own, without a conference. A single
// one, or a series with the occurrences that differ.
struct ImportedMeeting {
  std::string uid;
  // Never empty; the series or the single meeting first. Occurrences alone when the series did not come with them.
  std::vector<calendar::IcsEvent> events;
  bool operator==(const ImportedMeeting&) const = default;

  bool cancelled() const {
    return !events.front().recurrence_id && events.front().status == calendar::IcsStatus::kCancelled;
  }
};

// Name of a single meeting, or of a series as a whole.
ItemKey KeyOfImported(std::string_view uid);

struct SkippedEvent {
  std::string uid;
  std::string reason;  // for people
};

struct ImportFile {
  std::vector<ImportedMeeting> meetings;  // in the order of the file, one for each UID
  std::vector<SkippedEvent> skipped;
};

inline constexpr size_t kMaxMeetingsInFile = 500;

// What a calendar file holds for a user. Texts are kept as long as a meeting's may be, descriptions not at all. Events
// that cannot be kept are skipped: without a begin, repeating more than once a day, with more people than a meeting.
//   kInvalidArgument  names "content": no calendar file, one that answers an invitation, or more than 500 meetings
absl::StatusOr<ImportFile> ReadImport(std::string_view ics);

// What is known after `update` has come: a whole meeting replaces an older version, occurrences alone replace theirs.
// The higher sequence is the newer, then the later stamp. Source: RFC 5546, 2.1.5.
ImportedMeeting Merged(const ImportedMeeting& known, const ImportedMeeting& update);

// The meeting, or its occurrences, as far as they overlap the time; none when cancelled.
std::vector<Meeting> MeetingsOf(const ImportedMeeting& imported, TimePoint start, TimePoint end);

// What is shown of it as one: a series' next occurrence after `now`, else its last known one.
Meeting SampleOf(const ImportedMeeting& imported, TimePoint now);

// In one text, and back; nullopt when it is none of ours.
std::string EncodeImported(const ImportedMeeting& imported);
std::optional<ImportedMeeting> DecodeImported(std::string_view text);

}  // namespace crosspoint::meeting_sync
