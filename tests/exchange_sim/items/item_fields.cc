#include "exchange_sim/items/item_fields.h"

#include <algorithm>

#include "common/status/status.h"
#include "exchange_sim/error.h"
#include "exchange_sim/items/dictionary.h"
#include "exchange_sim/items/extended.h"
#include "exchange_sim/items/item_values.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

// Computed by the server, so that its store cannot search or sort by them.
constexpr std::string_view kUnsearchable[] = {"MimeContent",
                                              "ReminderDueBy",
                                              "Culture",
                                              "EffectiveRights",
                                              "UID",
                                              "RecurrenceId",
                                              "OriginalStart",
                                              "IsResponseRequested",
                                              "RequiredAttendees",
                                              "OptionalAttendees",
                                              "Resources",
                                              "Recurrence",
                                              "FirstOccurrence",
                                              "LastOccurrence",
                                              "ModifiedOccurrences",
                                              "DeletedOccurrences",
                                              "MeetingTimeZone",
                                              "StartTimeZone",
                                              "EndTimeZone",
                                              "AllowNewTimeProposal",
                                              "ToRecipients",
                                              "CcRecipients",
                                              "BccRecipients",
                                              "ReplyTo",
                                              "ResponseObjects",
                                              "InternetMessageHeaders",
                                              "Attachments",
                                              "CompleteName",
                                              "AssociatedCalendarItemId"};

bool Wanted(const Field& field, const ItemShape& shape, bool from_list) {
  if (!field.in_lists && from_list) return false;
  if (field.element == "ItemId" || field.element == "ParentFolderId") {
    if (!shape.with_ids) return false;
    if (field.element == "ItemId") return true;
  }
  if (shape.base == ItemShape::Base::kDefault && field.in_default) return true;
  if (shape.base == ItemShape::Base::kAllProperties && field.in_all) return true;
  return shape.uris.contains(field.uri);
}

void WriteField(XmlWriter& out, const ItemView& view, const Field& field, const ItemShape& shape, bool from_list) {
  if (Wanted(field, shape, from_list)) {
    WriteValue(out, view, field.element, shape.text_body);
  } else if (!shape.entries.empty() && IsDictionary(field.element)) {
    WriteDictionary(out, view, field.element, &shape.entries);
  }
}

// The first text in a property: of a mailbox its name, of a list its first entry.
std::string FirstText(const std::string& xml) {
  pugi::xml_document document;
  document.load_string(xml.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  pugi::xml_node node = document.document_element();
  while (node.first_child().type() == pugi::node_element) node = node.first_child();
  return node.text().get();
}

bool HasKnownPrefix(std::string_view uri) {
  constexpr std::string_view kPrefixes[] = {"item:", "calendar:", "message:",      "contacts:",        "meeting",
                                            "task:", "postitem:", "conversation:", "distributionlist:"};
  return std::any_of(std::begin(kPrefixes), std::end(kPrefixes), [&](auto prefix) { return uri.starts_with(prefix); });
}

}  // namespace

absl::Status AddPath(pugi::xml_node path, ItemShape& shape) {
  const std::string_view uri = path.attribute("FieldURI").value();
  if (LocalName(path) == "ExtendedFieldURI") {
    CROSSPOINT_ASSIGN_OR_RETURN(std::string key, ExtendedKey(path));
    shape.extended.push_back({std::move(key), Fragment(path)});
    return absl::OkStatus();
  }
  if (LocalName(path) == "IndexedFieldURI") {
    if (uri == "item:InternetMessageHeader") {
      shape.uris.emplace("item:InternetMessageHeaders");
    } else if (uri.starts_with("contacts:")) {
      CROSSPOINT_ASSIGN_OR_RETURN(std::string entry, EntryOf(path));
      shape.entries.insert(std::move(entry));
    }
    return absl::OkStatus();
  }
  if (LocalName(path) != "FieldURI") return SchemaError("unknown path in AdditionalProperties");
  if (!HasKnownPrefix(uri)) {
    return EwsError("ErrorInvalidPropertyRequest", "Property is not valid for this object type.");
  }
  shape.uris.emplace(uri);
  return absl::OkStatus();
}

absl::StatusOr<ItemShape> ParseItemShape(pugi::xml_node shape) {
  ItemShape out;
  const std::string_view base = shape.child("t:BaseShape").text().get();
  if (base == "Default") {
    out.base = ItemShape::Base::kDefault;
  } else if (base == "AllProperties") {
    out.base = ItemShape::Base::kAllProperties;
  } else if (base != "IdOnly") {
    return SchemaError("an ItemShape needs a BaseShape of IdOnly, Default or AllProperties");
  }
  out.text_body = std::string_view(shape.child("t:BodyType").text().get()) == "Text";
  if (shape.child("t:IncludeMimeContent").text().as_bool()) out.uris.emplace("item:MimeContent");
  for (const pugi::xml_node path : Elements(shape.child("t:AdditionalProperties"))) {
    CROSSPOINT_RETURN_IF_ERROR(AddPath(path, out));
  }
  return out;
}

void WriteItem(XmlWriter& out, const ItemView& view, const ItemShape& shape, bool from_list) {
  out.Open(fmt::format("t:{}", ElementOf(view.item->kind)));
  for (const Field* field : FieldsOf(view.item->kind)) {
    if (field->element != "ExtendedProperty") {
      WriteField(out, view, *field, shape, from_list);
      continue;
    }
    for (const ItemShape::Extended& wanted : shape.extended) {
      const std::string& value = view.ExtendedXml(wanted.key);
      if (!value.empty()) out.Open("t:ExtendedProperty").Raw(wanted.path_xml).Raw(value).Close();
    }
  }
  out.Close();
}

absl::StatusOr<std::string> FieldText(const ItemView& view, pugi::xml_node path) {
  std::string text;
  if (LocalName(path) == "ExtendedFieldURI") {
    CROSSPOINT_ASSIGN_OR_RETURN(const std::string key, ExtendedKey(path));
    text = TextOf(view.ExtendedXml(key));
  } else if (LocalName(path) == "IndexedFieldURI") {
    CROSSPOINT_ASSIGN_OR_RETURN(const std::string entry, EntryOf(path));
    return view.concealed ? "" : view.PropertyText(entry);
  } else {
    const std::string_view uri = path.attribute("FieldURI").value();
    const Field* field = FieldByUri(view.item->kind, uri);
    const auto is_field = [uri](std::string_view name) { return uri.substr(uri.find(':') + 1) == name; };
    if (!IsFieldUri(uri) || std::any_of(std::begin(kUnsearchable), std::end(kUnsearchable), is_field)) {
      return EwsError("ErrorUnsupportedPathForQuery", "The property can not be used with this type of restriction.");
    }
    if (field == nullptr) return std::string();  // this kind of item has no such property
    XmlWriter out;
    WriteValue(out, view, field->element, true);
    text = FirstText(out.Take());
  }
  if (const auto time = ParseDateTime(text); time && text.size() >= 19) return fmt::format("{:020}", time->at);
  return text;
}

}  // namespace crosspoint::exchange_sim
