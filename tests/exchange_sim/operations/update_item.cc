#include <algorithm>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/delivery.h"
#include "exchange_sim/items/dictionary.h"
#include "exchange_sim/items/item_edit.h"
#include "exchange_sim/items/item_fields.h"
#include "exchange_sim/items/meetings.h"
#include "exchange_sim/operations/item_answers.h"
#include "exchange_sim/operations/response_objects.h"
#include "exchange_sim/operations/send_draft.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

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

// Whether the value is the one that the path in front of it names.
absl::Status CheckPath(ItemKind kind, pugi::xml_node path, pugi::xml_node value) {
  const absl::Status mismatch =
      EwsError("ErrorUpdatePropertyMismatch", "The property in the path is not the one in the item.");
  if (LocalName(path) == "ExtendedFieldURI") {
    return LocalName(value) == "ExtendedProperty" ? absl::OkStatus() : mismatch;
  }
  if (LocalName(path) == "FieldURI") {
    const Field* field = FieldByUri(kind, path.attribute("FieldURI").value());
    if (field == nullptr || field->element != LocalName(value)) return mismatch;
    if (!IsDictionary(field->element)) return absl::OkStatus();
    return EwsError("ErrorInvalidPropertySet", "The entries of this property are set one by one.");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const std::string entry, EntryOf(path));
  Properties given;
  if (!IsDictionary(LocalName(value))) return mismatch;
  CROSSPOINT_RETURN_IF_ERROR(SetEntries(given, value, 1));
  return given.size() == 1 && given.contains(entry) ? absl::OkStatus() : mismatch;
}

absl::Status ApplyUpdate(ItemEditor& editor, ItemKind kind_of_item, pugi::xml_node update) {
  const auto parts = Elements(update);
  if (parts.empty()) return SchemaError("a change description needs a path");
  const std::string_view kind = LocalName(update);
  if (kind == "DeleteItemField") return editor.Delete(parts[0]);
  const bool append = kind == "AppendToItemField";
  if ((!append && kind != "SetItemField") || parts.size() != 2) return SchemaError("unknown change description");
  if (LocalName(parts[1]) != ElementOf(kind_of_item) && LocalName(parts[1]) != "Item") {
    return EwsError("ErrorInvalidPropertySet", "The object type does not match the item.");
  }
  const auto values = Elements(parts[1]);
  if (values.size() != 1) {
    return EwsError("ErrorIncorrectUpdatePropertyCount", "A change description must set exactly one property.");
  }
  CROSSPOINT_RETURN_IF_ERROR(CheckPath(kind_of_item, parts[0], values[0]));
  return append ? editor.Append(values[0]) : editor.Set(values[0]);
}

// Applies everything to a copy, so that a change that is refused half way leaves nothing behind.
absl::StatusOr<Item> Updated(Call& call, const ItemTarget& target, pugi::xml_node updates,
                             std::string_view resolution) {
  Item edited = *target.item;
  OccurrenceChange* change = nullptr;
  if (target.is_occurrence) {
    CROSSPOINT_ASSIGN_OR_RETURN(const ItemView view, target.View());
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
        CROSSPOINT_RETURN_IF_ERROR(ApplyUpdate(editor, edited.kind, update));
    }
  }
  CROSSPOINT_RETURN_IF_ERROR(editor.Check());
  return edited;
}

constexpr std::string_view kNoConflicts = "<m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>";

absl::StatusOr<std::string> UpdateCalendarItem(Call& call, const ItemTarget& target, pugi::xml_node updates) {
  const std::string_view attribute = call.request.attribute("SendMeetingInvitationsOrCancellations").value();
  if (attribute.empty()) {
    return EwsError("ErrorSendMeetingInvitationsOrCancellationsRequired",
                    "SendMeetingInvitationsOrCancellations attribute is required for calendar items.");
  }
  const std::string_view resolution = call.request.attribute("ConflictResolution").value();
  CROSSPOINT_ASSIGN_OR_RETURN(Item edited, Updated(call, target, updates, resolution));
  const Sending sending = ParseSending(attribute);
  const bool send = edited.is_organizer && sending.to_attendees && (HasAttendees(edited) || edited.invitations_sent);
  if (send && edited.invitations_sent) ++edited.sequence;
  Item& kept = *target.item;
  kept = std::move(edited);
  call.store.Touch(*target.mailbox, kept);
  const OccurrenceOf occurrence = target.is_occurrence ? OccurrenceOf(target.original_start) : std::nullopt;
  if (send) SendInvitations(call.store, *target.mailbox, kept, sending, occurrence);
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemView view, target.View());
  return ItemsOf({view}) + std::string(kNoConflicts);
}

