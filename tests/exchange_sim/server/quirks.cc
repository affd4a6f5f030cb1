#include "exchange_sim/server/quirks.h"

#include <algorithm>
#include <sstream>

#include "exchange_sim/ids.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

using Kind = Quirks::Kind;

constexpr std::string_view kMessages = "http://schemas.microsoft.com/exchange/services/2006/messages";
constexpr std::string_view kTypes = "http://schemas.microsoft.com/exchange/services/2006/types";
constexpr std::string_view kSoap = "http://schemas.xmlsoap.org/soap/envelope/";

void ForEach(pugi::xml_node node, const auto& visit) {
  // The next one is looked up first: a visit may replace the node.
  for (pugi::xml_node child = node.first_child(); child;) {
    const pugi::xml_node next = child.next_sibling();
    if (child.type() == pugi::node_element) {
      ForEach(child, visit);
      visit(child);
    }
    child = next;
  }
}

bool IsDigits(std::string_view text, std::string_view pattern) {
  return text.size() == pattern.size() &&
         std::equal(text.begin(), text.end(), pattern.begin(),
                    [](char c, char wanted) { return wanted == '0' ? c >= '0' && c <= '9' : c == wanted; });
}

bool IsDateTime(std::string_view text) { return IsDigits(text, "0000-00-00T00:00:00Z"); }

bool IsDate(std::string_view text) {
  return IsDigits(text.ends_with('Z') ? text.substr(0, text.size() - 1) : text, "0000-00-00");
}

// An item, folder or person: what a property can be missing from, or stand in twice.
bool IsThing(std::string_view name) {
  return name == "t:CalendarItem" || name == "t:Message" || name == "t:Contact" || name == "t:Persona" ||
         name == "t:MeetingRequest" || name == "t:MeetingResponse" || name == "t:MeetingCancellation" ||
         name.ends_with("Folder");
}

bool IsOptional(std::string_view name) {
  return name == "m:DescriptiveLinkKey" || name == "m:MessageText" || name == "t:ParentFolderId" || name == "t:Size" ||
         name == "t:UID" || name == "t:TotalCount" || name == "t:ChildFolderCount" || name == "t:TimeStamp" ||
         name == "t:DateTimeReceived" || name == "t:DateTimeCreated" || name == "t:IsDraft";
}

void RewriteValue(pugi::xml_node node, bool fractions, bool dates) {
  pugi::xml_node value = node.first_child();
  if (value.type() != pugi::node_pcdata || value.next_sibling()) return;
  const std::string text = value.value();
  if (fractions && IsDateTime(text)) value.set_value((text.substr(0, 19) + ".000000000Z").c_str());
  if (dates && IsDate(text)) value.set_value((text.substr(0, 10) + "T00:00:00Z").c_str());
}

// Tells of the folder that something in it changed, and not of the item.
void ToFolderEvent(pugi::xml_node event) {
  const pugi::xml_node parent = event.child("t:ParentFolderId");
  const pugi::xml_node item = event.child("t:ItemId");
  if (!item || !parent) return;
  for (const char* gone : {"t:OldItemId", "t:OldFolderId", "t:OldParentFolderId"}) event.remove_child(gone);
  event.set_name("t:ModifiedEvent");
  event.insert_copy_before(parent, item).set_name("t:FolderId");
  event.remove_child(item);
}

// A property that the schema does not know, one of another maker, and a comment where text belongs.
void AddUnknown(pugi::xml_node thing) {
  thing.append_child("t:ServerSideHint").append_child(pugi::node_pcdata).set_value("42");
  pugi::xml_node vendor = thing.append_child("v:Vendor");
  vendor.append_attribute("xmlns:v").set_value("urn:example:vendor");
  vendor.append_child("v:Detail").append_child(pugi::node_comment).set_value(" of no concern ");
}

void RepeatFirstText(pugi::xml_node thing) {
  for (const pugi::xml_node child : Elements(thing)) {
    if (child.text() && Elements(child).empty()) {
      thing.insert_copy_after(child, child);
      return;
    }
  }
}

void Rename(pugi::xml_node node) {
  const std::string name = node.name();
  const bool below_detail = std::string_view(node.parent().name()) == "detail";
  if (name.starts_with("s:")) node.set_name(("SOAP-ENV:" + name.substr(2)).c_str());
  if (name.starts_with("m:")) node.set_name(("ns0:" + name.substr(2)).c_str());
  if (name.starts_with("t:")) node.set_name(name.substr(2).c_str());
  if (name == "faultcode") {
    const std::string code = node.text().get();
    node.text().set(code.substr(code.find(':') + 1).c_str());
  }
  // Without a prefix these would now be in the types namespace.
  if (name.starts_with("fault") || name == "detail") node.append_attribute("xmlns").set_value("");
  if (below_detail && name.starts_with("t:")) node.append_attribute("xmlns").set_value(std::string(kTypes).c_str());
}

