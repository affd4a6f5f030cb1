#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <random>
#include <vector>

#include "common/zmq/ports.h"

namespace crosspoint {

struct Losses {
  double drop = 0;       // share of frames that vanish
  double duplicate = 0;  // share that come twice
  double delay = 0;      // share that come late, overtaken by up to `max_delay` later frames
  size_t max_delay = 8;
};

// A publisher with a bad line, for tests: every fault of the network between `Publish` and the readers. Repeatable by
// seed. Thread-safe.
class LossyPublisher final : public FramePublisher {
 public:
  LossyPublisher(FramePublisher& next, Losses losses, uint32_t seed) : next_(next), losses_(losses), random_(seed) {}

  void Publish(BusFrame frame) override;

  // Changes the line from here on; frames that are late stay late.
  void SetLosses(Losses losses);
  // Sends all that is still late.
  void Flush();

  size_t dropped() const;

 private:
  struct Late {
    BusFrame frame;
    size_t after;  // so many more frames may overtake it
  };

  bool Chance(double share) { return std::uniform_real_distribution<>(0, 1)(random_) < share; }
  std::vector<BusFrame> Pass(BusFrame frame);

  FramePublisher& next_;
  mutable std::mutex mu_;
  Losses losses_;           // guarded by mu_
  std::mt19937 random_;     // guarded by mu_
  std::vector<Late> late_;  // guarded by mu_
  size_t dropped_ = 0;      // guarded by mu_
};

}  // namespace crosspoint
