#pragma once

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "common/clock/time_point.h"
#include "gateway/domain/session.h"

namespace crosspoint::gateway {

// Numbers as in the proto; they are stored.
enum class CommandKind {
  kPlaceCall = 1,
  kStartIm = 2,
  kPlayMessage = 3,
  kLaunchInvitation = 4,
  kConfigure = 5,
};

enum class Outcome {
  kDone = 1,
  kRefused = 2,
  kFailed = 3,
  kExpired = 4,
  kUnknown = 5,
  kNoProgram = 6,
  kPending = 7,
};

// A command not begun after this is not begun at all, where it is sent at most once.
inline constexpr std::chrono::milliseconds kCommandExpiry{10'000};

// Whether the command is sent again until acknowledged; others are never sent twice, because a second call or message
// is worse than none.
bool AtLeastOnce(CommandKind kind);

struct Command {
  std::string id;
  CommandKind kind = CommandKind::kPlaceCall;
  std::string target;
  std::string session;  // it goes to
  std::string device;
  TimePoint expires;
};

struct CommandResult {
  Outcome outcome = Outcome::kUnknown;
  std::string detail;
};

// The one of `sessions` that a command of this kind goes to: on `device` when one is named, of the kind of program that
// suits the command best, of several the one connected last. nullptr when none can do it.
const SessionRecord* ChooseProgram(std::span<const SessionRecord> sessions, CommandKind kind,
                                   const std::string& device);

}  // namespace crosspoint::gateway
