#include "connectors/ews/codec/read_item.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "connectors/ews/codec/names.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

// "0x0E07" or "3591".
std::optional<uint16_t> ParseTag(std::string_view text) {
  text = Trim(text);
  const bool is_hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  if (is_hex) text.remove_prefix(2);
  uint16_t tag = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tag, is_hex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return tag;
}

// nullopt when it names nothing, or a type we never ask for.
std::optional<PropertyPath> ReadPropertyPath(const pugi::xml_node& uri) {
  // Some servers leave out what the request has told them.
  const std::string type_name = AttributeOf(uri, "PropertyType");
  const auto type = type_name.empty() ? PropertyType::kString : FromName(kPropertyTypeNames, type_name);
  if (!type) return std::nullopt;
  if (const auto tag = ParseTag(AttributeOf(uri, "PropertyTag"))) return PropertyPath::Tag(*tag, *type);
  PropertyPath path{
      .name = AttributeOf(uri, "PropertyName"), .id = ParseInt(AttributeOf(uri, "PropertyId")), .type = *type};
  path.property_set = AttributeOf(uri, "DistinguishedPropertySetId");
  if (path.property_set.empty()) path.property_set = LowerCase(AttributeOf(uri, "PropertySetId"));
  if (path.property_set.empty() || (path.name.empty() && !path.id)) return std::nullopt;
  return path;
}

}  // namespace

std::vector<ExtendedProperty> ReadProperties(const pugi::xml_node& item) {
  std::vector<ExtendedProperty> properties;
  for (const pugi::xml_node& element : item.children()) {
    if (LocalName(element) != "ExtendedProperty") continue;
    auto path = ReadPropertyPath(Child(element, "ExtendedFieldURI"));
    if (!path) continue;
    ExtendedProperty property{.path = std::move(*path)};
    if (property.path.type == PropertyType::kStringArray) {
      for (const pugi::xml_node& value : Child(element, "Values").children()) {
        if (LocalName(value) == "Value") property.values.push_back(TextOf(value));
      }
    } else {
      property.value = ChildText(element, "Value");
    }
    properties.push_back(std::move(property));
  }
  return properties;
}

std::optional<Body> ReadBody(const pugi::xml_node& body) {
  if (!body) return std::nullopt;
  return Body{.type = FromName(kBodyTypeNames, AttributeOf(body, "BodyType")).value_or(BodyType::kText),
              .text = TextOf(body),
              .is_truncated = ParseBool(AttributeOf(body, "IsTruncated")).value_or(false)};
}

std::vector<std::string> ReadStrings(const pugi::xml_node& list) {
  std::vector<std::string> strings;
  for (const pugi::xml_node& entry : list.children()) {
    if (LocalName(entry) == "String") strings.push_back(TextOf(entry));
  }
  return strings;
}

std::optional<AttachmentInfo> ReadAttachmentInfo(const pugi::xml_node& attachment) {
  const auto kind = FromName(kAttachmentNames, LocalName(attachment));
  if (!kind) return std::nullopt;
  return AttachmentInfo{.kind = *kind,
                        .id = AttributeOf(Child(attachment, "AttachmentId"), "Id"),
                        .name = ChildText(attachment, "Name"),
                        .content_type = ChildText(attachment, "ContentType"),
                        .content_id = ChildText(attachment, "ContentId"),
                        .size = ChildInt(attachment, "Size").value_or(0),
                        .is_inline = ChildBool(attachment, "IsInline").value_or(false),
                        .is_contact_photo = ChildBool(attachment, "IsContactPhoto").value_or(false),
                        .last_modified = ChildTime(attachment, "LastModifiedTime")};
}

std::vector<AttachmentInfo> ReadAttachmentInfos(const pugi::xml_node& list) {
  std::vector<AttachmentInfo> infos;
  for (const pugi::xml_node& attachment : list.children()) {
    if (auto info = ReadAttachmentInfo(attachment)) infos.push_back(std::move(*info));
  }
  return infos;
}

}  // namespace crosspoint::ews
