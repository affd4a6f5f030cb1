#include "meeting_sync/app/live_link.h"

#include <algorithm>
#include <set>

#include "common/brake/deletion_brake.h"
#include "common/status/status.h"
#include "meeting_sync/app/bridge_reasons.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::seconds;

// Each try reads anew, so more than a few in a row mean that somebody writes without end.
constexpr int kTries = 8;
constexpr seconds kPatience{20};

Deadline Soon() { return std::chrono::steady_clock::now() + kPatience; }

// Whether it may go better later: a single meeting's lasting trouble must not keep a whole mailbox from being read.
bool IsPassing(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
      return true;
    default:
      return false;
  }
}

std::string Named(const std::vector<Field>& fields) {
  std::string names;
  for (const auto field : fields) names += (names.empty() ? "" : ", ") + std::string(NameOf(field));
  return names;
}

// Answers of those invited, which are the mailbox's alone.
void TakeResponses(const MeetingFields& from, MeetingFields& to) {
  for (auto& attendee : to.attendees) {
    const auto known = std::find_if(from.attendees.begin(), from.attendees.end(), [&](const MeetingAttendee& other) {
      return SameAddress(other.email, attendee.email);
    });
    if (known != from.attendees.end()) attendee.response = known->response;
  }
}

// An item that nobody was told of is a draft, unless there is nobody to tell.
bool IsSent(const Meeting& seen, const MeetingFields& fields) {
  return seen.invitations_sent || fields.attendees.empty();
}

}  // namespace

std::vector<LiveLink::Sighting> LiveLink::Sightings(const Mailbox& mailbox, std::span<const CalendarChange> changes,
                                                    const LinkIndex& index) const {
  std::vector<Sighting> sightings;
  for (const auto& change : changes) {
    const auto& entry = change.entry;
    if (change.removed || entry.cancelled || entry.kind == EntryKind::kOccurrence) continue;
    const auto linked = index.by_item.find(KeyOf(entry.item.id));
    if (linked != index.by_item.end()) {
      sightings.push_back({linked->second, entry.item, Claim::kLinked});
      continue;
    }
    const auto named = FromCorrelationId(entry.correlation_id);
    if (named && named->user == mailbox.user) {
      sightings.push_back({*named->bridge_id, entry.item, Claim::kCorrelation});
      continue;
    }
    const auto known = index.by_uid.find(entry.ical_uid);
    if (known != index.by_uid.end()) sightings.push_back({known->second, entry.item, Claim::kUid});
  }
  return sightings;
}

absl::StatusOr<std::vector<MeetingId>> LiveLink::Gone(const Mailbox& mailbox, std::span<const CalendarChange> changes,
                                                      bool reset, const LinkIndex& index) {
  std::vector<MeetingId> gone;
  std::set<ItemKey> seen;
  for (const auto& change : changes) {
    const auto key = KeyOf(change.entry.item.id);
    seen.insert(key);
    const auto linked = index.by_item.find(key);
    if (linked != index.by_item.end() && (change.removed || change.entry.cancelled)) gone.push_back(linked->second);
  }
  if (!reset) return gone;
  // An unmentioned item is no proof of a deletion.
  std::vector<MeetingId> unseen;
  std::vector<std::string> ids;
  for (const auto& [key, id] : index.by_item) {
    if (seen.contains(key)) continue;
    CROSSPOINT_ASSIGN_OR_RETURN(const auto record, parts_.store.Get(mailbox.user, id, Soon()));
    if (!record || !record->link) continue;
    unseen.push_back(id);
    ids.push_back(record->link->item.id);
  }
  if (ids.empty()) return gone;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, parts_.calendar.Confirm(mailbox, ids));
  for (size_t i = 0; i < unseen.size(); ++i) {
    if (!found[i] || found[i]->cancelled) gone.push_back(unseen[i]);
  }
  return gone;
}

