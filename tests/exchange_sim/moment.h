#pragma once

#include <cstdint>
#include <optional>

#include "exchange_sim/text.h"

namespace crosspoint::exchange_sim {

// When something happens, and where its random numbers come from: all that makes one run of an operation unlike
// another.
struct Moment {
  Seconds now = 0;
  uint64_t random = 0;

  static Moment Fresh();  // by the clock, unlike any other
};

// While it lives, Now() and RandomNumber() on this thread are those of `moment`.
class InMoment {
 public:
  explicit InMoment(const Moment& moment);
  ~InMoment();
  InMoment(const InMoment&) = delete;
  InMoment& operator=(const InMoment&) = delete;

 private:
  const std::optional<Moment> before_;
};

}  // namespace crosspoint::exchange_sim
