#pragma once

#include "absl/status/status.h"
#include "exchange_sim/store.h"
#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {

// Changes one item, or one occurrence of it, by elements of a request. Check() says whether the result can stand.
class ItemEditor {
 public:
  // `version` marks the values written; `change` is null for the item itself. `zone` reads times without an offset.
  ItemEditor(Store& store, Item& item, OccurrenceChange* change, uint32_t version, TimeZonePtr zone);

  // <t:Subject>…: sets what the element names.
  //   ErrorInvalidPropertySet    the property is computed
  //   ErrorSchemaValidation      no such property of this kind of item, or a value that is none
  absl::Status Set(pugi::xml_node element);
  // Adds to a body or a list what the element holds.
  //   ErrorInvalidPropertyAppend  the property is neither
  absl::Status Append(pugi::xml_node element);
  // Removes by FieldURI, ExtendedFieldURI or IndexedFieldURI.
  absl::Status Delete(pugi::xml_node path);
  // Which version last wrote what `path` names; 0 when unset.
  uint32_t VersionOf(pugi::xml_node path) const;
  absl::Status Check();

 private:
  absl::Status SetTime(std::string_view element, std::string_view text);
  absl::Status SetZone(pugi::xml_node element);
  absl::Status SetExtended(pugi::xml_node element);
  absl::Status SetAttachments(pugi::xml_node element);
  static bool SetsCalendar(std::string_view name);
  absl::Status SetCalendar(pugi::xml_node element);
  static bool SetsMail(std::string_view name);
  absl::Status SetMail(pugi::xml_node element);
  // The mailbox with the name and the main address that the company knows it by.
  void WriteKnown(XmlWriter& out, pugi::xml_node mailbox) const;
  std::string WithNames(pugi::xml_node attendees) const;
  Properties& properties() { return change_ ? change_->properties : item_.properties; }
  Properties& extended() { return change_ ? change_->extended : item_.extended; }

  Store& store_;
  Item& item_;
  OccurrenceChange* change_;
  uint32_t version_;
  TimeZonePtr zone_;
  bool pattern_changed_ = false;
};

// Sets everything in the element of an item, time zones before the times they explain.
absl::Status SetAll(ItemEditor& editor, pugi::xml_node item);

}  // namespace crosspoint::exchange_sim
