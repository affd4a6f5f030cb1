#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "crosspoint/presence/v1/call_routing_service.grpc.pb.h"
#include "tests/component/presence/presence_replica.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class PresenceRouting : public ::testing::Test {
 protected:
  PresenceRouting() { EXPECT_TRUE(replica_.WaitUntilLoaded()); }

  std::unique_ptr<grpc::ClientContext> As(const std::string& user, const std::vector<std::string>& roles = {"user"}) {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + 10s);
    context->AddMetadata("authorization", "Bearer " + keys_->Token("acme", user, roles));
    return context;
  }
  static pb::RoutingProfile VacationToVoicemail() {
    pb::RoutingProfile profile;
    profile.set_name(UserName("u1") + "/routingProfile");
    auto& state = *profile.add_states();
    state.set_state("vacation");
    state.add_steps()->set_voicemail(true);
    return profile;
  }
  std::string Update(const pb::RoutingProfile& profile, pb::RoutingProfile* out = nullptr,
                     const std::string& as = "u1") {
    pb::UpdateRoutingProfileRequest request;
    *request.mutable_profile() = profile;
    pb::RoutingProfile response;
    return Told(stub_->UpdateRoutingProfile(As(as).get(), request, out != nullptr ? out : &response));
  }
  std::string Update(const pb::UpdateRoutingRulesRequest& request, pb::UpdateRoutingRulesResponse* out = nullptr) {
    pb::UpdateRoutingRulesResponse response;
    return Told(stub_->UpdateRoutingRules(As("u1").get(), request, out != nullptr ? out : &response));
  }
  pb::RouteCallResponse Route(const std::string& caller = "+493012345") {
    pb::RouteCallRequest request;
    request.set_user(UserName("u1"));
    request.set_caller(caller);
    pb::RouteCallResponse response;
    EXPECT_EQ(Told(stub_->RouteCall(As("pbx", {"integrator"}).get(), request, &response)), "OK");
    return response;
  }

  RedisServer redis_;
  CredentialsFolder keys_;
  PresenceReplica replica_{redis_, *keys_};
  std::unique_ptr<pb::CallRoutingService::Stub> stub_ = pb::CallRoutingService::NewStub(replica_.channel());
};

TEST_F(PresenceRouting, ProfileIsReadBackAndDecidesWhileItsStateHolds) {
  pb::RoutingProfile written;
  ASSERT_EQ(Update(VacationToVoicemail(), &written), "OK");
  pb::GetRoutingProfileRequest get;
  get.set_name(written.name());
  pb::RoutingProfile read;
  ASSERT_EQ(Told(stub_->GetRoutingProfile(As("u1").get(), get, &read)), "OK");
  EXPECT_EQ(read.SerializeAsString(), written.SerializeAsString());
  EXPECT_TRUE(Route().steps(0).has_ring());
  ASSERT_EQ(Told(PresenceCaller(replica_, keys_->Token("acme", "u1")).Set("u1", "vacation")), "OK");
  const auto answer = Route();
  ASSERT_EQ(answer.steps_size(), 1);
  EXPECT_TRUE(answer.steps(0).voicemail());
  EXPECT_EQ(answer.state(), "vacation");
  EXPECT_EQ(answer.rule(), "");
  EXPECT_THAT(answer.reasons(0), HasSubstr("routing of state vacation decides"));
}

TEST_F(PresenceRouting, ADeviceRingsAsOftenAsSaid) {
  pb::RoutingProfile profile;
  profile.set_name(UserName("u1") + "/routingProfile");
  auto& state = *profile.add_states();
  state.set_state("available");
  state.add_steps()->mutable_ring()->set_rings(4);
  state.add_steps()->set_forward_to("4711");
  pb::RoutingProfile written;
  ASSERT_EQ(Update(profile, &written), "OK");
  const auto answer = Route();
  ASSERT_EQ(answer.steps_size(), 2);
  EXPECT_EQ(answer.steps(0).ring().rings(), 4);
  EXPECT_FALSE(answer.steps(0).ring().has_ring_time());
  EXPECT_EQ(answer.steps(1).forward_to(), "4711");
}

