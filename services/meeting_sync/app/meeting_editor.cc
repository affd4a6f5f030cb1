#include "meeting_sync/app/meeting_editor.h"

#include <algorithm>

#include "common/status/status.h"
#include "meeting_sync/app/bridge_reasons.h"
#include "meeting_sync/app/invitations.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

constexpr int kTries = 8;

absl::Status NoSuchMeeting() { return NotThere("no such meeting"); }

// What differs so that a mailbox would notice.
std::vector<Field> Differing(const MeetingFields& before, const MeetingFields& after) {
  std::vector<Field> changed;
  for (const auto field : kAllFields) {
    if (TextOf(before, field) != TextOf(after, field)) changed.push_back(field);
  }
  return changed;
}

std::string Named(const std::vector<Field>& fields) {
  if (fields.empty()) return "details";
  std::string names;
  for (const auto field : fields) names += (names.empty() ? "" : ", ") + std::string(NameOf(field));
  return names;
}

}  // namespace

std::string EtagOf(const Meeting& meeting) {
  return meeting.bridge_id ? "r" + std::to_string(meeting.revision) : meeting.item.change_key;
}

absl::StatusOr<BridgeMeeting> MeetingEditor::ChangeRecord(const UserId& owner, const MeetingId& id,
                                                          const MeetingEdit& edit, Deadline deadline) {
  for (int i = 0; i < kTries; ++i) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto record, parts_.store.Get(owner, id, deadline));
    if (!record || record->state != BridgeState::kLive) return NoSuchMeeting();
    if (!edit.etag.empty() && edit.etag != EtagOf(ToMeeting(*record))) return MeetingChanged();
    const auto before = record->fields;
    edit.change(record->fields);
    if (record->fields == before) return *std::move(record);
    CROSSPOINT_RETURN_IF_ERROR(CheckFields(record->fields));
    const auto changed = Differing(before, record->fields);
    if (record->recurring && TextOf(before, Field::kTime) != TextOf(record->fields, Field::kTime)) {
      return Refused(absl::StatusCode::kFailedPrecondition, "SERIES_TIME",
                     "when a series takes place is changed in the mail program");
    }
    const auto now = parts_.clock.Now();
    record->modified = now;
    ++record->sequence;
    Note(*record, now, "changed on the bridge: " + Named(changed));
    MeetingWrite write{.meeting = *record, .expected_revision = record->revision};
    if (record->link) {
      write.push = !changed.empty();
    } else {
      const bool had_claim = record->placed_claim;
      write = GoLive(*record, now);
      if (had_claim && !write.put_claim) write.delete_claim = "b" + id.value;
    }
    auto stored = parts_.store.Put(write, deadline);
    if (!HasReason(stored.status(), kMeetingChanged)) return stored;
  }
  return MeetingChanged();
}

absl::StatusOr<BridgeMeeting> MeetingEditor::CallOffRecord(const UserId& owner, const MeetingId& id,
                                                           Deadline deadline) {
  for (int i = 0; i < kTries; ++i) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto record, parts_.store.Get(owner, id, deadline));
    if (!record || record->state == BridgeState::kPrepared) return NoSuchMeeting();
    if (record->state == BridgeState::kCancelled) return *std::move(record);
    const auto now = parts_.clock.Now();
    record->state = BridgeState::kCancelled;
    record->modified = now;
    ++record->sequence;
    Note(*record, now, "called off on the bridge");
    MeetingWrite write{.meeting = *record, .expected_revision = record->revision};
    write.push = record->link.has_value();
    if (record->placed_claim) write.delete_claim = "b" + id.value;
    write.meeting.placed_claim = false;
    auto stored = parts_.store.Put(write, deadline);
    if (!HasReason(stored.status(), kMeetingChanged)) return stored;
  }
  return MeetingChanged();
}

absl::StatusOr<Meeting> MeetingEditor::Find(const MeetingName& name, Viewer viewer, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto meeting, parts_.book.Get(name, Viewer::kOwner, deadline));
  if (viewer != Viewer::kOwner && meeting.privacy != Privacy::kPublic) {
    return Refused(absl::StatusCode::kPermissionDenied, "PRIVATE_MEETING", "a private meeting is its owner's alone");
  }
  return meeting;
}

absl::StatusOr<Mailbox> MeetingEditor::OwnMailbox(const UserId& owner, const Meeting& seen) {
  if (IsForeign(seen)) {
    return Refused(absl::StatusCode::kFailedPrecondition, "IMPORTED_MEETING",
                   "the meeting came from a calendar file: import a newer one");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, parts_.users.Find(owner));
  if (!seen.organizer.empty() && !user.Owns(seen.organizer)) {
    return Refused(absl::StatusCode::kFailedPrecondition, "NOT_THE_ORGANIZER",
                   "the meeting is changed by who has called it");
  }
  if (!user.mailbox) return NoSuchMeeting();
  return *user.mailbox;
}

absl::StatusOr<Meeting> MeetingEditor::ChangeItem(const Meeting& seen, const MeetingEdit& edit, Deadline deadline) {
  if (!edit.etag.empty() && edit.etag != EtagOf(seen)) return MeetingChanged();
  auto fields = FieldsOf(seen);
  edit.change(fields);
  const auto changed = Differing(FieldsOf(seen), fields);
  if (changed.empty()) return seen;
  CROSSPOINT_RETURN_IF_ERROR(CheckFields(fields));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto mailbox, OwnMailbox(edit.name.user, seen));
  const auto written = parts_.writer.Write(mailbox, seen, fields, changed, "", deadline);
  if (absl::IsAborted(written.status())) return MeetingChanged();
  if (!written.ok()) return written.status();
  return parts_.book.Get(edit.name, Viewer::kOwner, deadline);
}

absl::StatusOr<Meeting> MeetingEditor::Update(const MeetingEdit& edit, Viewer viewer, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto seen, Find(edit.name, viewer, deadline));
  if (!seen.bridge_id) return ChangeItem(seen, edit, deadline);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto record, ChangeRecord(edit.name.user, *seen.bridge_id, edit, deadline));
  return ToMeeting(record);
}

absl::StatusOr<Meeting> MeetingEditor::Cancel(const MeetingName& name, Viewer viewer, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto seen, Find(name, viewer, deadline));
  if (seen.bridge_id) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto record, CallOffRecord(name.user, *seen.bridge_id, deadline));
    return ToMeeting(record);
  }
  if (parts_.foreign != nullptr && IsForeign(seen)) {
    CROSSPOINT_RETURN_IF_ERROR(parts_.foreign->Remove(name.user, seen.key, deadline).status());
    seen.cancelled = true;
    return seen;
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto mailbox, OwnMailbox(name.user, seen));
  const auto removed = parts_.writer.Remove(mailbox, seen, deadline);
  if (absl::IsAborted(removed)) return MeetingChanged();
  if (!removed.ok()) return removed;
  seen.cancelled = true;
  return seen;
}

}  // namespace crosspoint::meeting_sync
