#include "exchange_sim/xml.h"

#include <map>
#include <memory>
#include <sstream>

#include "exchange_sim/error.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kSoap = "http://schemas.xmlsoap.org/soap/envelope/";
constexpr std::string_view kMessages = "http://schemas.microsoft.com/exchange/services/2006/messages";
constexpr std::string_view kTypes = "http://schemas.microsoft.com/exchange/services/2006/types";
constexpr int kMaxDepth = 64;

void AppendEscaped(std::string& out, std::string_view text, bool attribute) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\r':
        out += "&#13;";
        break;
      case '"':
        out += attribute ? "&quot;" : "\"";
        break;
      case '\n':
        out += attribute ? "&#10;" : "\n";
        break;
      case '\t':
        out += attribute ? "&#9;" : "\t";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) out += c;  // other control characters cannot stand in XML
    }
  }
}

using Scope = std::map<std::string, std::string, std::less<>>;  // prefix -> namespace

// Renames the element and everything below; false when a namespace is unknown or the tree too deep.
bool Canonicalise(pugi::xml_node node, const Scope& outer, int depth) {
  if (depth > kMaxDepth) return false;
  Scope scope = outer;
  for (pugi::xml_attribute attribute = node.first_attribute(); attribute;) {
    const pugi::xml_attribute next = attribute.next_attribute();
    const std::string_view name = attribute.name();
    if (name == "xmlns") scope[""] = attribute.value();
    if (name.starts_with("xmlns:")) scope[std::string(name.substr(6))] = attribute.value();
    if (name == "xmlns" || name.find(':') != std::string_view::npos) node.remove_attribute(attribute);
    attribute = next;
  }
  const std::string name = node.name();
  const size_t colon = name.find(':');
  const auto found = scope.find(colon == std::string::npos ? "" : name.substr(0, colon));
  const std::string_view ns = found == scope.end() ? std::string_view() : std::string_view(found->second);
  const char* prefix = ns == kSoap ? "s:" : ns == kMessages ? "m:" : ns == kTypes ? "t:" : nullptr;
  const bool in_header = std::string_view(node.parent().name()) == "s:Header";
  if (prefix == nullptr && !in_header) return false;
  node.set_name(
      ((prefix == nullptr ? "x:" : prefix) + (colon == std::string::npos ? name : name.substr(colon + 1))).c_str());
  if (prefix == nullptr) return true;  // a header block that EWS does not know is let through
  for (const pugi::xml_node child : node.children()) {
    if (child.type() == pugi::node_element && !Canonicalise(child, scope, depth + 1)) return false;
  }
  return true;
}

}  // namespace

XmlWriter& XmlWriter::Open(std::string_view name) {
  EndStartTag();
  out_ += '<';
  out_ += name;
  open_.emplace_back(name);
  in_start_tag_ = true;
  return *this;
}

XmlWriter& XmlWriter::Attribute(std::string_view name, std::string_view value) {
  out_ += ' ';
  out_ += name;
  out_ += "=\"";
  AppendEscaped(out_, value, true);
  out_ += '"';
  return *this;
}

XmlWriter& XmlWriter::Text(std::string_view text) {
  if (text.empty()) return *this;
  EndStartTag();
  AppendEscaped(out_, text, false);
  return *this;
}

XmlWriter& XmlWriter::Close() {
  if (in_start_tag_) {
    out_ += "/>";
    in_start_tag_ = false;
  } else {
    out_ += "</" + open_.back() + ">";
  }
  open_.pop_back();
  return *this;
}

XmlWriter& XmlWriter::Raw(std::string_view fragment) {
  if (fragment.empty()) return *this;
  EndStartTag();
  out_ += fragment;
  return *this;
}

std::string XmlWriter::Take() { return std::move(out_); }

void XmlWriter::EndStartTag() {
  if (in_start_tag_) out_ += '>';
  in_start_tag_ = false;
}

std::string Envelope(std::string_view body) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"{}\" xmlns:m=\"{}\" xmlns:t=\"{}\"><s:Header>"
      "<t:ServerVersionInfo MajorVersion=\"15\" MinorVersion=\"1\" MajorBuildNumber=\"2507\" MinorBuildNumber=\"27\" "
      "Version=\"Exchange2016\"/></s:Header><s:Body>{}</s:Body></s:Envelope>",
      kSoap, kMessages, kTypes, body);
}

absl::StatusOr<std::unique_ptr<SoapRequest>> ParseSoap(std::string_view text) {
  const auto refuse = [](std::string_view why) { return SchemaError(why); };
  auto request = std::make_unique<SoapRequest>();
  const unsigned flags = pugi::parse_default | pugi::parse_doctype | pugi::parse_ws_pcdata_single;
  const auto parsed = request->document.load_buffer(text.data(), text.size(), flags);
  if (!parsed) return refuse(fmt::format("{} at offset {}.", parsed.description(), parsed.offset));
  for (const pugi::xml_node node : request->document.children()) {
    if (node.type() == pugi::node_doctype)
      return refuse("For security reasons DTD is prohibited in this XML document.");
  }
  const pugi::xml_node root = request->document.document_element();
  if (!root || !Canonicalise(root, {}, 0))
    return refuse("The element is in an unknown namespace or nested too deeply.");
  const pugi::xml_node body = root.child("s:Body");
  if (std::string_view(root.name()) != "s:Envelope" || !body) return refuse("There is no SOAP envelope with a body.");
  const auto elements = Elements(body);
  if (elements.size() != 1 || !std::string_view(elements[0].name()).starts_with("m:")) {
    return refuse("The body must hold one element of the messages namespace.");
  }
  request->header = root.child("s:Header");
  request->operation = elements[0];
  return request;
}

std::string Fragment(pugi::xml_node node) {
  std::ostringstream out;
  node.print(out, "", pugi::format_raw | pugi::format_no_declaration);
  return out.str();
}

std::string_view LocalName(pugi::xml_node node) {
  const std::string_view name = node.name();
  return name.substr(name.find(':') + 1);
}

std::vector<pugi::xml_node> Elements(pugi::xml_node parent) {
  std::vector<pugi::xml_node> elements;
  for (const pugi::xml_node child : parent.children()) {
    if (child.type() == pugi::node_element) elements.push_back(child);
  }
  return elements;
}

}  // namespace crosspoint::exchange_sim
