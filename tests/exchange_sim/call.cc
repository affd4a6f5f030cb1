#include "exchange_sim/call.h"

#include "common/status/status.h"
#include "exchange_sim/error.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

absl::Status Malformed() { return EwsError("ErrorInvalidIdMalformed", "Id is malformed."); }
absl::Status NotFound() { return EwsError("ErrorItemNotFound", "The specified object was not found in the store."); }

absl::StatusOr<ItemTarget> OccurrenceByIndex(Call& call, pugi::xml_node id) {
  const auto master = ParseId(id.attribute("RecurringMasterId").value());
  if (!master || master->mailbox != call.caller.mailbox) return Malformed();
  const auto found = call.mailbox().items.find(master->number);
  if (found == call.mailbox().items.end()) return NotFound();
  const int index = id.attribute("InstanceIndex").as_int();
  const auto starts = OriginalStarts(found->second, Seconds{1} << 33, static_cast<size_t>(std::max(index, 0)));
  if (index < 1 || starts.size() < static_cast<size_t>(index)) {
    return EwsError("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange",
                    "Occurrence with this index was not found in the recurrence.");
  }
  return ItemTarget{&found->second, true, starts.back(), id.attribute("ChangeKey").value()};
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

absl::StatusOr<Folder*> FolderOf(Call& call, pugi::xml_node id) {
  const absl::Status not_found =
      EwsError("ErrorFolderNotFound", "The specified folder could not be found in the store.");
  if (LocalName(id) == "DistinguishedFolderId") {
    const std::string_view address = id.child("t:Mailbox").child("t:EmailAddress").text().get();
    if (!address.empty()) {
      const Mailbox* named = call.store.FindMailbox(address);
      if (named == nullptr) {
        return EwsError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.");
      }
      if (named->number != call.caller.mailbox) {
        return EwsError("ErrorAccessDenied", "Access is denied. Check credentials and try again.");
      }
    }
    for (auto& [number, folder] : call.mailbox().folders) {
      if (folder.distinguished_name == id.attribute("Id").value()) return &folder;
    }
    return not_found;
  }
  if (LocalName(id) != "FolderId") return SchemaError("unknown folder id");
  const auto parsed = ParseId(id.attribute("Id").value());
  if (!parsed) return Malformed();
  if (parsed->kind != EntityId::Kind::kFolder) {
    return EwsError("ErrorCannotUseItemIdForFolderId", "An item id cannot be used as a folder id.");
  }
  const auto found = call.mailbox().folders.find(parsed->number);
  if (parsed->mailbox != call.caller.mailbox || found == call.mailbox().folders.end()) return not_found;
  return &found->second;
}

absl::StatusOr<ItemTarget> ItemOf(Call& call, pugi::xml_node id) {
  if (LocalName(id) == "OccurrenceItemId") return OccurrenceByIndex(call, id);
  const bool wants_master = LocalName(id) == "RecurringMasterItemId";
  if (!wants_master && LocalName(id) != "ItemId") return SchemaError("unknown item id");
  const auto parsed = ParseId(id.attribute(wants_master ? "OccurrenceId" : "Id").value());
  if (!parsed) return Malformed();
  if (parsed->kind == EntityId::Kind::kFolder) {
    return EwsError("ErrorCannotUseFolderIdForItemId", "A folder id cannot be used as an item id.");
  }
  if (parsed->mailbox != call.caller.mailbox) return NotFound();
  const auto found = call.mailbox().items.find(parsed->number);
  if (found == call.mailbox().items.end()) return NotFound();
  const bool is_occurrence = parsed->kind == EntityId::Kind::kOccurrence;
  if (wants_master && !is_occurrence) {
    return EwsError("ErrorCalendarCannotUseIdForOccurrenceId", "The id is not that of an occurrence.");
  }
  return ItemTarget{&found->second, is_occurrence && !wants_master, parsed->original_start,
                    id.attribute("ChangeKey").value()};
}

absl::StatusOr<ItemView> ItemTarget::View(const Mailbox& mailbox) const {
  if (!is_occurrence) return ViewOf(mailbox, *item);
  if (const auto view = OccurrenceView(mailbox, *item, original_start)) return *view;
  const auto change = item->exceptions.find(original_start);
  if (change != item->exceptions.end() && change->second.deleted) {
    return EwsError("ErrorCalendarOccurrenceIsDeletedFromRecurrence",
                    "The occurrence was deleted from the recurrence.");
  }
  return NotFound();
}

}  // namespace crosspoint::exchange_sim
