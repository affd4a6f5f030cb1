#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::ews {

enum class PropertyType { kString, kInteger, kBoolean, kSystemTime, kBinary, kStringArray };

// Names an extended property, in one of three ways: by `name` or by `id` inside a property set, or by `tag` alone.
struct PropertyPath {
  std::string property_set;  // GUID, or a well-known set as EWS calls it: "InternetHeaders", "PublicStrings", …
  std::string name;
  std::optional<int> id;
  std::optional<uint16_t> tag;  // below 0x8000; those above differ from mailbox to mailbox
  PropertyType type = PropertyType::kString;

  static PropertyPath Tag(uint16_t tag, PropertyType type) { return {.tag = tag, .type = type}; }
  static PropertyPath Header(std::string name) { return {.property_set = "InternetHeaders", .name = std::move(name)}; }

  // A well-known set equals its GUID, a GUID and the name of an internet header are compared without case: servers
  // answer in their own spelling.
  bool operator==(const PropertyPath& other) const;
};

// The value stands as XML has it: "true", "-5", "2026-11-23T09:00:00Z", base64.
struct ExtendedProperty {
  PropertyPath path;
  std::string value;
  std::vector<std::string> values = {};  // kStringArray only, instead of `value`
  bool operator==(const ExtendedProperty&) const = default;
};

// The EWS name of a well-known set, given its GUID in any case; else nothing.
std::string_view WellKnownPropertySet(std::string_view guid);
// Whether `set` is a GUID rather than the name of a well-known set.
bool IsGuid(std::string_view set);

// nullptr when there is none such.
const ExtendedProperty* FindProperty(const std::vector<ExtendedProperty>& properties, const PropertyPath& path);

}  // namespace crosspoint::ews
