#pragma once

#include <map>

#include "crosspoint/presence/v1/presence_service.grpc.pb.h"
#include "tests/chaos/actor.h"

namespace crosspoint::chaos {

// People who set their availability by hand; the last word that was acknowledged is what every replica says.
class States final : public Actor {
 public:
  explicit States(World& world) : world_(world) {}
  std::string name() const override { return "states"; }
  void Act(const std::atomic<bool>& stop) override;
  Difference Check() override;

 private:
  World& world_;
  int next_ = 0;
  ::crosspoint::presence::v1::SetAvailabilityRequest open_;  // not answered yet; without request id: none
  std::map<std::string, std::string> notes_;                 // by user: the note of the last word
};

}  // namespace crosspoint::chaos
