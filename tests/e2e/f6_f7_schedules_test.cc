// F6, F7: a weekly schedule speaks while nobody else does, and calls follow it.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <ctime>

#include "crosspoint/presence/v1/call_routing_service.grpc.pb.h"
#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

// Out of office on every day, all day, in the zone of a person far away.
absl::Status GoAway(const std::string& user) {
  presence::UpdateScheduleRequest request;
  auto& schedule = *request.mutable_schedule();
  schedule.set_name(user + "/schedule");
  schedule.set_time_zone("Pacific/Auckland");
  for (int day = 1; day <= 7; ++day) {
    auto& entry = *schedule.add_entries();
    entry.set_weekday(day);
    entry.mutable_end_offset()->set_seconds(24 * 3600);
    entry.set_state("out-of-office");
  }
  presence::Schedule written;
  return Outcome(Presence()->UpdateSchedule(TheStack().AsUser(user).get(), request, &written));
}

absl::Status Say(const std::string& user, const std::string& state) {
  presence::SetAvailabilityRequest request;
  request.set_user(user);
  request.set_state(state);
  presence::Presence answer;
  return Outcome(Presence(1)->SetAvailability(TheStack().AsUser(user).get(), request, &answer));
}

TEST(F6, WhatIsSetByHandLiesOverTheScheduleUntilItIsTakenBack) {
  const auto person = NewPerson();
  ASSERT_TRUE(GoAway(person.name).ok());
  ASSERT_TRUE(testing::Eventually([&] { return StateOf(person.name, 1) == "out-of-office"; }));
  ASSERT_TRUE(Say(person.name, "vacation").ok());
  ASSERT_TRUE(testing::Eventually([&] { return StateOf(person.name, 0) == "vacation"; }));
  presence::ClearAvailabilityRequest clear;
  clear.set_user(person.name);
  presence::Presence answer;
  ASSERT_TRUE(Outcome(Presence()->ClearAvailability(TheStack().AsUser(person.name).get(), clear, &answer)).ok());
  EXPECT_EQ(answer.availability().state(), "out-of-office");
  EXPECT_EQ(answer.availability().claim_class(), presence::CLAIM_CLASS_SCHEDULE);
}

TEST(F7, CallsOfTheComingDaysAreRoutedByTheSchedule) {
  const auto person = NewPerson();
  ASSERT_TRUE(GoAway(person.name).ok());
  const auto stub = presence::CallRoutingService::NewStub(TheStack().Channel("presence", 1));
  presence::UpdateRoutingProfileRequest update;
  update.mutable_profile()->set_name(person.name + "/routingProfile");
  auto& away = *update.mutable_profile()->add_states();
  away.set_state("out-of-office");
  away.add_steps()->set_forward_to("4711");
  presence::RoutingProfile profile;
  const auto updated = Outcome(stub->UpdateRoutingProfile(TheStack().AsUser(person.name).get(), update, &profile));
  ASSERT_TRUE(updated.ok()) << updated;
  presence::RouteCallRequest call;
  call.set_user(person.name);
  call.mutable_time()->set_seconds(std::time(nullptr) + 5 * 24 * 3600);
  presence::RouteCallResponse decision;
  const auto pbx = TheStack().With(TheStack().credentials().Token("default", "pbx", {"integrator"}));
  const auto routed = Outcome(stub->RouteCall(pbx.get(), call, &decision));
  ASSERT_TRUE(routed.ok()) << routed;
  EXPECT_EQ(decision.state(), "out-of-office");
  ASSERT_EQ(decision.steps_size(), 1);
  EXPECT_EQ(decision.steps(0).forward_to(), "4711");
}

}  // namespace
}  // namespace crosspoint::e2e