absl::Status LiveLink::Follow(const Mailbox& mailbox, std::span<const CalendarChange> changes, bool reset) {
  if (changes.empty() && !reset) return absl::OkStatus();
  const auto& user = mailbox.user;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto index, parts_.store.Links(user, Soon()));
  for (const auto& sighting : Sightings(mailbox, changes, index)) {
    const auto status = TryRepeatedly(mailbox, sighting.id, &sighting, Soon());
    if (status.ok()) continue;
    if (IsPassing(status)) return Annotate(status, "keep a meeting equal");
    parts_.log.Warn("meeting_not_equal",
                    {{"user", user.Name()}, {"meeting", sighting.id.value}, {"problem", MessageOf(status)}});
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto candidates, Gone(mailbox, changes, reset, index));
  std::vector<MeetingId> gone;
  for (const auto& id : candidates) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto record, parts_.store.Get(user, id, Soon()));
    // It may have been moved, and is linked to what it is now.
    const bool still = record && record->link && index.by_item.contains(record->link->key);
    if (still) gone.push_back(id);
  }
  return TakeGone(user, gone, index.by_item.size(), Soon());
}

absl::Status LiveLink::TakeGone(const UserId& owner, const std::vector<MeetingId>& gone, size_t linked,
                                Deadline deadline) {
  if (gone.empty()) return absl::OkStatus();
  CROSSPOINT_ASSIGN_OR_RETURN(auto brake, parts_.store.Brake(owner, deadline));
  if (!brake && !BrakeStops(gone.size(), linked)) {
    for (const auto& id : gone) CROSSPOINT_RETURN_IF_ERROR(CallOff(owner, id, deadline));
    return absl::OkStatus();
  }
  if (!brake) {
    parts_.log.Error("deletion_brake", {{"user", owner.Name()},
                                        {"removals", static_cast<int64_t>(gone.size())},
                                        {"linked", static_cast<int64_t>(linked)}});
    parts_.observer.OnBraked();
    brake = BrakedRun{.removed = {}, .since = parts_.clock.Now()};
  }
  std::set<MeetingId> all(brake->removed.begin(), brake->removed.end());
  all.insert(gone.begin(), gone.end());
  brake->removed.assign(all.begin(), all.end());
  return parts_.store.SetBrake(owner, brake, deadline);
}

absl::StatusOr<bool> LiveLink::Resolve(const UserId& owner, bool proceed, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto brake, parts_.store.Brake(owner, deadline));
  if (!brake) return false;
  for (const auto& id : brake->removed) {
    CROSSPOINT_RETURN_IF_ERROR(proceed ? CallOff(owner, id, deadline) : Keep(owner, id, deadline));
  }
  CROSSPOINT_RETURN_IF_ERROR(parts_.store.SetBrake(owner, std::nullopt, deadline));
  return true;
}

absl::Status LiveLink::CallOff(const UserId& owner, const MeetingId& id, Deadline deadline) {
  for (int i = 0; i < kTries; ++i) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto record, parts_.store.Get(owner, id, deadline));
    if (!record || !record->link) return absl::OkStatus();
    const auto now = parts_.clock.Now();
    if (record->state == BridgeState::kLive) {
      Note(*record, now, "deleted in the mailbox: called off");
      ++record->sequence;
      record->modified = now;
    } else {
      Note(*record, now, "taken out of the mailbox");
    }
    record->state = BridgeState::kCancelled;
    record->link.reset();
    const auto put = parts_.store.Put({.meeting = *record, .expected_revision = record->revision}, deadline);
    if (!HasReason(put.status(), kMeetingChanged)) return put.status();
  }
  return MeetingChanged();
}

absl::Status LiveLink::Keep(const UserId& owner, const MeetingId& id, Deadline deadline) {
  for (int i = 0; i < kTries; ++i) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto record, parts_.store.Get(owner, id, deadline));
    if (!record || !record->link) return absl::OkStatus();
    Note(*record, parts_.clock.Now(), "gone from the mailbox, kept on the bridge by an administrator's word");
    record->link.reset();
    const auto put = parts_.store.Put({.meeting = *record, .expected_revision = record->revision}, deadline);
    if (!HasReason(put.status(), kMeetingChanged)) return put.status();
  }
  return MeetingChanged();
}

