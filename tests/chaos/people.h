#pragma once

#include <map>

#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "tests/chaos/actor.h"

namespace crosspoint::chaos {

// An administrator who creates users.
class People final : public Actor {
 public:
  explicit People(World& world) : world_(world) {}
  std::string name() const override { return "users"; }
  void Act(const std::atomic<bool>& stop) override;
  Difference Check() override;

 private:
  World& world_;
  int next_ = 0;
  ::crosspoint::directory::v1::CreateUserRequest open_;  // not answered yet; without request id: none
  std::map<std::string, std::string> created_;           // name -> extension
};

}  // namespace crosspoint::chaos