void RenameEnvelope(pugi::xml_node root) {
  ForEach(root, Rename);
  Rename(root);
  while (pugi::xml_attribute attribute = root.first_attribute()) root.remove_attribute(attribute);
  root.append_attribute("xmlns:SOAP-ENV").set_value(std::string(kSoap).c_str());
  root.append_attribute("xmlns:ns0").set_value(std::string(kMessages).c_str());
  root.append_attribute("xmlns").set_value(std::string(kTypes).c_str());
}

// The change key that the item has now, in the place of whatever the client believes.
void RefreshChangeKey(pugi::xml_node id, Store& store) {
  const auto parsed = ParseId(id.attribute("Id").value());
  Mailbox* mailbox = parsed ? store.MailboxByNumber(parsed->mailbox) : nullptr;
  if (mailbox == nullptr) return;
  const auto item = mailbox->items.find(parsed->number);
  if (item == mailbox->items.end()) return;
  if (!id.attribute("ChangeKey")) id.append_attribute("ChangeKey");
  id.attribute("ChangeKey").set_value(FormatChangeKey(mailbox->number, item->second.version).c_str());
}

}  // namespace

const std::vector<std::string_view>& Quirks::Names() {
  static const std::vector<std::string_view> names = {"prefixes",
                                                      "no_change_keys",
                                                      "fractions",
                                                      "datetimes_for_dates",
                                                      "series_not_expanded",
                                                      "stale_change_keys",
                                                      "no_inline_attachments",
                                                      "folder_notifications",
                                                      "unknown_elements",
                                                      "repeated_elements",
                                                      "missing_elements",
                                                      "types_notification",
                                                      "http200_faults",
                                                      "no_photos_over_http"};
  return names;
}

absl::Status Quirks::Set(std::string_view name, bool on) {
  const auto& names = Names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    return absl::InvalidArgumentError(fmt::format("quirk: one of {}", fmt::join(names, ", ")));
  }
  const uint32_t bit = Bit(static_cast<Kind>(found - names.begin()));
  on ? on_ |= bit : on_ &= ~bit;
  return absl::OkStatus();
}

std::vector<std::string_view> Quirks::On() const {
  std::vector<std::string_view> on;
  for (size_t i = 0; i < Names().size(); ++i) {
    if (Has(static_cast<Kind>(i))) on.push_back(Names()[i]);
  }
  return on;
}

std::string Quirks::Answer(const std::string& envelope) const {
  if (on_ == 0) return envelope;
  pugi::xml_document document;
  document.load_buffer(envelope.data(), envelope.size(), pugi::parse_default | pugi::parse_ws_pcdata);
  const pugi::xml_node root = document.document_element();
  ForEach(root, [this](pugi::xml_node node) {
    const std::string name = node.name();
    if (Has(Kind::kNoChangeKeys)) node.remove_attribute("ChangeKey");
    RewriteValue(node, Has(Kind::kFractions), Has(Kind::kDateTimesForDates));
    if (Has(Kind::kFolderNotifications) && name.ends_with("Event")) ToFolderEvent(node);
    if (Has(Kind::kTypesNotification) && name == "m:Notifications") {
      for (pugi::xml_node notification : Elements(node)) notification.set_name("t:Notification");
    }
    if (IsThing(name)) {
      if (Has(Kind::kRepeatedElements)) RepeatFirstText(node);
      if (Has(Kind::kUnknownElements)) AddUnknown(node);
    }
    // Last, for the node is gone then. Events keep the folder that they are about.
    const bool in_event = std::string_view(node.parent().name()).ends_with("Event") && name == "t:ParentFolderId";
    if (Has(Kind::kMissingElements) && IsOptional(name) && !in_event) node.parent().remove_child(node);
  });
  if (Has(Kind::kPrefixes)) RenameEnvelope(root);
  std::ostringstream out;
  document.save(out, "", pugi::format_raw);
  return out.str();
}

void Quirks::Request(pugi::xml_node operation, Store& store) const {
  if (on_ == 0) return;
  const std::string_view name = LocalName(operation);
  const bool writes = name == "UpdateItem" || name == "DeleteItem" || name == "SendItem" || name == "MoveItem";
  const bool takes_any = Has(Kind::kStaleChangeKeys) || Has(Kind::kNoChangeKeys);
  ForEach(operation, [&](pugi::xml_node node) {
    if (takes_any && writes && LocalName(node) == "ItemId") RefreshChangeKey(node, store);
    if (Has(Kind::kNoInlineAttachments) && name == "CreateItem" && LocalName(node) == "Attachments") {
      node.parent().remove_child(node);
    }
  });
}

}  // namespace crosspoint::exchange_sim