absl::Status LiveLink::Reconcile(const Mailbox& mailbox, const MeetingId& id, Deadline deadline) {
  return TryRepeatedly(mailbox, id, nullptr, deadline);
}

absl::Status LiveLink::TryRepeatedly(const Mailbox& mailbox, const MeetingId& id, const Sighting* sighting,
                                     Deadline deadline) {
  auto status = absl::OkStatus();
  for (int i = 0; i < kTries; ++i) {
    status = Try(mailbox, id, sighting, deadline);
    if (!absl::IsAborted(status)) return status;
  }
  return status;
}

absl::StatusOr<std::optional<Meeting>> LiveLink::Read(const Mailbox& mailbox, const ItemRef& item, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, parts_.source.Get(mailbox, {item}, deadline));
  if (found.empty() || !found.front() || found.front()->cancelled) return std::optional<Meeting>();
  return found.front();
}

absl::Status LiveLink::Try(const Mailbox& mailbox, const MeetingId& id, const Sighting* sighting, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto record, parts_.store.Get(mailbox.user, id, deadline));
  if (!record) return absl::OkStatus();
  if (record->state == BridgeState::kCancelled) return TakeOut(mailbox, *record, deadline);
  if (record->link) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto seen, Read(mailbox, record->link->item, deadline));
    if (seen) return Equalize(mailbox, *record, *seen, deadline);
    // Gone under that id. Under a new one it was moved; a copy of one that is still there never gets here.
    if (sighting == nullptr || sighting->claim != Claim::kCorrelation) return absl::OkStatus();
  }
  if (sighting == nullptr) return absl::OkStatus();
  // A meeting on the bridge alone may well be in a calendar as an imported file; that is no second copy of ours.
  if (record->state == BridgeState::kLive && sighting->claim != Claim::kCorrelation) return absl::OkStatus();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto seen, Read(mailbox, sighting->item, deadline));
  if (!seen || !IsSent(*seen, FieldsOf(*seen))) return absl::OkStatus();
  return Commit(mailbox, *record, *seen, deadline);
}

// The sent item was seen: from here on there are two copies. What the record says is what the item says from the first
// moment that anybody can read it.
absl::Status LiveLink::Commit(const Mailbox& mailbox, BridgeMeeting record, const Meeting& seen, Deadline deadline) {
  const auto now = parts_.clock.Now();
  const bool was_prepared = record.state == BridgeState::kPrepared;
  const auto fields = FieldsOf(seen);
  auto base = record.link ? record.link->base : BaseVersion::Of(record.fields);
  // Mail programs carry everything but the state, so its absence is no word against it.
  if (was_prepared && seen.chosen_state.empty()) base.Get(Field::kAvailabilityState).clear();
  MeetingWrite write{.meeting = std::move(record), .expected_revision = 0};
  auto& meeting = write.meeting;
  write.expected_revision = meeting.revision;
  auto merged = Merge(base, {fields, seen.last_modified.value_or(TimePoint{})}, {meeting.fields, meeting.modified});
  meeting.fields = std::move(merged.fields);
  TakeResponses(fields, meeting.fields);
  meeting.state = BridgeState::kLive;
  meeting.link = LinkedItem{.item = seen.item, .key = KeyOf(seen.item.id), .base = BaseVersion::Of(fields)};
  meeting.recurring = seen.recurring;
  if (!seen.ical_uid.empty()) meeting.ical_uid = seen.ical_uid;
  if (!seen.organizer.empty()) meeting.organizer = seen.organizer;
  if (!seen.organizer_name.empty()) meeting.organizer_name = seen.organizer_name;
  if (meeting.placed_claim) write.delete_claim = "b" + meeting.id.value;  // the item's claim takes its place
  meeting.placed_claim = false;
  Note(meeting, now, was_prepared ? "seen in the mailbox, sent: a meeting from now on" : "found in the mailbox again");
  CROSSPOINT_ASSIGN_OR_RETURN(auto stored, parts_.store.Put(write, deadline));
  if (was_prepared) parts_.observer.OnCommitted();
  parts_.log.Info("meeting_committed", {{"user", mailbox.user.Name()}, {"meeting", stored.id.value}});
  return Equalize(mailbox, std::move(stored), seen, deadline);
}

