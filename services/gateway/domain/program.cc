#include "gateway/domain/program.h"

#include <algorithm>
#include <array>

namespace crosspoint::gateway {
namespace {

struct Row {
  ProgramKind program;
  std::string_view name;
  // In the order of Ability.
  bool presence_role, telephony_window, ribbon, inline_player, user_functions, upload_contacts, report_lines;
};

constexpr std::array<Row, 8> kTable = {{
    {ProgramKind::kDesktopWindows, "desktop-windows", true, true, true, true, true, true, false},
    {ProgramKind::kDesktopMac, "desktop-mac", false, true, false, false, true, true, false},
    {ProgramKind::kOutlookAddin, "outlook-addin", true, false, true, true, true, true, false},
    {ProgramKind::kSkypeTelephony, "skype-telephony", true, true, false, false, true, false, false},
    {ProgramKind::kDeskphone, "deskphone", false, false, false, false, true, false, false},
    {ProgramKind::kMobility, "mobility", false, false, false, false, true, false, false},
    {ProgramKind::kWeb, "web", false, false, true, false, true, true, false},
    {ProgramKind::kPbx, "pbx", false, false, false, false, false, false, true},
}};

const Row& RowOf(ProgramKind program) { return kTable[static_cast<size_t>(program) - 1]; }

bool IsDesktop(ProgramKind program) {
  return program == ProgramKind::kDesktopWindows || program == ProgramKind::kDesktopMac;
}

template <class Enum>
std::optional<Enum> InRange(int number, Enum last) {
  if (number < 1 || number > static_cast<int>(last)) return std::nullopt;
  return static_cast<Enum>(number);
}

}  // namespace

std::optional<ProgramKind> ProgramOf(int number) { return InRange(number, ProgramKind::kPbx); }
std::optional<Channel> ChannelOf(int number) { return InRange(number, Channel::kConfiguration); }
std::optional<ClientRole> RoleOf(int number) { return InRange(number, ClientRole::kTelephonyWindow); }

std::string_view NameOf(ProgramKind program) { return RowOf(program).name; }

std::string_view NameOf(Ability ability) {
  static constexpr std::array<std::string_view, 7> kNames = {"presence role", "telephony window", "ribbon",
                                                             "inline player", "user functions",   "contact upload",
                                                             "line reports"};
  return kNames[static_cast<size_t>(ability)];
}

bool Allows(ProgramKind program, Ability ability) {
  const auto& row = RowOf(program);
  switch (ability) {
    case Ability::kPresenceRole:
      return row.presence_role;
    case Ability::kTelephonyWindow:
      return row.telephony_window;
    case Ability::kRibbon:
      return row.ribbon;
    case Ability::kInlinePlayer:
      return row.inline_player;
    case Ability::kUserFunctions:
      return row.user_functions;
    case Ability::kUploadContacts:
      return row.upload_contacts;
    case Ability::kReportLines:
      return row.report_lines;
  }
  return false;
}

Ability NeededFor(ClientRole role) {
  return role == ClientRole::kOutlookPresence ? Ability::kPresenceRole : Ability::kTelephonyWindow;
}

bool Excludes(ProgramKind one, ProgramKind other) {
  return (one == ProgramKind::kSkypeTelephony && IsDesktop(other)) ||
         (other == ProgramKind::kSkypeTelephony && IsDesktop(one));
}

bool IsValidDevice(std::string_view device) {
  return !device.empty() && device.size() <= 64 && std::all_of(device.begin(), device.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == ':' || c == '-';
  });
}

}  // namespace crosspoint::gateway
