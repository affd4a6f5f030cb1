#include "connectors/ews/codec/response_parts.h"

#include <algorithm>

#include "common/status/status.h"

namespace crosspoint::ews {

absl::StatusOr<Envelope> ParseBare(std::string_view xml, std::string_view response, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(Envelope envelope, Envelope::Parse(xml, limits));
  if (LocalName(envelope.content()) != response) {
    return BadAnswer("is a " + std::string(LocalName(envelope.content()).substr(0, 60)) + " instead of a " +
                     std::string(response));
  }
  return envelope;
}

absl::StatusOr<Messages> ParseMessages(std::string_view xml, std::string_view response, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(Envelope envelope, ParseBare(xml, response, limits));
  Messages messages;
  for (const pugi::xml_node& message : Child(envelope.content(), "ResponseMessages").children()) {
    if (message.type() == pugi::node_element) messages.all.push_back(message);
  }
  if (messages.all.empty()) return BadAnswer("has no response message");
  messages.envelope = std::move(envelope);
  return messages;
}

absl::StatusOr<Messages> ParseSingle(std::string_view xml, std::string_view response, const XmlLimits& limits) {
  CROSSPOINT_ASSIGN_OR_RETURN(Messages messages, ParseMessages(xml, response, limits));
  CROSSPOINT_RETURN_IF_ERROR(StatusOfMessage(messages.all.front()));
  return messages;
}

pugi::xml_node FirstElement(const pugi::xml_node& node) {
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_element) return child;
  }
  return {};
}

std::vector<std::string> ReadWords(std::string_view text) {
  std::vector<std::string> words;
  for (text = Trim(text); !text.empty(); text = Trim(text)) {
    const size_t blank = std::min(text.find_first_of(" \t\r\n"), text.size());
    words.emplace_back(text.substr(0, blank));
    text.remove_prefix(blank);
  }
  return words;
}

}  // namespace crosspoint::ews