absl::Status LiveLink::Equalize(const Mailbox& mailbox, BridgeMeeting record, const Meeting& seen, Deadline deadline) {
  const auto fields = FieldsOf(seen);
  const auto before = record;
  auto merged =
      Merge(record.link->base, {fields, seen.last_modified.value_or(TimePoint{})}, {record.fields, record.modified});
  const auto now = parts_.clock.Now();
  auto item = seen.item;
  const bool named = seen.correlation_id == record.correlation_id();
  if (!merged.to_mailbox.empty() || !named) {
    CROSSPOINT_ASSIGN_OR_RETURN(item, parts_.writer.Write(mailbox, seen, merged.fields, merged.to_mailbox,
                                                          named ? "" : record.correlation_id(), deadline));
    if (!merged.to_mailbox.empty()) {
      Note(record, now, "written to the mailbox: " + Named(merged.to_mailbox));
      parts_.observer.OnWritten(LinkObserver::Side::kMailbox);
    }
  }
  if (!merged.to_bridge.empty()) {
    Note(record, now, "changed in the mailbox: " + Named(merged.to_bridge));
    ++record.sequence;
    record.modified = now;
    parts_.observer.OnWritten(LinkObserver::Side::kBridge);
  }
  for (const auto& conflict : merged.conflicts) {
    Note(record, now,
         "both sides changed " + std::string(NameOf(conflict.field)) + ": the " +
             (conflict.mailbox_won ? "mailbox's" : "bridge's") + " value was kept, being newer");
    parts_.log.Info("meeting_conflict", {{"user", mailbox.user.Name()},
                                         {"meeting", record.id.value},
                                         {"field", NameOf(conflict.field)},
                                         {"kept", conflict.mailbox_won ? "mailbox" : "bridge"}});
    parts_.observer.OnConflict();
  }
  record.fields = std::move(merged.fields);
  TakeResponses(fields, record.fields);
  record.recurring = seen.recurring;
  record.sequence = std::max(record.sequence, seen.sequence);
  record.link = LinkedItem{.item = std::move(item), .key = record.link->key, .base = BaseVersion::Of(record.fields)};
  if (record == before) return absl::OkStatus();
  return Settle(before, std::move(record), std::move(merged.conflicts), deadline);
}

// Writes what was decided by `before`. Who changed the record meanwhile keeps what they changed; the mailbox has the
// merged version all the same, so that is what both had in common last.
absl::Status LiveLink::Settle(const BridgeMeeting& before, BridgeMeeting merged, std::vector<FieldConflict> conflicts,
                              Deadline deadline) {
  for (int i = 0; i < kTries; ++i) {
    const MeetingWrite write{.meeting = merged, .expected_revision = merged.revision, .conflicts = conflicts};
    const auto put = parts_.store.Put(write, deadline);
    if (!HasReason(put.status(), kMeetingChanged)) return put.status();
    CROSSPOINT_ASSIGN_OR_RETURN(auto newer, parts_.store.Get(before.owner, before.id, deadline));
    if (!newer || !newer->link || newer->state != BridgeState::kLive) return absl::OkStatus();
    for (const auto field : kAllFields) {
      if (TextOf(newer->fields, field) == TextOf(before.fields, field)) CopyField(merged.fields, field, newer->fields);
    }
    newer->link = merged.link;
    newer->sequence = std::max(newer->sequence, merged.sequence);
    merged = *std::move(newer);
  }
  return MeetingChanged();
}

// Called off on the bridge: the calendar item goes too.
absl::Status LiveLink::TakeOut(const Mailbox& mailbox, BridgeMeeting record, Deadline deadline) {
  if (!record.link) return absl::OkStatus();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto seen, Read(mailbox, record.link->item, deadline));
  if (seen) {
    CROSSPOINT_RETURN_IF_ERROR(parts_.writer.Remove(mailbox, *seen, deadline));
    parts_.observer.OnWritten(LinkObserver::Side::kMailbox);
  }
  return CallOff(record.owner, record.id, deadline);
}

}  // namespace crosspoint::meeting_sync