TEST_F(PresenceRouting, RulesAreReplacedAsAWholeKeepTheirOrderAndDecideFirst) {
  pb::UpdateRoutingRulesRequest request;
  request.set_parent(UserName("u1"));
  for (const char* id : {"boss", "rest"}) {
    auto& rule = *request.add_rules();
    rule.set_name(UserName("u1") + "/routingRules/" + id);
    rule.add_steps()->set_forward_to(id[0] == 'b' ? "4711" : "4712");
  }
  request.mutable_rules(0)->add_callers("+4940");
  auto& time = *request.mutable_rules(0)->add_times();
  time.set_time_zone("Europe/Berlin");
  for (int day = 1; day <= 7; ++day) time.add_weekdays(day);
  time.mutable_end_offset()->set_seconds(86'400);
  pb::UpdateRoutingRulesResponse written;
  ASSERT_EQ(Update(request, &written), "OK");
  pb::ListRoutingRulesRequest list;
  list.set_parent(UserName("u1"));
  pb::ListRoutingRulesResponse listed;
  ASSERT_EQ(Told(stub_->ListRoutingRules(As("u1").get(), list, &listed)), "OK");
  ASSERT_EQ(listed.rules_size(), 2);
  EXPECT_EQ(listed.etag(), written.etag());
  for (int i = 0; i < 2; ++i) EXPECT_EQ(listed.rules(i).SerializeAsString(), written.rules(i).SerializeAsString());
  EXPECT_EQ(Route("+494055").steps(0).forward_to(), "4711");
  EXPECT_EQ(Route("+4930").rule(), UserName("u1") + "/routingRules/rest");
  request.clear_rules();
  ASSERT_EQ(Update(request), "OK");
  EXPECT_TRUE(Route().steps(0).has_ring());
}

TEST_F(PresenceRouting, AStaleEtagIsAborted) {
  pb::RoutingProfile first;
  ASSERT_EQ(Update(VacationToVoicemail(), &first), "OK");
  auto other = first;
  other.mutable_states(0)->set_state("custom");
  ASSERT_EQ(Update(other), "OK");
  EXPECT_EQ(Update(first), "ABORTED ETAG_STALE");
}

TEST_F(PresenceRouting, WhatCannotWorkIsRefusedAndNamed) {
  auto profile = VacationToVoicemail();
  profile.mutable_states(0)->mutable_steps(0)->mutable_ring()->mutable_ring_time()->set_seconds(5);
  EXPECT_EQ(Update(profile), "INVALID_ARGUMENT ROUTING_DEAD_END profile.states[0].steps");
  profile.mutable_states(0)->mutable_steps(0)->mutable_ring()->mutable_ring_time()->set_nanos(1);
  EXPECT_EQ(Update(profile), "INVALID_ARGUMENT INVALID_FIELD profile.states[0].steps[0].ring.ring_time");
  profile.mutable_states(0)->mutable_steps(0)->set_assistant(UserName("u1"));
  EXPECT_EQ(Update(profile), "INVALID_ARGUMENT ROUTING_LOOP profile.states[0].steps[0].assistant");
  profile.mutable_states(0)->mutable_steps(0)->clear_action();
  EXPECT_EQ(Update(profile), "INVALID_ARGUMENT INVALID_FIELD profile.states[0].steps[0]");
  profile.set_name(UserName("u1"));
  EXPECT_EQ(Update(profile), "INVALID_ARGUMENT INVALID_FIELD profile.name");

  pb::UpdateRoutingRulesRequest request;
  request.set_parent(UserName("u1"));
  request.add_rules()->set_name(UserName("u2") + "/routingRules/r1");
  EXPECT_EQ(Update(request), "INVALID_ARGUMENT INVALID_FIELD rules[0].name");
  for (const char* id : {"r1", "r2"}) {
    auto& rule = id[1] == '1' ? *request.mutable_rules(0) : *request.add_rules();
    rule.set_name(UserName("u1") + "/routingRules/" + id);
    rule.add_steps()->set_voicemail(true);
  }
  EXPECT_EQ(Update(request), "INVALID_ARGUMENT ROUTING_UNREACHABLE rules[1]");
  EXPECT_TRUE(Route().steps(0).has_ring()) << "nothing of it was taken";
}

TEST_F(PresenceRouting, AnothersRoutingIsNotThere) {
  EXPECT_EQ(Update(VacationToVoicemail(), nullptr, "u2"), "NOT_FOUND RESOURCE_NOT_FOUND profile.name");
  pb::RouteCallRequest request;
  request.set_user(UserName("u1"));
  pb::RouteCallResponse response;
  EXPECT_EQ(Told(stub_->RouteCall(As("u2").get(), request, &response)), "NOT_FOUND RESOURCE_NOT_FOUND user");
  request.set_caller("Bob");
  EXPECT_EQ(Told(stub_->RouteCall(As("u1").get(), request, &response)), "INVALID_ARGUMENT INVALID_FIELD caller");
}

}  // namespace
}  // namespace crosspoint::testing
