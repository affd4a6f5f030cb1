#include "meeting_sync/domain/bridge_meeting.h"

#include <algorithm>

namespace crosspoint::meeting_sync {

void Note(BridgeMeeting& meeting, TimePoint time, std::string text) {
  auto& history = meeting.history;
  if (history.size() >= kMaxHistory) history.erase(history.begin() + 1);
  history.push_back({time, std::move(text)});
}

Meeting ToMeeting(const BridgeMeeting& record) {
  const auto& fields = record.fields;
  Meeting meeting{.key = ItemKey{record.id.value},
                  .subject = fields.subject,
                  .start = fields.start,
                  .end = fields.end,
                  .all_day = fields.all_day,
                  .time_zone = fields.time_zone,
                  .location = fields.location,
                  .organizer = record.organizer,
                  .organizer_name = record.organizer_name,
                  .attendees = fields.attendees,
                  .show_as = fields.show_as,
                  .chosen_state = fields.chosen_state,
                  .cancelled = record.state == BridgeState::kCancelled,
                  .ical_uid = record.ical_uid,
                  .correlation_id = record.correlation_id(),
                  .recurring = record.recurring,
                  .privacy = fields.privacy,
                  .sequence = record.sequence,
                  .created = record.created,
                  .last_modified = record.modified,
                  .bridge_id = record.id,
                  .conference = record.conference,
                  .revision = record.revision};
  if (record.link) meeting.item = record.link->item;
  return meeting;
}

std::optional<MeetingName> FromCorrelationId(std::string_view correlation_id) {
  auto name = MeetingName::Parse(correlation_id);
  if (!name.ok() || !name->bridge_id) return std::nullopt;
  return *std::move(name);
}

std::optional<ConferenceRole> RoleOf(const BridgeMeeting& record, std::string_view email) {
  if (email.empty()) return std::nullopt;
  if (SameAddress(record.organizer, email)) return ConferenceRole::kHost;
  const auto& attendees = record.fields.attendees;
  const auto found = std::find_if(attendees.begin(), attendees.end(),
                                  [&](const MeetingAttendee& attendee) { return SameAddress(attendee.email, email); });
  if (found == attendees.end()) return std::nullopt;
  return found->role == AttendeeRole::kPresenter ? ConferenceRole::kPresenter : ConferenceRole::kAttendee;
}

}  // namespace crosspoint::meeting_sync
