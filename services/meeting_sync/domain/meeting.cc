#include "meeting_sync/domain/meeting.h"

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
  return MeetingName{*std::move(user), ItemKey{std::string(segment.front() == 'm' ? segment.substr(1) : "")}};
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
  return shown;
}

}  // namespace crosspoint::meeting_sync
