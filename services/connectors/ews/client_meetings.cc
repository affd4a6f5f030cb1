#include "common/status/status.h"
#include "connectors/ews/calendar_facts.h"
#include "connectors/ews/client.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/transport.h"

namespace crosspoint::ews {
namespace {

// The same as a server says that looks at change keys.
absl::Status Conflict(std::string_view why) { return StatusFromResponseCode("ErrorIrresolvableConflict", why); }

std::vector<PropertyPath> PathsOf(const CalendarUpdate& update) {
  std::vector<PropertyPath> paths = update.delete_properties;
  for (const ExtendedProperty& property : update.set_properties) paths.push_back(property.path);
  return paths;
}

}  // namespace

absl::StatusOr<ItemId> EwsClient::UpdateCalendarItemVerified(const CalendarItem& seen, const CalendarUpdate& update,
                                                             Invitations invitations, const EwsCall& call) {
  const std::vector<PropertyPath> paths = PathsOf(update);
  CROSSPOINT_ASSIGN_OR_RETURN(const CalendarItem now, GetCalendarItem(seen.id, paths, Detail::kFacts, call));
  if (!IsSameVersion(seen, now)) return Conflict("the item changed since it was read");
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemId id, UpdateCalendarItem(now.id, update, invitations, call));
  CROSSPOINT_ASSIGN_OR_RETURN(const CalendarItem after, GetCalendarItem(ItemId{id.id.empty() ? now.id.id : id.id, ""},
                                                                        paths, Detail::kFacts, call));
  if (!Shows(after, update)) return Conflict("the item does not show what was set");
  return after.id;
}

absl::Status EwsClient::AnswerMeeting(const ItemId& id, MeetingAnswer answer, AnswerDelivery delivery,
                                      const std::optional<Body>& message, const EwsCall& call) {
  return transport_
      ->Call("CreateItem", WriteAnswerMeeting(transport_->Header(call), id, answer, delivery, message), call,
             Effect::kWrites, ReadCreateItem)
      .status();
}

absl::Status EwsClient::CancelMeeting(const ItemId& id, const std::optional<Body>& message, const EwsCall& call) {
  return transport_
      ->Call("CreateItem", WriteCancelMeeting(transport_->Header(call), id, message), call, Effect::kWrites,
             ReadCreateItem)
      .status();
}

}  // namespace crosspoint::ews
