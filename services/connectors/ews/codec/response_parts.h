#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/ews/codec/names.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "connectors/ews/soap/xml_reader.h"

// Internal to the codec: pieces that several answers share.
namespace crosspoint::ews {

// A parsed answer and its response messages.
struct Messages {
  Envelope envelope;
  std::vector<pugi::xml_node> all;  // at least one
};

absl::StatusOr<Messages> ParseMessages(std::string_view xml, std::string_view response, const XmlLimits& limits);
// The only message of an answer to one thing; its error when it failed.
absl::StatusOr<Messages> ParseSingle(std::string_view xml, std::string_view response, const XmlLimits& limits);

// An answer without ResponseMessages, such as that of FindPeople: the response element itself. Its status is not read.
absl::StatusOr<Envelope> ParseBare(std::string_view xml, std::string_view response, const XmlLimits& limits);

// The paging attributes of `page`.
PageEnd ReadPageEnd(const pugi::xml_node& page);

// "Monday Tuesday"
std::vector<std::string> ReadWords(std::string_view text);
pugi::xml_node FirstElement(const pugi::xml_node& node);

// One entry per message: its error, or what `read` makes of the first element of its child `list`.
template <class Read>
auto ReadBatch(const Messages& messages, std::string_view list, const Read& read)
    -> Batch<decltype(read(pugi::xml_node()))> {
  Batch<decltype(read(pugi::xml_node()))> batch;
  for (const pugi::xml_node& message : messages.all) {
    const absl::Status status = StatusOfMessage(message);
    const pugi::xml_node first = FirstElement(Child(message, list));
    if (!status.ok()) {
      batch.emplace_back(status);
    } else if (!first) {
      batch.emplace_back(BadAnswer("has an empty " + std::string(list)));
    } else {
      batch.emplace_back(read(first));
    }
  }
  return batch;
}

template <class Node, class Table, class E>
E ChildEnum(const Node& node, std::string_view local_name, const Table& table, E otherwise) {
  std::string scratch;
  return FromName(table, Trim(RawTextOf(Child(node, local_name), scratch))).value_or(otherwise);
}

}  // namespace crosspoint::ews
