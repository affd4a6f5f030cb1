#include <random>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/delivery.h"
#include "exchange_sim/items/item_edit.h"
#include "exchange_sim/items/item_fields.h"
#include "exchange_sim/items/item_values.h"
#include "exchange_sim/items/seed.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kNoItems = "<m:Items/>";
constexpr Seconds kHalfHour = 1800;

uint64_t RandomNumber() {
  static std::random_device device;  // used with the store locked
  return uint64_t{device()} << 32 | device();
}

bool Sends(std::string_view mode) { return mode.starts_with("SendTo") || mode.starts_with("SendOnly"); }

bool IsSendToNone(std::string_view mode) { return mode == "SendToNone"; }

// Errors of the request as a whole rather than of one item.
bool ConcernsRequest(const absl::Status& status) { return EwsCode(status) == "ErrorSchemaValidation"; }

std::string ItemsOf(const ItemView& view) {
  XmlWriter out;
  out.Open("m:Items").Open("t:CalendarItem");
  WriteItemId(out, "t:ItemId", view);
  out.Close().Close();
  return out.Take();
}

absl::StatusOr<std::string> CreateOne(Call& call, Folder& folder, pugi::xml_node element, std::string_view sending) {
  if (LocalName(element) != "CalendarItem") {
    return EwsError("ErrorInvalidOperation", fmt::format("Items of type {} are not simulated.", LocalName(element)));
  }
  if (sending.empty()) {
    return EwsError("ErrorSendMeetingInvitationsRequired",
                    "SendMeetingInvitations attribute is required for calendar items.");
  }
  if (folder.folder_class != "IPF.Appointment") {
    return EwsError("ErrorCannotCreateCalendarItemInNonCalendarFolder",
                    "Cannot create a calendar item in a folder that is not a calendar folder.");
  }
  Mailbox& mailbox = call.mailbox();
  Item item;
  item.uid = MakeUid(RandomNumber());
  item.zone = call.zone;
  item.start = Now() / kHalfHour * kHalfHour + kHalfHour;
  item.end = item.start - 1;  // shows that no End came
  item.organizer_name = mailbox.person.display_name;
  item.organizer_email = mailbox.person.email;
  ItemEditor editor(call.store, item, nullptr, 1, call.zone);
  CROSSPOINT_RETURN_IF_ERROR(SetAll(editor, element));
  if (!element.child("t:End")) item.end = item.start + kHalfHour;
  CROSSPOINT_RETURN_IF_ERROR(editor.Check());
  item.invitations_sent = HasAttendees(item) && !IsSendToNone(sending);
  const Item& kept = call.store.AddItem(mailbox, folder.number, std::move(item));
  if (kept.invitations_sent && Sends(sending)) DeliverMeeting(call.store, kept);
  return ItemsOf(ViewOf(mailbox, kept));
}

// Whether what the change names was changed by somebody else since the caller's version.
bool Collides(const ItemEditor& editor, pugi::xml_node updates, uint32_t known_version) {
  for (const pugi::xml_node update : Elements(updates)) {
    const auto parts = Elements(update);
    if (!parts.empty() && editor.VersionOf(parts[0]) > known_version) return true;
  }
  return false;
}

absl::Status CheckConflict(const ItemTarget& target, const ItemEditor& editor, pugi::xml_node updates,
                           std::string_view resolution) {
  if (target.change_key.empty()) {
    return EwsError("ErrorChangeKeyRequiredForWriteOperations", "Change key is required for this operation.");
  }
  const auto version = ParseChangeKey(target.change_key);
  if (!version) return EwsError("ErrorInvalidChangeKey", "The change key is invalid.");
  const bool stale = *version != target.item->version;
  if (!stale || resolution == "AlwaysOverwrite") return absl::OkStatus();
  if (resolution == "AutoResolve" && !Collides(editor, updates, *version)) return absl::OkStatus();
  return EwsError("ErrorIrresolvableConflict",
                  "The send or update operation could not be performed because the change key passed in the request "
                  "does not match the current change key for the item.");
}

absl::Status ApplyUpdate(ItemEditor& editor, pugi::xml_node update) {
  const auto parts = Elements(update);
  if (parts.empty()) return SchemaError("a change description needs a path");
  const std::string_view kind = LocalName(update);
  if (kind == "DeleteItemField") return editor.Delete(parts[0]);
  if (kind == "AppendToItemField") {
    return EwsError("ErrorInvalidPropertyAppend", "Append action is invalid for property.");
  }
  if (kind != "SetItemField" || parts.size() != 2) return SchemaError("unknown change description");
  if (LocalName(parts[1]) != "CalendarItem") {
    return EwsError("ErrorInvalidPropertySet", "The object type does not match the item.");
  }
  const auto values = Elements(parts[1]);
  if (values.size() != 1) {
    return EwsError("ErrorIncorrectUpdatePropertyCount", "A change description must set exactly one property.");
  }
  if (LocalName(parts[0]) == "FieldURI") {
    const Field* field = FieldByUri(parts[0].attribute("FieldURI").value());
    if (field == nullptr || field->element != LocalName(values[0])) {
      return EwsError("ErrorUpdatePropertyMismatch", "The property in the path is not the one in the item.");
    }
  } else if (LocalName(values[0]) != "ExtendedProperty") {
    return EwsError("ErrorUpdatePropertyMismatch", "The property in the path is not the one in the item.");
  }
  return editor.Set(values[0]);
}

