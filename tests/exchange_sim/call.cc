#include "exchange_sim/call.h"

#include "common/status/status.h"
#include "exchange_sim/error.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

absl::Status Malformed() { return EwsError("ErrorInvalidIdMalformed", "Id is malformed."); }
absl::Status NotFound() { return EwsError("ErrorItemNotFound", "The specified object was not found in the store."); }
absl::Status Denied() { return EwsError("ErrorAccessDenied", "Access is denied. Check credentials and try again."); }

const Grant* GrantOf(const Call& call, const Folder& folder) {
  const auto grant = folder.grants.find(call.caller.mailbox);
  return grant == folder.grants.end() ? nullptr : &grant->second;
}

// The item, if it is there and the caller may read it; what may not be read does not seem to exist.
absl::StatusOr<ItemTarget> Target(Call& call, const EntityId& id, Need need) {
  Mailbox* const mailbox = call.store.MailboxByNumber(id.mailbox);
  if (mailbox == nullptr) return NotFound();
  const auto found = mailbox->items.find(id.number);
  if (found == mailbox->items.end()) return NotFound();
  const Folder& folder = mailbox->folders.at(found->second.folder);
  if (!Allows(call, folder, Need::kRead)) return NotFound();
  ItemTarget target{mailbox, &found->second, false, 0, "", IsConcealed(call, folder, found->second)};
  if (need == Need::kWrite && (target.concealed || !Allows(call, folder, need))) return Denied();
  return target;
}

absl::StatusOr<ItemTarget> OccurrenceByIndex(Call& call, pugi::xml_node id, Need need) {
  const auto master = ParseId(id.attribute("RecurringMasterId").value());
  if (!master) return Malformed();
  CROSSPOINT_ASSIGN_OR_RETURN(ItemTarget target, Target(call, *master, need));
  const int index = id.attribute("InstanceIndex").as_int();
  const auto starts = OriginalStarts(*target.item, Seconds{1} << 33, static_cast<size_t>(std::max(index, 0)));
  if (index < 1 || starts.size() < static_cast<size_t>(index)) {
    return EwsError("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
                    "Occurrence with this index was not found in the recurrence.");
  }
  target.is_occurrence = true;
  target.original_start = starts.back();
  target.change_key = id.attribute("ChangeKey").value();
  return target;
}

absl::StatusOr<Folder*> FolderByName(Call& call, pugi::xml_node id) {
  const std::string_view name = id.attribute("Id").value();
  const std::string_view address = id.child("t:Mailbox").child("t:EmailAddress").text().get();
  Mailbox* mailbox = name == "publicfoldersroot" ? &call.store.public_folders() : &call.mailbox();
  if (!address.empty()) mailbox = call.store.FindMailbox(address);
  if (mailbox == nullptr) {
    return EwsError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.");
  }
  if (FindFolder(*mailbox, name) != nullptr) return &FolderNamed(*mailbox, name);
  return mailbox->number == call.caller.mailbox ? nullptr : absl::StatusOr<Folder*>(Denied());
}

}  // namespace

Messages::Messages(std::string_view operation) : message_(fmt::format("m:{}ResponseMessage", operation)) {
  out_.Open(fmt::format("m:{}Response", operation)).Open("m:ResponseMessages");
}

void WriteError(XmlWriter& out, const absl::Status& status) {
  out.Leaf("m:MessageText", MessageOf(status))
      .Leaf("m:ResponseCode", EwsCode(status))
      .Leaf("m:DescriptiveLinkKey", "0");
  const auto values = EwsValues(status);
  if (values.empty()) return;
  out.Open("m:MessageXml");
  for (const auto& [name, value] : values) out.Open("t:Value").Attribute("Name", name).Text(value).Close();
  out.Close();
}

std::string_view ErrorContent(std::string_view operation) {
  if (operation == "GetItem" || operation == "CreateItem" || operation == "UpdateItem" || operation == "MoveItem" ||
      operation == "CopyItem") {
    return "<m:Items/>";
  }
  if (operation == "GetFolder" || operation == "CreateFolder" || operation == "UpdateFolder") return "<m:Folders/>";
  if (operation == "GetAttachment" || operation == "CreateAttachment") return "<m:Attachments/>";
  return operation == "GetServerTimeZones" ? "<m:TimeZoneDefinitions/>" : "";
}

std::string FaultBody(const absl::Status& error) {
  const std::string code = EwsCode(error);
  const auto values = EwsValues(error);
  constexpr std::string_view kErrors = "http://schemas.microsoft.com/exchange/services/2006/errors";
  XmlWriter out;
  out.Open("s:Fault").Leaf("faultcode", "t:" + code);
  out.Open("faultstring").Attribute("xml:lang", "en-US").Text(MessageOf(error)).Close().Open("detail");
  out.Open("e:ResponseCode").Attribute("xmlns:e", kErrors).Text(code).Close();
  out.Open("e:Message").Attribute("xmlns:e", kErrors).Text(MessageOf(error)).Close();
  if (!values.empty()) {
    out.Open("t:MessageXml");
    for (const auto& [name, value] : values) out.Open("t:Value").Attribute("Name", name).Text(value).Close();
    out.Close();
  }
  out.Close().Close();
  return out.Take();
}

