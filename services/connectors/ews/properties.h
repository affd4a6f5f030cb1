#pragma once

#include <string_view>

#include "connectors/ews/types.h"

namespace crosspoint::ews {

// Property set of everything Crosspoint keeps on items of a mailbox. Chosen once; must never change.
inline constexpr std::string_view kCrosspointPropertySet = "6f1e7c52-0b0e-4d5f-9a53-1f3c7f1d8a64";

// Correlates a calendar item with a conference; also how a retried create finds what the first try left.
inline constexpr std::string_view kCrosspointIdName = "CrosspointId";
// The availability state the organizer chose for the time of the meeting.
inline constexpr std::string_view kCrosspointAvailabilityStateName = "CrosspointAvailabilityState";

inline PropertyPath CrosspointIdPath() {
  return {.property_set = std::string(kCrosspointPropertySet), .name = std::string(kCrosspointIdName)};
}
inline PropertyPath CrosspointAvailabilityStatePath() {
  return {.property_set = std::string(kCrosspointPropertySet), .name = std::string(kCrosspointAvailabilityStateName)};
}

}  // namespace crosspoint::ews
