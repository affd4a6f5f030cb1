#include "tests/chaos/states.h"

#include "common/grpcx/status.h"

namespace crosspoint::chaos {

namespace v1 = ::crosspoint::presence::v1;

void States::Act(const std::atomic<bool>& stop) {
  if (open_.request_id().empty()) {
    open_.set_user(world_.people()[Below(world_.people().size())].name);
    open_.set_state(next_ % 2 == 0 ? "vacation" : "custom");
    open_.set_note(std::to_string(next_++));
    open_.set_request_id(NewRequestId());
  }
  while (!stop) {
    const auto stub = v1::PresenceService::NewStub(world_.Any("presence"));
    v1::Presence answer;
    if (!stub->SetAvailability(World::Patient(world_.stack().AsUser(open_.user())).get(), open_, &answer).ok())
      continue;
    notes_[open_.user()] = open_.note();
    ++acknowledged_;
    open_.Clear();
    return;
  }
}

Difference States::Check() {
  Difference difference;
  for (int replica = 0; replica < world_.stack().Replicas("presence"); ++replica) {
    const auto stub = v1::PresenceService::NewStub(world_.stack().Channel("presence", replica));
    v1::BatchGetPresenceRequest request;
    for (const auto& [user, note] : notes_) request.add_users(user);
    if (request.users().empty()) continue;
    v1::BatchGetPresenceResponse answer;
    const auto got =
        grpcx::FromGrpc(stub->BatchGetPresence(World::Patient(world_.stack().AsAdmin()).get(), request, &answer));
    if (!got.ok()) return {static_cast<int>(notes_.size()), 0, "presence cannot be read: " + got.ToString()};
    for (const auto& presence : answer.presences()) {
      const auto& said = presence.availability().note();
      // A word that was left open may have been taken.
      if (said == notes_[presence.user()] || (presence.user() == open_.user() && said == open_.note())) continue;
      difference.Add({1, 0,
                      presence.user() + " says '" + said + "' on presence " + std::to_string(replica) +
                          ", acknowledged was '" + notes_[presence.user()] + "'"});
    }
  }
  return difference;
}

}  // namespace crosspoint::chaos