// Applies everything to a copy, so that a change that is refused half way leaves nothing behind.
absl::StatusOr<Item> Updated(Call& call, const ItemTarget& target, pugi::xml_node updates,
                             std::string_view resolution) {
  Item edited = *target.item;
  OccurrenceChange* change = nullptr;
  if (target.is_occurrence) {
    CROSSPOINT_ASSIGN_OR_RETURN(const ItemView view, target.View(call.mailbox()));
    change = &edited.exceptions[target.original_start];
    // An exception keeps its times even when the update is about something else.
    change->start = view.start;
    change->end = view.end;
  }
  ItemEditor editor(call.store, edited, change, edited.version + 1, edited.zone);
  CROSSPOINT_RETURN_IF_ERROR(CheckConflict(target, editor, updates, resolution));
  for (const bool zones : {true, false}) {  // zones first: times without an offset are read in them
    for (const pugi::xml_node update : Elements(updates)) {
      const auto parts = Elements(update);
      const std::string_view uri = parts.empty() ? "" : parts[0].attribute("FieldURI").value();
      if ((uri.find("TimeZone") != std::string_view::npos) == zones)
        CROSSPOINT_RETURN_IF_ERROR(ApplyUpdate(editor, update));
    }
  }
  CROSSPOINT_RETURN_IF_ERROR(editor.Check());
  return edited;
}

absl::StatusOr<std::string> UpdateOne(Call& call, pugi::xml_node change) {
  const auto parts = Elements(change);
  if (parts.size() != 2) return SchemaError("an ItemChange holds an id and updates");
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemTarget target, ItemOf(call, parts[0]));
  const std::string_view sending = call.request.attribute("SendMeetingInvitationsOrCancellations").value();
  if (sending.empty()) {
    return EwsError("ErrorSendMeetingInvitationsOrCancellationsRequired",
                    "SendMeetingInvitationsOrCancellations attribute is required for calendar items.");
  }
  const std::string_view resolution = call.request.attribute("ConflictResolution").value();
  CROSSPOINT_ASSIGN_OR_RETURN(Item edited, Updated(call, target, parts[1], resolution));
  Mailbox& mailbox = call.mailbox();
  const bool send = edited.is_organizer && Sends(sending) && (HasAttendees(edited) || edited.invitations_sent);
  if (send) {
    edited.invitations_sent = true;
    ++edited.sequence;
  }
  Item& kept = *target.item;
  kept = std::move(edited);
  call.store.Touch(mailbox, kept);
  if (send) DeliverMeeting(call.store, kept);
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemView view, target.View(mailbox));
  return ItemsOf(view) + "<m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>";
}

absl::StatusOr<std::string> DeleteOne(Call& call, pugi::xml_node id, Disposal disposal) {
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemTarget target, ItemOf(call, id));
  const std::string_view sending = call.request.attribute("SendMeetingCancellations").value();
  if (sending.empty()) {
    return EwsError("ErrorSendMeetingCancellationsRequired",
                    "SendMeetingCancellations attribute is required for calendar items.");
  }
  Mailbox& mailbox = call.mailbox();
  Item& item = *target.item;
  const bool send = item.is_organizer && item.invitations_sent && Sends(sending);
  if (!target.is_occurrence) {
    if (send) CancelMeeting(call.store, item);
    call.store.Remove(mailbox, item.number, disposal);
    return std::string();
  }
  CROSSPOINT_RETURN_IF_ERROR(target.View(mailbox).status());
  item.exceptions[target.original_start] = OccurrenceChange{.deleted = true};
  call.store.Touch(mailbox, item);
  if (send) DeliverMeeting(call.store, item);
  return std::string();
}

}  // namespace

Answer GetItem(Call& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemShape shape, ParseItemShape(call.request.child("m:ItemShape")));
  Messages messages("GetItem");
  for (const pugi::xml_node id : Elements(call.request.child("m:ItemIds"))) {
    const auto content = [&]() -> absl::StatusOr<std::string> {
      CROSSPOINT_ASSIGN_OR_RETURN(const ItemTarget target, ItemOf(call, id));
      CROSSPOINT_ASSIGN_OR_RETURN(const ItemView view, target.View(call.mailbox()));
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

Answer CreateItem(Call& call) {
  const pugi::xml_node saved = call.request.child("m:SavedItemFolderId");
  const auto ids = Elements(saved);
  const auto items = Elements(call.request.child("m:Items"));
  if (items.empty()) return SchemaError("The element 'Items' has incomplete content.");
  const std::string_view sending = call.request.attribute("SendMeetingInvitations").value();
  Messages messages("CreateItem");
  for (const pugi::xml_node element : items) {
    const auto content = [&]() -> absl::StatusOr<std::string> {
      if (ids.empty()) {
        auto& folders = call.mailbox().folders;
        return CreateOne(call, folders.at(FindFolder(call.mailbox(), "calendar")->number), element, sending);
      }
      CROSSPOINT_ASSIGN_OR_RETURN(Folder* const folder, FolderOf(call, ids[0]));
      return CreateOne(call, *folder, element, sending);
    }();
    if (!content.ok() && ConcernsRequest(content.status())) return content.status();
    messages.Add(content, kNoItems);
  }
  return messages.Take();
}

Answer UpdateItem(Call& call) {
  const std::string_view resolution = call.request.attribute("ConflictResolution").value();
  if (resolution != "NeverOverwrite" && resolution != "AutoResolve" && resolution != "AlwaysOverwrite") {
    return SchemaError("The 'ConflictResolution' attribute is invalid.");
  }
  const auto changes = Elements(call.request.child("m:ItemChanges"));
  if (changes.empty()) return SchemaError("The element 'ItemChanges' has incomplete content.");
  Messages messages("UpdateItem");
  for (const pugi::xml_node change : changes) {
    const auto content = UpdateOne(call, change);
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