void Messages::Add(const absl::StatusOr<std::string>& content, std::string_view error_content) {
  out_.Open(message_).Attribute("ResponseClass", content.ok() ? "Success" : "Error");
  if (content.ok()) {
    out_.Leaf("m:ResponseCode", "NoError").Raw(*content);
  } else {
    WriteError(out_, content.status());
    out_.Raw(error_content);
  }
  out_.Close();
}

void Messages::AddWarning(std::string_view code, std::string_view text, std::string_view content) {
  out_.Open(message_).Attribute("ResponseClass", "Warning").Leaf("m:MessageText", text).Leaf("m:ResponseCode", code);
  out_.Leaf("m:DescriptiveLinkKey", "0").Raw(content).Close();
}

std::string Messages::Take() {
  out_.Close().Close();
  return out_.Take();
}

bool ConcernsRequest(const absl::Status& status) { return EwsCode(status) == "ErrorSchemaValidation"; }

bool Allows(const Call& call, const Folder& folder, Need need) {
  if (folder.mailbox == call.caller.mailbox) return true;
  if (folder.mailbox == call.store.public_folders().number) return need == Need::kRead;
  const Grant* grant = GrantOf(call, folder);
  return grant != nullptr && (need == Need::kRead || grant->write);
}

bool IsConcealed(const Call& call, const Folder& folder, const Item& item) {
  if (folder.mailbox == call.caller.mailbox || !IsPrivate(item)) return false;
  const Grant* grant = GrantOf(call, folder);
  return grant == nullptr || !grant->view_private;
}

absl::StatusOr<Folder*> FolderOf(Call& call, pugi::xml_node id, Need need) {
  const absl::Status not_found =
      EwsError("ErrorFolderNotFound", "The specified folder could not be found in the store.");
  if (LocalName(id) == "DistinguishedFolderId") {
    CROSSPOINT_ASSIGN_OR_RETURN(Folder* const folder, FolderByName(call, id));
    if (folder == nullptr) return not_found;
    return Allows(call, *folder, need) ? folder : absl::StatusOr<Folder*>(Denied());
  }
  if (LocalName(id) != "FolderId") return SchemaError("unknown folder id");
  const auto parsed = ParseId(id.attribute("Id").value());
  if (!parsed) return Malformed();
  if (parsed->kind != EntityId::Kind::kFolder) {
    return EwsError("ErrorCannotUseItemIdForFolderId", "An item id cannot be used as a folder id.");
  }
  Mailbox* const mailbox = call.store.MailboxByNumber(parsed->mailbox);
  if (mailbox == nullptr) return not_found;
  const auto found = mailbox->folders.find(parsed->number);
  if (found == mailbox->folders.end() || !Allows(call, found->second, Need::kRead)) return not_found;
  return Allows(call, found->second, need) ? &found->second : absl::StatusOr<Folder*>(Denied());
}

absl::StatusOr<ItemTarget> ItemOf(Call& call, pugi::xml_node id, Need need) {
  if (LocalName(id) == "OccurrenceItemId") return OccurrenceByIndex(call, id, need);
  const bool wants_master = LocalName(id) == "RecurringMasterItemId";
  // Response objects and attachments name the item under other names, in the same form.
  const bool plain = LocalName(id) == "ItemId" || LocalName(id) == "ReferenceItemId" || LocalName(id) == "ParentItemId";
  if (!wants_master && !plain) return SchemaError("unknown item id");
  const auto parsed = ParseId(id.attribute(wants_master ? "OccurrenceId" : "Id").value());
  if (!parsed || parsed->kind == EntityId::Kind::kAttachment) return Malformed();
  if (parsed->kind == EntityId::Kind::kFolder) {
    return EwsError("ErrorCannotUseFolderIdForItemId", "A folder id cannot be used as an item id.");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(ItemTarget target, Target(call, *parsed, need));
  const bool is_occurrence = parsed->kind == EntityId::Kind::kOccurrence;
  if (wants_master && !is_occurrence) {
    return EwsError("ErrorCalendarCannotUseIdForOccurrenceId", "The id is not that of an occurrence.");
  }
  target.is_occurrence = is_occurrence && !wants_master;
  target.original_start = parsed->original_start;
  target.change_key = id.attribute("ChangeKey").value();
  return target;
}

absl::StatusOr<ItemView> ItemTarget::View() const {
  auto view = std::optional(ViewOf(*mailbox, *item));
  if (is_occurrence) view = OccurrenceView(*mailbox, *item, original_start);
  if (view) {
    view->concealed = concealed;
    return *view;
  }
  const auto change = item->exceptions.find(original_start);
  if (change != item->exceptions.end() && change->second.deleted) {
    return EwsError("ErrorCalendarOccurrenceIsDeletedFromRecurrence",
                    "The occurrence was deleted from the recurrence.");
  }
  return NotFound();
}

}  // namespace crosspoint::exchange_sim
