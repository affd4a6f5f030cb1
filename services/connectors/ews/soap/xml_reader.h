#pragma once

// Internal to the codec: pugixml behind local names.

#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "connectors/ews/soap/xml_scanner.h"
#include "connectors/ews/types.h"

namespace crosspoint::ews {

// The name without its prefix.
std::string_view LocalName(const pugi::xml_node& node);
// First child of that local name; empty when there is none.
pugi::xml_node Child(const pugi::xml_node& node, std::string_view local_name);
// Walks down, one local name a step.
template <class... Names>
pugi::xml_node Child(const pugi::xml_node& node, std::string_view first, Names... rest) {
  return Child(Child(node, first), rest...);
}
// All text directly inside, as valid UTF-8.
std::string TextOf(const pugi::xml_node& node);
std::string AttributeOf(const pugi::xml_node& node, const char* name);

// Of a child; absent or unreadable is nullopt.
std::string ChildText(const pugi::xml_node& node, std::string_view local_name);
std::optional<bool> ChildBool(const pugi::xml_node& node, std::string_view local_name);
std::optional<int> ChildInt(const pugi::xml_node& node, std::string_view local_name);
std::optional<TimePoint> ChildTime(const pugi::xml_node& node, std::string_view local_name);
ItemId ChildItemId(const pugi::xml_node& node, std::string_view local_name = "ItemId");
FolderId ChildFolderId(const pugi::xml_node& node, std::string_view local_name = "FolderId");
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
