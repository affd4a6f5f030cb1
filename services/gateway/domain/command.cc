#include "gateway/domain/command.h"

#include <algorithm>

namespace crosspoint::gateway {
namespace {

// Best first. What a person would reach for: the phone to talk, the screen to write.
const std::vector<ProgramKind>& Suited(CommandKind kind) {
  using enum ProgramKind;
  static const std::vector<ProgramKind> kCall = {kDeskphone,      kDesktopWindows, kDesktopMac,
                                                 kSkypeTelephony, kMobility,       kWeb};
  static const std::vector<ProgramKind> kIm = {kDesktopWindows, kDesktopMac, kSkypeTelephony, kMobility, kWeb};
  static const std::vector<ProgramKind> kPlay = {kDeskphone,      kDesktopWindows, kDesktopMac, kOutlookAddin,
                                                 kSkypeTelephony, kMobility,       kWeb};
  static const std::vector<ProgramKind> kInvitation = {kOutlookAddin, kDesktopWindows, kDesktopMac, kWeb};
  static const std::vector<ProgramKind> kAny = {kDesktopWindows, kDesktopMac, kOutlookAddin, kSkypeTelephony,
                                                kDeskphone,      kMobility,   kWeb};
  switch (kind) {
    case CommandKind::kPlaceCall:
      return kCall;
    case CommandKind::kStartIm:
      return kIm;
    case CommandKind::kPlayMessage:
      return kPlay;
    case CommandKind::kLaunchInvitation:
      return kInvitation;
    case CommandKind::kConfigure:
      return kAny;
  }
  return kAny;
}

}  // namespace

bool AtLeastOnce(CommandKind kind) { return kind == CommandKind::kLaunchInvitation || kind == CommandKind::kConfigure; }

const SessionRecord* ChooseProgram(std::span<const SessionRecord> sessions, CommandKind kind,
                                   const std::string& device) {
  const auto& suited = Suited(kind);
  const auto rank = [&suited](const SessionRecord& session) {
    return std::find(suited.begin(), suited.end(), session.program) - suited.begin();
  };
  const SessionRecord* best = nullptr;
  for (const auto& session : sessions) {
    if (!session.Has(Channel::kCommands) || (!device.empty() && session.device != device)) continue;
    if (rank(session) == static_cast<std::ptrdiff_t>(suited.size())) continue;
    if (best == nullptr || rank(session) < rank(*best) ||
        (rank(session) == rank(*best) && session.connected > best->connected)) {
      best = &session;
    }
  }
  return best;
}

}  // namespace crosspoint::gateway
