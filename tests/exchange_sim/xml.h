#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace crosspoint::exchange_sim {

// Writes well-formed XML by construction: escapes everything, closes what it opened. Names carry the prefixes
// s (SOAP), m (messages), t (types), e (errors) that Envelope() declares.
class XmlWriter {
 public:
  XmlWriter& Open(std::string_view name);
  XmlWriter& Attribute(std::string_view name, std::string_view value);  // right after Open
  XmlWriter& Text(std::string_view text);
  XmlWriter& Close();
  XmlWriter& Leaf(std::string_view name, std::string_view text) { return Open(name).Text(text).Close(); }
  XmlWriter& Flag(std::string_view name, bool value) { return Leaf(name, value ? "true" : "false"); }
  XmlWriter& Number(std::string_view name, int64_t value) { return Leaf(name, std::to_string(value)); }
  // `fragment` must be well-formed and use the prefixes above.
  XmlWriter& Raw(std::string_view fragment);
  std::string Take();  // everything must be closed

 private:
  void EndStartTag();
  std::string out_;
  std::vector<std::string> open_;
  bool in_start_tag_ = false;
};

// A whole SOAP answer around `body`, with the server version header.
std::string Envelope(std::string_view body);

// A request whose elements were renamed to the prefixes m: and t: whatever the sender called them, and whose namespace
// declarations were dropped, so that `operation.child("t:Subject")` finds what is meant.
struct SoapRequest {
  pugi::xml_document document;
  pugi::xml_node header;     // s:Header, null when absent
  pugi::xml_node operation;  // the one element in the body
};

//   kInvalidArgument with reason ErrorSchemaValidation: not XML, a document type, too deep, no SOAP envelope, an
//   element of a namespace that EWS does not have
absl::StatusOr<std::unique_ptr<SoapRequest>> ParseSoap(std::string_view text);

// The element and what is in it, as a fragment for XmlWriter::Raw.
std::string Fragment(pugi::xml_node node);
// "CalendarItem" of "t:CalendarItem".
std::string_view LocalName(pugi::xml_node node);
// The elements among the children, without comments and text.
std::vector<pugi::xml_node> Elements(pugi::xml_node parent);

}  // namespace crosspoint::exchange_sim
