#pragma once

#include <map>
#include <set>

#include "crosspoint/contact/v1/contact_service.grpc.pb.h"
#include "tests/chaos/actor.h"

namespace crosspoint::chaos {

// People whose mail program uploads contacts and takes some back; every replica lists exactly those.
class Contacts final : public Actor {
 public:
  explicit Contacts(World& world) : world_(world) {}
  std::string name() const override { return "contacts"; }
  void Act(const std::atomic<bool>& stop) override;
  Difference Check() override;

 private:
  void Prepare();

  World& world_;
  int next_ = 0;
  ::crosspoint::contact::v1::BatchModifyContactsRequest open_;  // not answered yet; without request id: none
  std::map<std::string, std::set<std::string>> uploaded_;       // by user: ids at the source
};

}  // namespace crosspoint::chaos
