#pragma once

#include <optional>
#include <string_view>

namespace crosspoint::gateway {

// Numbers as in the proto; they are stored.
enum class ProgramKind {
  kDesktopWindows = 1,
  kDesktopMac = 2,
  kOutlookAddin = 3,
  kSkypeTelephony = 4,
  kDeskphone = 5,
  kMobility = 6,
  kWeb = 7,
  kPbx = 8,
};

enum class Channel {
  kPresence = 1,
  kMeetings = 2,
  kVoicemail = 3,
  kContacts = 4,
  kCommands = 5,
  kConfiguration = 6,
};

enum class ClientRole {
  kOutlookPresence = 1,  // feeds Outlook's presence icon
  kTelephonyWindow = 2,  // shows the telephony window
};

// What some kinds of programs may do and others not.
enum class Ability {
  kPresenceRole,
  kTelephonyWindow,
  kRibbon,         // attach a conference to an item that is open in Outlook
  kInlinePlayer,   // play voicemail inside Outlook
  kUserFunctions,  // play voicemail, search, call
  kUploadContacts,
  kReportLines,  // line state and voicemail deposit
};

std::optional<ProgramKind> ProgramOf(int number);
std::optional<Channel> ChannelOf(int number);
std::optional<ClientRole> RoleOf(int number);

// "desktop-mac": for people and metadata.
std::string_view NameOf(ProgramKind program);
std::string_view NameOf(Ability ability);

// The table of the README.
bool Allows(ProgramKind program, Ability ability);
// What a program must be able to do to hold the role.
Ability NeededFor(ClientRole role);

// Whether two programs may not run on one device at the same time: the telephony window and a desktop app. Symmetric.
bool Excludes(ProgramKind one, ProgramKind other);

// A device as a program names it: 1 to 64 of [A-Za-z0-9._:-].
bool IsValidDevice(std::string_view device);

}  // namespace crosspoint::gateway