// What the recipients have cannot be made different here.
bool FixedOnceSent(pugi::xml_node update) {
  constexpr std::string_view kFixed[] = {
      "message:From",    "message:Sender",        "message:ToRecipients",     "message:CcRecipients",
      "message:ReplyTo", "message:BccRecipients", "message:InternetMessageId"};
  const auto parts = Elements(update);
  const std::string_view uri = parts.empty() ? "" : parts[0].attribute("FieldURI").value();
  return std::find(std::begin(kFixed), std::end(kFixed), uri) != std::end(kFixed);
}

bool OnlyReadFlag(pugi::xml_node updates) {
  const auto all = Elements(updates);
  return std::all_of(all.begin(), all.end(), [](pugi::xml_node update) {
    const auto parts = Elements(update);
    return !parts.empty() && std::string_view(parts[0].attribute("FieldURI").value()) == "message:IsRead";
  });
}

absl::StatusOr<std::string> UpdateMail(Call& call, const ItemTarget& target, pugi::xml_node updates) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Disposition disposition, DispositionOf(call));
  for (const pugi::xml_node update : Elements(updates)) {
    if (!target.item->mail.is_draft && FixedOnceSent(update)) {
      return EwsError("ErrorInvalidPropertyUpdateSentMessage",
                      "Update operation is invalid for property of a sent message.");
    }
  }
  const std::string_view resolution = call.request.attribute("ConflictResolution").value();
  CROSSPOINT_ASSIGN_OR_RETURN(Item edited, Updated(call, target, updates, resolution));
  Mailbox& mailbox = *target.mailbox;
  if (disposition != Disposition::kSaveOnly) CROSSPOINT_RETURN_IF_ERROR(CheckSendable(mailbox, edited));
  *target.item = std::move(edited);
  using Changed = Store::Changed;
  call.store.Touch(mailbox, *target.item, OnlyReadFlag(updates) ? Changed::kReadFlag : Changed::kContent);
  if (disposition == Disposition::kSaveOnly) {
    return ItemsOf({ViewOf(mailbox, *target.item)}) + std::string(kNoConflicts);
  }
  const bool save = disposition == Disposition::kSendAndSaveCopy;
  Folder* folder = &FolderNamed(mailbox, "sentitems");
  if (const auto ids = Elements(call.request.child("m:SavedItemFolderId")); save && !ids.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(folder, FolderOf(call, ids[0], Need::kWrite));
  }
  SendDraft(call, target, save ? folder : nullptr);
  return std::string(kNoItems) + std::string(kNoConflicts);
}

absl::StatusOr<std::string> UpdateContact(Call& call, const ItemTarget& target, pugi::xml_node updates) {
  const std::string_view resolution = call.request.attribute("ConflictResolution").value();
  CROSSPOINT_ASSIGN_OR_RETURN(Item edited, Updated(call, target, updates, resolution));
  *target.item = std::move(edited);
  call.store.Touch(*target.mailbox, *target.item);
  return ItemsOf({ViewOf(*target.mailbox, *target.item)}) + std::string(kNoConflicts);
}

absl::StatusOr<std::string> UpdateOne(Call& call, pugi::xml_node change) {
  const auto parts = Elements(change);
  if (parts.size() != 2) return SchemaError("an ItemChange holds an id and updates");
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemTarget target, ItemOf(call, parts[0], Need::kWrite));
  if (target.item->kind == ItemKind::kCalendarItem) return UpdateCalendarItem(call, target, parts[1]);
  if (target.item->kind == ItemKind::kContact) return UpdateContact(call, target, parts[1]);
  return UpdateMail(call, target, parts[1]);
}

}  // namespace

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

}  // namespace crosspoint::exchange_sim
