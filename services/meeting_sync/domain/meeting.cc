#include "meeting_sync/domain/meeting.h"

#include <algorithm>

#include "common/status/status.h"

namespace crosspoint::meeting_sync {

absl::StatusOr<MeetingName> MeetingName::Parse(std::string_view name, std::string_view field) {
  constexpr std::string_view kPart = "/meetings/";
  const auto refused = [field] { return InvalidField(field, "tenants/{tenant}/users/{user}/meetings/{meeting}"); };
  const auto at = name.rfind(kPart);
  if (at == std::string_view::npos) return refused();
  const auto segment = name.substr(at + kPart.size());
  auto user = UserId::Parse(name.substr(0, at), field);
  if (!user.ok() || !IsValidSegment(segment)) return refused();
  MeetingName parsed{*std::move(user), ItemKey{std::string(segment.front() == 'm' ? segment.substr(1) : "")}, {}};
  if (IsMeetingId(segment)) parsed.bridge_id = MeetingId{std::string(segment)};
  return parsed;
}

std::string MeetingName::Name() const {
  return user.Name() + "/meetings/" + (bridge_id ? bridge_id->value : "m" + key.value);
}

bool IsMeetingId(std::string_view segment) {
  return segment.size() == 27 && segment.front() == 'c' && std::all_of(segment.begin(), segment.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
         });
}

Meeting HidePrivate(const Meeting& meeting) {
  if (meeting.privacy == Privacy::kPublic) return meeting;
  Meeting shown;
  shown.key = meeting.key;
  shown.start = meeting.start;
  shown.end = meeting.end;
  shown.all_day = meeting.all_day;
  shown.time_zone = meeting.time_zone;
  shown.show_as = meeting.show_as;
  shown.cancelled = meeting.cancelled;
  shown.recurring = meeting.recurring;
  shown.recurrence_id = meeting.recurrence_id;
  shown.privacy = meeting.privacy;
  shown.bridge_id = meeting.bridge_id;
  return shown;
}

}  // namespace crosspoint::meeting_sync
