#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/delivery.h"
#include "exchange_sim/operations/item_answers.h"
#include "exchange_sim/operations/send_draft.h"

namespace crosspoint::exchange_sim {
namespace {

absl::StatusOr<std::string> SendOne(Call& call, pugi::xml_node id, Folder* folder) {
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemTarget target, ItemOf(call, id, Need::kWrite));
  if (target.change_key.empty()) return EwsError("ErrorChangeKeyRequired", "A change key is required.");
  if (ParseChangeKey(target.change_key) != target.item->version) {
    return EwsError("ErrorStaleObject", "The change key does not match the current change key for the item.");
  }
  if (target.item->kind != ItemKind::kMessage) {
    return EwsError("ErrorInvalidItemForOperationSendItem", "The item cannot be sent.");
  }
  CROSSPOINT_RETURN_IF_ERROR(CheckSendable(*target.mailbox, *target.item));
  SendDraft(call, target, folder);
  return std::string();
}

absl::StatusOr<std::string> TakeTo(Call& call, pugi::xml_node id, Folder& folder, bool copy) {
  CROSSPOINT_ASSIGN_OR_RETURN(const ItemTarget target, ItemOf(call, id, copy ? Need::kRead : Need::kWrite));
  if (target.is_occurrence) {
    return EwsError("ErrorCalendarOccurrenceIsDeletedFromRecurrence", "An occurrence stays with its series.");
  }
  if (target.concealed) return EwsError("ErrorAccessDenied", "Access is denied. Check credentials and try again.");
  Mailbox& to = call.MailboxOf(folder);
  const Item& taken = copy ? call.store.Copy(*target.mailbox, target.item->number, to, folder.number)
                           : call.store.Move(*target.mailbox, target.item->number, to, folder.number);
  const pugi::xml_node ids = call.request.child("m:ReturnNewItemIds");
  const bool wants_ids = !ids || ids.text().as_bool();
  // The server does not tell ids of another mailbox.
  const bool told = wants_ids && to.number == target.mailbox->number;
  return told ? ItemsOf({ViewOf(to, taken)}) : std::string(kNoItems);
}

Answer TakeAll(Call& call, std::string_view operation, bool copy) {
  const auto targets = Elements(call.request.child("m:ToFolderId"));
  if (targets.size() != 1) return SchemaError("The element 'ToFolderId' must name one folder.");
  const auto folder = FolderOf(call, targets[0], Need::kWrite);
  Messages messages(operation);
  for (const pugi::xml_node id : Elements(call.request.child("m:ItemIds"))) {
    const auto content = folder.ok() ? TakeTo(call, id, **folder, copy) : absl::StatusOr<std::string>(folder.status());
    if (!content.ok() && ConcernsRequest(content.status())) return content.status();
    messages.Add(content, kNoItems);
  }
  return messages.Take();
}

}  // namespace

void SendDraft(Call& call, const ItemTarget& draft, Folder* folder) {
  Mailbox& sender = *draft.mailbox;
  Item& message = *draft.item;
  MarkSent(sender, message);
  DeliverMail(call.store, sender, message);
  if (folder == nullptr) {
    call.store.Remove(sender, message.number, Disposal::kHardDelete);
  } else {
    call.store.Move(sender, message.number, call.MailboxOf(*folder), folder->number);
  }
}

Answer SendItem(Call& call) {
  const std::string_view attribute = call.request.attribute("SaveItemToFolder").value();
  if (attribute.empty()) return SchemaError("The required attribute 'SaveItemToFolder' is missing.");
  const bool save = attribute == "true" || attribute == "1";
  const auto ids = Elements(call.request.child("m:SavedItemFolderId"));
  Messages messages("SendItem");
  absl::StatusOr<Folder*> folder = save ? &FolderNamed(call.mailbox(), "sentitems") : nullptr;
  if (!save && !ids.empty()) {
    folder = EwsError("ErrorInvalidSendItemSaveSettings", "A folder is named although nothing is to be saved.");
  } else if (!ids.empty()) {
    folder = FolderOf(call, ids[0], Need::kWrite);
  }
  for (const pugi::xml_node id : Elements(call.request.child("m:ItemIds"))) {
    const auto content = folder.ok() ? SendOne(call, id, *folder) : absl::StatusOr<std::string>(folder.status());
    if (!content.ok() && ConcernsRequest(content.status())) return content.status();
    messages.Add(content);
  }
  return messages.Take();
}

Answer MoveItem(Call& call) { return TakeAll(call, "MoveItem", false); }
Answer CopyItem(Call& call) { return TakeAll(call, "CopyItem", true); }

}  // namespace crosspoint::exchange_sim
