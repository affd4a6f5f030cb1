#pragma once

#include <cstddef>

namespace crosspoint {

// Whether a run of synchronisation that would remove `removals` of `linked` copies must stop and wait for an
// administrator: more than 20, or at least 5 that are more than a tenth. A slip on the other side, or a server that
// answers with an empty folder, looks just like that.
constexpr bool BrakeStops(size_t removals, size_t linked) {
  return removals > 20 || (removals >= 5 && removals * 10 > linked);
}

}  // namespace crosspoint
