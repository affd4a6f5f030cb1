#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/delivery.h"
#include "exchange_sim/items/item_edit.h"
#include "exchange_sim/items/meetings.h"
#include "exchange_sim/items/seed.h"
#include "exchange_sim/operations/item_answers.h"
#include "exchange_sim/operations/response_objects.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr Seconds kHalfHour = 1800;

// The folder that was asked for, else the one that Exchange takes.
absl::StatusOr<Folder*> FolderFor(Call& call, std::string_view usual) {
  const auto ids = Elements(call.request.child("m:SavedItemFolderId"));
  if (!ids.empty()) return FolderOf(call, ids[0], Need::kWrite);
  return &FolderNamed(call.mailbox(), usual);
}

absl::StatusOr<std::string> CreateCalendarItem(Call& call, pugi::xml_node element) {
  const std::string_view attribute = call.request.attribute("SendMeetingInvitations").value();
  if (attribute.empty()) {
    return EwsError("ErrorSendMeetingInvitationsRequired",
                    "SendMeetingInvitations attribute is required for calendar items.");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(Folder* const folder, FolderFor(call, "calendar"));
  if (folder->folder_class != "IPF.Appointment") {
    return EwsError("ErrorCannotCreateCalendarItemInNonCalendarFolder",
                    "Cannot create a calendar item in a folder that is not a calendar folder.");
  }
  Mailbox& mailbox = call.MailboxOf(*folder);
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
  Item& kept = call.store.AddItem(mailbox, folder->number, std::move(item));
  const Sending sending = ParseSending(attribute);
  if (sending.to_attendees && HasAttendees(kept)) {
    SendInvitations(call.store, mailbox, kept, sending, std::nullopt);
  }
  return ItemsOf({ViewOf(mailbox, kept)}, true);
}

absl::StatusOr<std::string> CreateContact(Call& call, pugi::xml_node element) {
  CROSSPOINT_ASSIGN_OR_RETURN(Folder* const folder, FolderFor(call, "contacts"));
  if (!folder->folder_class.starts_with("IPF.Contact")) {
    return EwsError("ErrorCannotCreateContactInNonContactFolder",
                    "Cannot create a contact in a folder that is not a contacts folder.");
  }
  Item item;
  item.kind = ItemKind::kContact;
  ItemEditor editor(call.store, item, nullptr, 1, call.zone);
  CROSSPOINT_RETURN_IF_ERROR(SetAll(editor, element));
  Mailbox& mailbox = call.MailboxOf(*folder);
  return ItemsOf({ViewOf(mailbox, call.store.AddItem(mailbox, folder->number, std::move(item)))}, true);
}

absl::StatusOr<std::string> CreateMessage(Call& call, pugi::xml_node element) {
  CROSSPOINT_ASSIGN_OR_RETURN(const Disposition disposition, DispositionOf(call));
  Mailbox& sender = call.mailbox();
  Item item = NewDraft(sender);
  ItemEditor editor(call.store, item, nullptr, 1, call.zone);
  CROSSPOINT_RETURN_IF_ERROR(SetAll(editor, element));
  return Dispatch(call, std::move(item), disposition);
}

absl::StatusOr<std::string> CreateOne(Call& call, pugi::xml_node element) {
  const auto kind = KindOfElement(LocalName(element));
  if (kind == ItemKind::kCalendarItem) return CreateCalendarItem(call, element);
  if (kind == ItemKind::kContact) return CreateContact(call, element);
  // An item that says of itself only its class is a message, too.
  if (kind == ItemKind::kMessage || LocalName(element) == "Item") return CreateMessage(call, element);
  if (IsResponseObject(LocalName(element))) return Respond(call, element);
  return EwsError("ErrorInvalidOperation", fmt::format("Items of type {} are not simulated.", LocalName(element)));
}

}  // namespace

absl::StatusOr<Disposition> DispositionOf(Call& call) {
  const std::string_view text = call.request.attribute("MessageDisposition").value();
  if (text == "SaveOnly") return Disposition::kSaveOnly;
  if (text == "SendOnly") return Disposition::kSendOnly;
  if (text == "SendAndSaveCopy") return Disposition::kSendAndSaveCopy;
  return EwsError("ErrorMessageDispositionRequired", "Message disposition is required for this type of item.");
}

Item NewDraft(const Mailbox& sender) {
  Item item;
  item.kind = ItemKind::kMessage;
  item.mail.is_draft = true;
  item.mail.is_from_me = true;
  item.mail.is_read = true;
  item.properties["From"] = {MailboxXml("t:From", sender.person.display_name, sender.person.email), 1};
  return item;
}

absl::StatusOr<std::string> Dispatch(Call& call, Item item, Disposition disposition) {
  Mailbox& sender = call.mailbox();
  const bool save_only = disposition == Disposition::kSaveOnly;
  CROSSPOINT_ASSIGN_OR_RETURN(Folder* const folder, FolderFor(call, save_only ? "drafts" : "sentitems"));
  if (save_only) {
    Mailbox& mailbox = call.MailboxOf(*folder);
    return ItemsOf({ViewOf(mailbox, call.store.AddItem(mailbox, folder->number, std::move(item)))}, true);
  }
  CROSSPOINT_RETURN_IF_ERROR(CheckSendable(sender, item));
  MarkSent(sender, item);
  DeliverMail(call.store, sender, item);
  if (disposition == Disposition::kSendAndSaveCopy) {
    call.store.AddItem(call.MailboxOf(*folder), folder->number, std::move(item));
  }
  return std::string(kNoItems);  // what was sent is told by no id
}

Answer CreateItem(Call& call) {
  const auto items = Elements(call.request.child("m:Items"));
  if (items.empty()) return SchemaError("The element 'Items' has incomplete content.");
  Messages messages("CreateItem");
  for (const pugi::xml_node element : items) {
    const auto content = CreateOne(call, element);
    if (!content.ok() && ConcernsRequest(content.status())) return content.status();
    messages.Add(content, kNoItems);
  }
  return messages.Take();
}

}  // namespace crosspoint::exchange_sim
