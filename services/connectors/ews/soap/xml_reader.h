#pragma once

// Internal to the codec: pugixml behind local names.

#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/ews/soap/xml_scanner.h"
#include "connectors/ews/types.h"

namespace crosspoint::ews {

// The name without its prefix.
std::string_view LocalName(const pugi::xml_node& node);
// First child of that local name; empty when there is none.
pugi::xml_node Child(const pugi::xml_node& node, std::string_view local_name);

// The children of one element, their names taken apart once: for elements of which many children are asked for.
class Fields {
 public:
  explicit Fields(const pugi::xml_node& node);
  const pugi::xml_node& node() const { return node_; }
  pugi::xml_node Find(std::string_view local_name) const;

 private:
  struct Field {
    std::string_view local_name;
    pugi::xml_node node;
  };
  pugi::xml_node node_;
  std::vector<Field> fields_;
};
inline pugi::xml_node Child(const Fields& fields, std::string_view local_name) { return fields.Find(local_name); }

// Walks down, one local name a step.
template <class Node, class... Names>
pugi::xml_node Child(const Node& node, std::string_view first, std::string_view second, Names... rest) {
  return Child(Child(node, first), second, rest...);
}
// All text directly inside, as valid UTF-8.
std::string TextOf(const pugi::xml_node& node);
// The same as it stands in the document, for values that are words or numbers; `scratch` holds it when it came in
// pieces.
std::string_view RawTextOf(const pugi::xml_node& node, std::string& scratch);
std::string AttributeOf(const pugi::xml_node& node, const char* name);

std::optional<bool> BoolOf(const pugi::xml_node& node);
std::optional<int> IntOf(const pugi::xml_node& node);
std::optional<TimePoint> TimeOf(const pugi::xml_node& node);
ItemId ItemIdOf(const pugi::xml_node& node);
FolderId FolderIdOf(const pugi::xml_node& node);

// Of a child of an xml_node or of Fields; absent or unreadable is nullopt.
template <class Node>
std::string ChildText(const Node& node, std::string_view local_name) {
  return TextOf(Child(node, local_name));
}
template <class Node>
std::optional<bool> ChildBool(const Node& node, std::string_view local_name) {
  return BoolOf(Child(node, local_name));
}
template <class Node>
std::optional<int> ChildInt(const Node& node, std::string_view local_name) {
  return IntOf(Child(node, local_name));
}
template <class Node>
std::optional<TimePoint> ChildTime(const Node& node, std::string_view local_name) {
  return TimeOf(Child(node, local_name));
}
template <class Node>
ItemId ChildItemId(const Node& node, std::string_view local_name = "ItemId") {
  return ItemIdOf(Child(node, local_name));
}
template <class Node>
FolderId ChildFolderId(const Node& node, std::string_view local_name = "FolderId") {
  return FolderIdOf(Child(node, local_name));
}
Mailbox ReadMailbox(const pugi::xml_node& mailbox);

// Parses a whole SOAP answer and returns the element inside Body. A fault becomes its status.
class Envelope {
 public:
  // EWS_BAD_ANSWER when `text` is hostile, not XML or no SOAP envelope.
  static absl::StatusOr<Envelope> Parse(std::string_view text, const XmlLimits& limits);

  // The first element of Body.
  const pugi::xml_node& content() const { return content_; }

 private:
  std::unique_ptr<pugi::xml_document> document_;
  pugi::xml_node content_;
};

// The status of a response message: OK for Success and for those warnings that still carry an answer.
absl::Status StatusOfMessage(const pugi::xml_node& message);

}  // namespace crosspoint::ews
