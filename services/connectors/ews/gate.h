#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace crosspoint::ews {

// Whether a person waits for the answer. What people wait for goes first, and background work never takes the last
// slot.
enum class Urgency { kBackground, kUserFacing };

// The permission for one request. Destroyed without End, how the request ended is unknown.
class EwsPass {
 public:
  virtual ~EwsPass() = default;
  // Gives the slot back and heeds what the server asks for. Once.
  virtual void End(const absl::Status& outcome) = 0;
};

// Stands before every request to one server account: how many may run at a time, and the times in which the server
// wants to hear nothing. Implementations share both among processes. Thread-safe.
class EwsGate {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  virtual ~EwsGate() = default;

  // Waits for the permission to send one request for `mailbox` (empty: the account itself). The request must have ended
  // by `deadline`. Never null.
  //   kResourceExhausted  EWS_BACKING_OFF  the server wants silence for longer than the caller can wait; comes at once,
  //                                        BackOffOf(status) is the remaining time
  //   kResourceExhausted  EWS_NO_SLOT      too much runs at a time
  //   kUnavailable        EWS_BUDGET_UNKNOWN  what others do cannot be told now
  virtual absl::StatusOr<std::unique_ptr<EwsPass>> Enter(const std::string& mailbox, Urgency urgency,
                                                         Deadline deadline) = 0;
  // A stream takes no slot, but is not opened while the server wants silence (EWS_BACKING_OFF). Does not wait for it.
  virtual absl::Status MayOpenStream(const std::string& mailbox) = 0;
  // How a stream ended. Does not block.
  virtual void StreamEnded(const std::string& mailbox, const absl::Status& outcome) = 0;
};

}  // namespace crosspoint::ews
