#include "meeting_sync/app/meeting_import.h"

#include <algorithm>

#include "common/status/status.h"
#include "meeting_sync/app/bridge_reasons.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

constexpr int kMaxAttempts = 5;
// Occurrences are found by name this far from now.
constexpr std::chrono::hours kReach{2 * 366 * 24};

}  // namespace

absl::Status MeetingImport::Keep(const UserId& user, const std::vector<ImportedMeeting>& foreign, ImportResult& result,
                                 Deadline deadline) {
  for (int attempt = 1;; ++attempt) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto table, imports_.Load(user, deadline));
    std::vector<ImportedMeeting> changed;
    std::vector<Meeting> shown;
    for (const auto& meeting : foreign) {
      const auto known = table.meetings.find(KeyOfImported(meeting.uid));
      auto now = known == table.meetings.end() ? meeting : Merged(known->second, meeting);
      shown.push_back(SampleOf(now, clock_.Now()));
      if (known == table.meetings.end() || now != known->second) changed.push_back(std::move(now));
    }
    const auto status = changed.empty() ? absl::OkStatus() : imports_.Put(user, changed, table.revision, deadline);
    if (HasReason(status, kMeetingChanged) && attempt < kMaxAttempts) continue;
    if (status.ok()) std::move(shown.begin(), shown.end(), std::back_inserter(result.meetings));
    return status;
  }
}

absl::StatusOr<ImportResult> MeetingImport::Import(const UserId& user, std::string_view ics, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto file, ReadImport(ics));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto mode, modes_(user));
  ImportResult result{.skipped = std::move(file.skipped)};
  std::vector<ImportedMeeting> foreign;
  for (auto& meeting : file.meetings) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto own, meetings_.FindByUid(user, meeting.uid, deadline));
    if (own && own->state == BridgeState::kLive) {
      result.meetings.push_back(ToMeeting(*own));
    } else {
      foreign.push_back(std::move(meeting));
    }
  }
  if (foreign.empty()) return result;
  if (HasLiveLink(mode)) {
    return Refused(absl::StatusCode::kFailedPrecondition, "CALENDAR_IN_OUTLOOK",
                   "the list of meetings comes from the mailbox: open the file in Outlook, and it is listed");
  }
  CROSSPOINT_RETURN_IF_ERROR(Keep(user, foreign, result, deadline));
  return result;
}

absl::StatusOr<std::vector<Meeting>> MeetingImport::List(const UserId& user, TimePoint start, TimePoint end,
                                                         Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto table, imports_.Load(user, deadline));
  std::vector<Meeting> meetings;
  for (const auto& [key, imported] : table.meetings) {
    auto part = MeetingsOf(imported, start, end);
    std::move(part.begin(), part.end(), std::back_inserter(meetings));
  }
  return meetings;
}

absl::StatusOr<std::optional<MeetingImport::Found>> MeetingImport::Lookup(const UserId& user, const ItemKey& key,
                                                                          Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto table, imports_.Load(user, deadline));
  const auto now = clock_.Now();
  for (const auto& [record, imported] : table.meetings) {
    const auto& first = imported.events.front();
    const auto from = std::min(now - kReach, first.start - std::chrono::hours{24});
    for (auto& meeting : MeetingsOf(imported, from, now + kReach)) {
      if (meeting.key == key) return std::optional(Found{record, std::move(meeting)});
    }
  }
  return std::optional<Found>();
}

absl::StatusOr<std::optional<Meeting>> MeetingImport::Find(const UserId& user, const ItemKey& key, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto found, Lookup(user, key, deadline));
  return found ? std::optional(std::move(found->meeting)) : std::nullopt;
}

absl::StatusOr<bool> MeetingImport::Remove(const UserId& user, const ItemKey& key, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, Lookup(user, key, deadline));
  if (!found) return false;
  CROSSPOINT_RETURN_IF_ERROR(imports_.Remove(user, found->record, deadline));
  return true;
}

}  // namespace crosspoint::meeting_sync
