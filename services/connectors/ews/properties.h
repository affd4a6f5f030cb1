#pragma once

#include <string_view>

#include "connectors/ews/types.h"

namespace crosspoint::ews {

// Property set of everything Crosspoint keeps on items of a mailbox. Chosen once; must never change.
inline constexpr std::string_view kCrosspointPropertySet = "6f1e7c52-0b0e-4d5f-9a53-1f3c7f1d8a64";

// Correlates an item with what we keep of it: a conference, a voice mail, a contact; also how a retried create finds
// what the first try left.
inline constexpr std::string_view kCrosspointIdName = "CrosspointId";
// The availability state the organizer chose for the time of the meeting.
inline constexpr std::string_view kCrosspointAvailabilityStateName = "CrosspointAvailabilityState";

inline PropertyPath CrosspointIdPath() {
  return {.property_set = std::string(kCrosspointPropertySet), .name = std::string(kCrosspointIdName)};
}
inline PropertyPath CrosspointAvailabilityStatePath() {
  return {.property_set = std::string(kCrosspointPropertySet), .name = std::string(kCrosspointAvailabilityStateName)};
}

// What makes a saved message look as if it came in. Source: [MS-OXCMSG], message object properties.
inline constexpr int kMessageFlagRead = 1;
inline PropertyPath MessageFlagsPath() { return PropertyPath::Tag(0x0e07, PropertyType::kInteger); }
inline PropertyPath DeliveryTimePath() { return PropertyPath::Tag(0x0e06, PropertyType::kSystemTime); }
inline PropertyPath SubmitTimePath() { return PropertyPath::Tag(0x0039, PropertyType::kSystemTime); }

// A voice message as Outlook knows it. Source: [MS-OXOUM], voice message object properties and headers.
inline constexpr std::string_view kVoiceMessageClass = "IPM.Note.Microsoft.Voicemail.UM.CA";
inline PropertyPath VoiceDurationPath() { return PropertyPath::Tag(0x6801, PropertyType::kInteger); }  // seconds
inline PropertyPath CallerNumberPath() { return PropertyPath::Tag(0x6802, PropertyType::kString); }
inline PropertyPath CallerNamePath() { return PropertyPath::Tag(0x6803, PropertyType::kString); }
// Names of the audio attachments, in the order they are to be played.
inline PropertyPath VoiceAttachmentOrderPath() { return PropertyPath::Tag(0x6805, PropertyType::kString); }
inline PropertyPath CallIdPath() { return PropertyPath::Tag(0x6806, PropertyType::kString); }
inline PropertyPath CallerNumberHeader() { return PropertyPath::Header("X-CallingTelephoneNumber"); }
inline PropertyPath CallerNameHeader() { return PropertyPath::Header("X-VoiceMessageSenderName"); }
inline PropertyPath VoiceDurationHeader() { return PropertyPath::Header("X-VoiceMessageDuration"); }

}  // namespace crosspoint::ews
