#pragma once

#include <cstdint>

namespace crosspoint::log {

// Lines that this process has written, of the levels that ask for attention.
struct LineCounts {
  uint64_t warn = 0;
  uint64_t error = 0;
};

LineCounts WrittenLines();

}  // namespace crosspoint::log
