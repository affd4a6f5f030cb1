#pragma once

#include <chrono>

namespace crosspoint::meeting_sync {

// How many wrong codes those without an account may try.
struct GuessLimits {
  int per_peer = 60;  // from one address in a window
  int all = 300;      // from everywhere
  std::chrono::seconds window{60};
};

}  // namespace crosspoint::meeting_sync
