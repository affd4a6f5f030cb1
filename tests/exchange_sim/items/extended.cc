#include "exchange_sim/items/extended.h"

#include <cctype>
#include <cerrno>

#include "exchange_sim/error.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kInternetHeaders = "00020386-0000-0000-c000-000000000046";

const std::map<std::string_view, std::string_view>& DistinguishedSets() {
  static const std::map<std::string_view, std::string_view> sets = {
      {"Meeting", "6ed8da90-450b-101b-98da-00aa003f1305"},
      {"Appointment", "00062002-0000-0000-c000-000000000046"},
      {"Common", "00062008-0000-0000-c000-000000000046"},
      {"PublicStrings", "00020329-0000-0000-c000-000000000046"},
      {"Address", "00062004-0000-0000-c000-000000000046"},
      {"InternetHeaders", kInternetHeaders},
      {"CalendarAssistant", "11000e07-b51b-40d6-af21-caa85edab1d0"},
      {"UnifiedMessaging", "4442858e-a9e3-4e80-b900-317a210cc15b"},
      {"Task", "00062003-0000-0000-c000-000000000046"},
      {"Sharing", "00062040-0000-0000-c000-000000000046"},
  };
  return sets;
}

bool IsNumber(const std::string& text, bool whole) {
  char* end = nullptr;
  errno = 0;
  whole ? static_cast<void>(std::strtoll(text.c_str(), &end, 10)) : static_cast<void>(std::strtod(text.c_str(), &end));
  return !text.empty() && errno == 0 && *end == '\0';
}

bool IsGuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) return false;
  }
  return true;
}

bool IsOfType(std::string_view type, const std::string& text) {
  if (type == "Boolean") return text == "true" || text == "false" || text == "1" || text == "0";
  if (type == "Short" || type == "Integer" || type == "Long" || type == "Currency") return IsNumber(text, true);
  if (type == "Float" || type == "Double" || type == "ApplicationTime") return IsNumber(text, false);
  if (type == "SystemTime") return ParseDateTime(Trim(text)).has_value();
  if (type == "Binary") return FromBase64(Trim(text)).has_value();
  if (type == "CLSID") return IsGuid(Trim(text));
  return true;
}

}  // namespace

absl::StatusOr<std::string> ExtendedKey(pugi::xml_node uri) {
  std::string set = Lower(uri.attribute("PropertySetId").value());
  const std::string_view distinguished = uri.attribute("DistinguishedPropertySetId").value();
  const std::string_view name = uri.attribute("PropertyName").value();
  const std::string_view id = uri.attribute("PropertyId").value();
  const std::string tag = Lower(uri.attribute("PropertyTag").value());
  const std::string_view type = uri.attribute("PropertyType").value();
  const bool one_set = set.empty() != distinguished.empty();
  const bool one_name = name.empty() != id.empty();
  const bool by_tag = !tag.empty() && set.empty() && distinguished.empty() && name.empty() && id.empty();
  if (type.empty()) return SchemaError("an ExtendedFieldURI needs a PropertyType");
  if (type == "Null" || type == "Error" || type.starts_with("Object")) {
    return EwsError("ErrorUnsupportedPropertyDefinition", "Properties of this type cannot be read or written.");
  }
  if (!by_tag && !(one_set && one_name && tag.empty())) {
    return EwsError("ErrorInvalidExtendedProperty", "The extended property attribute combination is invalid.");
  }
  if (by_tag) return fmt::format("tag|{:x}|{}", std::strtoul(tag.c_str(), nullptr, 0), type);
  if (!distinguished.empty()) {
    const auto found = DistinguishedSets().find(distinguished);
    if (found == DistinguishedSets().end()) return SchemaError("unknown DistinguishedPropertySetId");
    set = found->second;
  }
  // The names of headers do not care for case, those of other properties do.
  const std::string spelt = set == kInternetHeaders ? Lower(name) : std::string(name);
  return fmt::format("{}|{}{}|{}", set, id.empty() ? "name:" : "id:", id.empty() ? spelt : id, type);
}

absl::StatusOr<pugi::xml_node> ExtendedValue(pugi::xml_node property) {
  std::string_view type = property.child("t:ExtendedFieldURI").attribute("PropertyType").value();
  const bool several = type.ends_with("Array");
  if (several) type.remove_suffix(5);
  const pugi::xml_node value = property.child(several ? "t:Values" : "t:Value");
  const absl::Status wrong =
      EwsError("ErrorInvalidExtendedPropertyValue", "The extended property value is invalid for its type.");
  if (!value) return wrong;
  if (!several) return IsOfType(type, value.text().get()) ? value : absl::StatusOr<pugi::xml_node>(wrong);
  for (const pugi::xml_node one : value.children("t:Value")) {
    if (!IsOfType(type, one.text().get())) return wrong;
  }
  return value;
}

std::map<std::string, std::string> InternetHeaders(const Item& item) {
  const std::string begin = fmt::format("{}|name:", kInternetHeaders);
  std::map<std::string, std::string> headers;
  for (auto entry = item.extended.lower_bound(begin); entry != item.extended.end(); ++entry) {
    if (!entry->first.starts_with(begin)) break;
    const std::string name = entry->first.substr(begin.size(), entry->first.find('|', begin.size()) - begin.size());
    headers[name] = TextOf(entry->second.xml);
  }
  return headers;
}

bool SetNativeTag(Item& item, const std::string& key, std::string_view text) {
  constexpr unsigned kRead = 0x01;
  constexpr unsigned kUnsent = 0x08;
  if (!IsMail(item.kind)) return false;
  if (key == "tag|e07|Integer") {  // PidTagMessageFlags: how a client creates mail that was not written here
    const auto flags = static_cast<unsigned>(std::strtoul(std::string(text).c_str(), nullptr, 10));
    item.mail.is_read = (flags & kRead) != 0;
    item.mail.is_draft = (flags & kUnsent) != 0;
    return true;
  }
  const auto time = ParseDateTime(text);
  if (key == "tag|e06|SystemTime" && time) {  // PidTagMessageDeliveryTime
    item.mail.received_at = time->at;
    return true;
  }
  if (key == "tag|39|SystemTime" && time) {  // PidTagClientSubmitTime
    item.mail.sent_at = time->at;
    return true;
  }
  return false;
}

}  // namespace crosspoint::exchange_sim
