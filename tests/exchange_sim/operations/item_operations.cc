#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/item_fields.h"
#include "exchange_sim/items/meetings.h"
#include "exchange_sim/operations/item_answers.h"

namespace crosspoint::exchange_sim {
namespace {

absl::StatusOr<std::string> DeleteOne(Call& call, pugi::xml_node id, Disposal disposal) {
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemTarget target, ItemOf(call, id, Need::kWrite));
  Mailbox& mailbox = *target.mailbox;
  Item& item = *target.item;
  if (item.kind != ItemKind::kCalendarItem) {
    call.store.Remove(mailbox, item.number, disposal);
    return std::string();
  }
  const std::string_view attribute = call.request.attribute("SendMeetingCancellations").value();
  if (attribute.empty()) {
    return EwsError("ErrorSendMeetingCancellationsRequired",
                    "SendMeetingCancellations attribute is required for calendar items.");
  }
  const Sending sending = ParseSending(attribute);
  const bool send = item.is_organizer && item.invitations_sent && sending.to_attendees;
  if (!target.is_occurrence) {
    if (send) SendCancellations(call.store, mailbox, item, sending, std::nullopt);
    call.store.Remove(mailbox, item.number, disposal);
    return std::string();
  }
  CROSSPOINT_RETURN_IF_ERROR(target.View().status());
  item.exceptions[target.original_start] = OccurrenceChange{.deleted = true};
  call.store.Touch(mailbox, item);
  if (send) SendCancellations(call.store, mailbox, item, sending, target.original_start);
  return std::string();
}

}  // namespace

Answer GetItem(Call& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemShape shape, ParseItemShape(call.request.child("m:ItemShape")));
  Messages messages("GetItem");
  for (const pugi::xml_node id : Elements(call.request.child("m:ItemIds"))) {
    const auto content = [&]() -> absl::StatusOr<std::string> {
      CROSSPOINT_ASSIGN_OR_RETURN(const ItemTarget target, ItemOf(call, id));
      CROSSPOINT_ASSIGN_OR_RETURN(const ItemView view, target.View());
      XmlWriter out;
      out.Open("m:Items");
      WriteItem(out, view, shape, false);
      out.Close();
      return out.Take();
    }();
    if (!content.ok() && ConcernsRequest(content.status())) return content.status();
    messages.Add(content, kNoItems);
  }
  return messages.Take();
}

Answer DeleteItem(Call& call) {
  const std::string_view type = call.request.attribute("DeleteType").value();
  const bool hard = type == "HardDelete";
  const bool soft = type == "SoftDelete";
  if (!hard && !soft && type != "MoveToDeletedItems") return SchemaError("The 'DeleteType' attribute is invalid.");
  const Disposal disposal = hard ? Disposal::kHardDelete : soft ? Disposal::kSoftDelete : Disposal::kMoveToDeletedItems;
  const auto ids = Elements(call.request.child("m:ItemIds"));
  if (ids.empty()) return SchemaError("The element 'ItemIds' has incomplete content.");
  Messages messages("DeleteItem");
  for (const pugi::xml_node id : ids) {
    const auto content = DeleteOne(call, id, disposal);
    if (!content.ok() && ConcernsRequest(content.status())) return content.status();
    messages.Add(content);
  }
  return messages.Take();
}

}  // namespace crosspoint::exchange_sim
