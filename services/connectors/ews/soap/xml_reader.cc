#include "connectors/ews/soap/xml_reader.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "common/status/status.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;

constexpr size_t kLongestAddress = 320;

// The named values under MessageXml that matter.
struct NamedValues {
  ErrorDetails details;
  bool names_busy = false;  // an inner error says that the server is busy
};

std::optional<milliseconds> ReadBackOff(std::string_view text) {
  static constexpr int64_t kLongest = 24 * 3600 * 1000;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return milliseconds(std::clamp<int64_t>(number, 0, kLongest));
}

NamedValues ReadNamedValues(const pugi::xml_node& message_xml) {
  NamedValues read;
  for (const pugi::xml_node& value : message_xml.children()) {
    const std::string name = AttributeOf(value, "Name");
    const std::string text(Trim(TextOf(value)));
    if (name == "BackOffMilliseconds") read.details.back_off = ReadBackOff(text);
    if (text == "ErrorServerBusy") read.names_busy = true;
    const bool is_address = text.find('@') != text.npos && text.size() <= kLongestAddress;
    if (name.find("Primary") != name.npos && is_address) read.details.primary_address = text;
  }
  return read;
}

absl::Status MakeStatus(std::string code, std::string_view text, const pugi::xml_node& message_xml) {
  const NamedValues values = ReadNamedValues(message_xml);
  // A busy server may hide behind an internal error: the inner code or a back-off value tell.
  if (code == "ErrorInternalServerError" && (values.names_busy || values.details.back_off)) code = "ErrorServerBusy";
  return StatusFromResponseCode(code, text, values.details);
}

absl::Status StatusOfFault(const pugi::xml_node& fault) {
  const pugi::xml_node detail = Child(fault, "detail");
  std::string code(Trim(ChildText(detail, "ResponseCode")));
  if (code.empty()) {
    code = Trim(ChildText(fault, "faultcode"));
    code.erase(0, code.find(':') + 1);
  }
  std::string text = ChildText(detail, "Message");
  if (text.empty()) text = ChildText(fault, "faultstring");
  if (code.substr(0, 5) != "Error") return SoapFault(code, text);
  return MakeStatus(std::move(code), text, Child(detail, "MessageXml"));
}

}  // namespace

std::string_view LocalName(const pugi::xml_node& node) {
  std::string_view name = node.name();
  const size_t colon = name.rfind(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

pugi::xml_node Child(const pugi::xml_node& node, std::string_view local_name) {
  for (pugi::xml_node child = node.first_child(); child; child = child.next_sibling()) {
    if (child.type() == pugi::node_element && LocalName(child) == local_name) return child;
  }
  return {};
}

Fields::Fields(const pugi::xml_node& node) : node_(node) {
  constexpr size_t kUsual = 32;
  fields_.reserve(kUsual);
  for (pugi::xml_node child = node.first_child(); child; child = child.next_sibling()) {
    if (child.type() == pugi::node_element) fields_.push_back({LocalName(child), child});
  }
}

pugi::xml_node Fields::Find(std::string_view local_name) const {
  for (const Field& field : fields_) {
    if (field.local_name == local_name) return field.node;
  }
  return {};
}

std::string_view RawTextOf(const pugi::xml_node& node, std::string& scratch) {
  const pugi::xml_node first = node.first_child();
  if (!first) return {};
  if (first.type() == pugi::node_pcdata && !first.next_sibling()) return first.value();
  for (pugi::xml_node child = first; child; child = child.next_sibling()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) scratch.append(child.value());
  }
  return scratch;
}

std::string TextOf(const pugi::xml_node& node) {
  std::string scratch;
  const std::string_view text = RawTextOf(node, scratch);
  return ToValidUtf8(text.data() == scratch.data() ? std::move(scratch) : std::string(text));
}

std::string AttributeOf(const pugi::xml_node& node, const char* name) {
  return ToValidUtf8(node.attribute(name).value());
}

std::optional<bool> BoolOf(const pugi::xml_node& node) {
  std::string scratch;
  return ParseBool(RawTextOf(node, scratch));
}

std::optional<int> IntOf(const pugi::xml_node& node) {
  std::string scratch;
  return ParseInt(RawTextOf(node, scratch));
}

std::optional<TimePoint> TimeOf(const pugi::xml_node& node) {
  std::string scratch;
  return ParseDateTime(RawTextOf(node, scratch));
}

ItemId ItemIdOf(const pugi::xml_node& node) { return {AttributeOf(node, "Id"), AttributeOf(node, "ChangeKey")}; }

FolderId FolderIdOf(const pugi::xml_node& node) { return {AttributeOf(node, "Id"), AttributeOf(node, "ChangeKey")}; }

Mailbox ReadMailbox(const pugi::xml_node& mailbox) {
  Mailbox read{.name = ChildText(mailbox, "Name"),
               .email = ChildText(mailbox, "EmailAddress"),
               .routing_type = ChildText(mailbox, "RoutingType"),
               .mailbox_type = ChildText(mailbox, "MailboxType")};
  if (read.routing_type.empty()) read.routing_type = "SMTP";
  return read;
}

absl::StatusOr<Envelope> Envelope::Parse(std::string_view text, const XmlLimits& limits) {
  CROSSPOINT_RETURN_IF_ERROR(CheckXml(text, limits));
  Envelope envelope;
  envelope.document_ = std::make_unique<pugi::xml_document>();
  const unsigned flags = pugi::parse_default | pugi::parse_ws_pcdata_single;
  const auto result = envelope.document_->load_buffer(text.data(), text.size(), flags, pugi::encoding_utf8);
  if (!result) return BadAnswer(std::string("is not well-formed: ") + result.description());
  const pugi::xml_node body = Child(*envelope.document_, "Envelope", "Body");
  if (!body) return BadAnswer("is no SOAP envelope");
  for (const pugi::xml_node& child : body.children()) {
    if (child.type() == pugi::node_element) {
      envelope.content_ = child;
      break;
    }
  }
  if (!envelope.content_) return BadAnswer("has an empty body");
  if (LocalName(envelope.content_) == "Fault") return StatusOfFault(envelope.content_);
  return envelope;
}

absl::Status StatusOfMessage(const pugi::xml_node& message) {
  const std::string response_class = AttributeOf(message, "ResponseClass");
  std::string code(Trim(ChildText(message, "ResponseCode")));
  if (response_class == "Success") return absl::OkStatus();
  if (response_class == "Warning" && code != "ErrorBatchProcessingStopped") return absl::OkStatus();
  if (response_class != "Warning" && response_class != "Error")
    return BadAnswer("has a message without a response class");
  if (code.empty() || code == "NoError") return BadAnswer("has an error without a code");
  return MakeStatus(std::move(code), ChildText(message, "MessageText"), Child(message, "MessageXml"));
}

}  // namespace crosspoint::ews
