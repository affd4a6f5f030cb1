#include "connectors/ews/property_path.h"

#include <algorithm>
#include <array>
#include <utility>

#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

constexpr std::string_view kInternetHeaders = "InternetHeaders";

// Source: [MS-OXPROPS] 1.3.2, commonly used property sets.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kWellKnownSets{
    {{"6ed8da90-450b-101b-98da-00aa003f1305", "Meeting"},
     {"00062002-0000-0000-c000-000000000046", "Appointment"},
     {"00062008-0000-0000-c000-000000000046", "Common"},
     {"00020329-0000-0000-c000-000000000046", "PublicStrings"},
     {"00062004-0000-0000-c000-000000000046", "Address"},
     {"00020386-0000-0000-c000-000000000046", kInternetHeaders},
     {"11000e07-b51b-40d6-af21-caa85edab1d0", "CalendarAssistant"},
     {"4442858e-a9e3-4e80-b900-317a210cc15b", "UnifiedMessaging"},
     {"00062003-0000-0000-c000-000000000046", "Task"},
     {"00062040-0000-0000-c000-000000000046", "Sharing"}}};

std::string_view CommonSpelling(std::string_view set) {
  const std::string_view name = IsGuid(set) ? WellKnownPropertySet(set) : set;
  return name.empty() ? set : name;
}

}  // namespace

bool IsGuid(std::string_view set) { return set.size() == 36 && set[8] == '-'; }

std::string_view WellKnownPropertySet(std::string_view guid) {
  for (const auto& [known, name] : kWellKnownSets) {
    if (EqualsIgnoringCase(known, guid)) return name;
  }
  return {};
}

bool PropertyPath::operator==(const PropertyPath& other) const {
  if (type != other.type || id != other.id || tag != other.tag) return false;
  const std::string_view set = CommonSpelling(property_set);
  if (!EqualsIgnoringCase(set, CommonSpelling(other.property_set))) return false;
  return set == kInternetHeaders ? EqualsIgnoringCase(name, other.name) : name == other.name;
}

const ExtendedProperty* FindProperty(const std::vector<ExtendedProperty>& properties, const PropertyPath& path) {
  const auto found =
      std::find_if(properties.begin(), properties.end(), [&](const auto& property) { return property.path == path; });
  return found == properties.end() ? nullptr : &*found;
}

}  // namespace crosspoint::ews
