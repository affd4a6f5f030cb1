#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/redis/client.h"

namespace crosspoint {

// How much of something may be used at a time by all processes together. A lane is a part with a limit of its own.
struct SlotLimits {
  int total = 10;
  int per_lane = 4;
  int reserved = 1;  // of each of the two, never taken by what is not urgent
};

struct SlotRequest {
  std::string lane;  // 1 to 64 of [0-9A-Za-z._-]
  bool urgent = false;
  Deadline give_up;     // longest wait
  Deadline hold_until;  // the slot comes back by itself one second later; its use must have ended before
};

struct TakenSlot {
  std::string id;
  std::string lane;
  std::chrono::microseconds waited_for_slot{};
  std::chrono::microseconds waited_for_pause{};
};

// How long a pause is that nobody told the length of: it doubles with every one that follows without a success between.
struct PauseGrowth {
  std::chrono::milliseconds first{1'000};
  std::chrono::milliseconds most{60'000};
};

// Slots shared through Redis. A slot is a lease: its holder ends its use by `hold_until`, so a dead one needs no
// fencing. Who finds none free queues up, the urgent before the others, each class in order of arrival; whoever gives a
// slot back hands it to the first in the queue and wakes exactly that one. Nobody polls: a waiter looks again when it
// is woken, when a lease it waits for may have run out, and every five seconds in case a message was lost. Nothing is
// given during a pause of the lane or of everything. Times are Redis's own. Thread-safe.
//
// Keys, all with one hash tag: <pool>:taken, :urgent, :background, :wants, :pause[:<lane>], :strikes[:<lane>],
// :turn:<id>.
class SharedSlots {
 public:
  // `pool` is the beginning of the keys, with their hash tag: "cp:{ews:1f2e3d}". Those that share it must be given the
  // same limits.
  SharedSlots(RedisClient& redis, std::string pool, SlotLimits limits);
  ~SharedSlots();
  SharedSlots(const SharedSlots&) = delete;
  SharedSlots& operator=(const SharedSlots&) = delete;

  //   kResourceExhausted  SLOTS_PAUSED  a pause lasts longer than the caller waits; comes at once. Metadata
  //   remaining_ms kResourceExhausted  SLOTS_TAKEN   none became free in time, or too many wait kUnavailable,
  //   kDeadlineExceeded   Redis cannot be asked; comes within half a second
  absl::StatusOr<TakenSlot> Take(const SlotRequest& request);
  // Does not wait. `success` ends the growth of pauses.
  void Give(const TakenSlot& slot, bool success);

  // Nothing is given for so long, in `lane` or, when it is empty, at all. A running pause is never shortened. nullopt:
  // a growing time of our own, and a pause that runs already is left as it is. Returns how long the pause lasts from
  // now.
  absl::StatusOr<std::chrono::milliseconds> Pause(const std::string& lane,
                                                  std::optional<std::chrono::milliseconds> length,
                                                  const PauseGrowth& growth, Deadline deadline);
  void PauseAsync(const std::string& lane, std::optional<std::chrono::milliseconds> length, const PauseGrowth& growth);
  // Zero when there is none.
  absl::StatusOr<std::chrono::milliseconds> PauseLeft(const std::string& lane, Deadline deadline);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crosspoint
