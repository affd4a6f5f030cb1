#include "meeting_sync/app/meeting_join.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "meeting_sync/domain/ical_uid.h"

namespace crosspoint::meeting_sync {
namespace {

// The highest of the roles that the user's addresses have.
std::optional<ConferenceRole> RoleOfUser(const BridgeMeeting& record, const MeetingUser& user) {
  auto role = RoleOf(record, user.address);
  for (const auto& alias : user.aliases) {
    const auto other = RoleOf(record, alias);
    if (other && (!role || *other < *role)) role = other;
  }
  return role;
}

// What a person sees: the newest of each field, as the live link is about to make it on both sides.
void Overlay(const BridgeMeeting& record, Meeting& item) {
  const auto merged = Merge(record.link->base, {FieldsOf(item), item.last_modified.value_or(TimePoint{})},
                            {record.fields, record.modified});
  const auto& fields = merged.fields;
  item.subject = fields.subject;
  item.start = fields.start;
  item.end = fields.end;
  item.all_day = fields.all_day;
  item.location = fields.location;
  item.show_as = fields.show_as;
  item.chosen_state = fields.chosen_state;
  item.privacy = fields.privacy;
  auto attendees = fields.attendees;
  for (auto& attendee : attendees) {
    const auto known = std::find_if(item.attendees.begin(), item.attendees.end(), [&](const MeetingAttendee& other) {
      return SameAddress(other.email, attendee.email);
    });
    if (known != item.attendees.end()) attendee.response = known->response;
  }
  item.attendees = std::move(attendees);
}

}  // namespace

absl::StatusOr<std::optional<Meeting>> MeetingJoin::Joined(const MeetingUser& user, Meeting item, Deadline deadline) {
  const auto named = FromCorrelationId(item.correlation_id);
  if (!named || named->user.tenant != user.user.tenant) return item;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto record, store_.Get(named->user, *named->bridge_id, deadline));
  if (!record) return item;
  if (named->user != user.user) {
    const auto role = RoleOfUser(*record, user);
    if (role && record->state == BridgeState::kLive) item.conference = ForRole(record->conference, *role);
    return item;
  }
  const bool linked = record->link && record->link->key == item.key;
  if (linked && record->state == BridgeState::kCancelled) return std::optional<Meeting>();
  if (record->state != BridgeState::kLive) return item;
  item.conference = record->conference;
  if (!linked) return item;  // an occurrence of the series, or a copy
  item.bridge_id = record->id;
  item.revision = record->revision;
  item.sequence = std::max(item.sequence, record->sequence);
  Overlay(*record, item);
  return item;
}

absl::StatusOr<std::vector<Meeting>> MeetingJoin::BridgeAlone(const MeetingUser& user, TimePoint start, TimePoint end,
                                                              Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto records, store_.List(user.user, start, end, deadline));
  std::vector<Meeting> meetings;
  for (const auto& record : records) {
    if (!record.link || !user.mailbox) meetings.push_back(ToMeeting(record));
  }
  return meetings;
}

absl::StatusOr<std::set<std::string>> MeetingJoin::UidsOfBridgeAlone(const MeetingUser& user, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto index, store_.Links(user.user, deadline));
  std::set<MeetingId> linked;
  for (const auto& [key, id] : index.by_item) linked.insert(id);
  std::set<std::string> uids;
  for (const auto& [uid, id] : index.by_uid) {
    if (linked.contains(id)) continue;
    CROSSPOINT_ASSIGN_OR_RETURN(const auto record, store_.Get(user.user, id, deadline));
    if (record && record->state == BridgeState::kLive) uids.insert(PlainUid(uid));
  }
  return uids;
}

}  // namespace crosspoint::meeting_sync
