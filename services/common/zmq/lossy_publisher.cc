#include "common/zmq/lossy_publisher.h"

#include <utility>

namespace crosspoint {

// What reaches the other end now that `frame` was sent.
std::vector<BusFrame> LossyPublisher::Pass(BusFrame frame) {
  const std::lock_guard lock(mu_);
  std::vector<BusFrame> out;
  if (Chance(losses_.drop)) {
    ++dropped_;
  } else if (losses_.max_delay > 0 && Chance(losses_.delay)) {
    const auto after = std::uniform_int_distribution<size_t>(1, losses_.max_delay)(random_);
    late_.push_back({std::move(frame), after});
    return out;
  } else {
    if (Chance(losses_.duplicate)) out.push_back(frame);
    out.push_back(std::move(frame));
  }
  for (auto it = late_.begin(); it != late_.end();) {
    if (--it->after > 0) {
      ++it;
      continue;
    }
    out.push_back(std::move(it->frame));
    it = late_.erase(it);
  }
  return out;
}

void LossyPublisher::Publish(BusFrame frame) {
  for (auto& passed : Pass(std::move(frame))) next_.Publish(std::move(passed));
}

void LossyPublisher::SetLosses(Losses losses) {
  const std::lock_guard lock(mu_);
  losses_ = losses;
}

void LossyPublisher::Flush() {
  std::vector<Late> late;
  {
    const std::lock_guard lock(mu_);
    late.swap(late_);
  }
  for (auto& one : late) next_.Publish(std::move(one.frame));
}

size_t LossyPublisher::dropped() const {
  const std::lock_guard lock(mu_);
  return dropped_;
}

}  // namespace crosspoint
