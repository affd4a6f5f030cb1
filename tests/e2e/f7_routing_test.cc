// F7: availability routing and power routing. D5: a meeting's chosen state comes with its routing.
#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "connectors/ews/properties.h"
#include "crosspoint/presence/v1/call_routing_service.grpc.pb.h"
#include "tests/e2e/running_system.h"

namespace crosspoint::e2e {
namespace {

using namespace std::chrono_literals;
using google::protobuf::util::TimeUtil;
using ::testing::HasSubstr;

std::unique_ptr<presence::CallRoutingService::Stub> Routing(int replica = 0) {
  return presence::CallRoutingService::NewStub(TheStack().Channel("presence", replica));
}

void SetProfile(const Person& person, const std::string& state, const std::string& forward_to) {
  presence::UpdateRoutingProfileRequest request;
  request.mutable_profile()->set_name(person.name + "/routingProfile");
  auto& routing = *request.mutable_profile()->add_states();
  routing.set_state(state);
  routing.add_steps()->set_forward_to(forward_to);
  presence::RoutingProfile answer;
  const auto status = Outcome(Routing()->UpdateRoutingProfile(TheStack().AsUser(person.name).get(), request, &answer));
  ASSERT_TRUE(status.ok()) << status;
}

// Where the PBX is told to send a call, in short: "4711", "voicemail", "ring".
std::string Route(const Person& person, const std::string& caller, std::optional<TimePoint> time = std::nullopt,
                  int replica = 1, presence::RouteCallResponse* out = nullptr) {
  presence::RouteCallRequest request;
  request.set_user(person.name);
  request.set_caller(caller);
  if (time) *request.mutable_time() = TimeUtil::MicrosecondsToTimestamp(time->time_since_epoch().count());
  presence::RouteCallResponse answer;
  const auto pbx = TheStack().With(TheStack().credentials().Token("default", "pbx", {"integrator"}));
  const auto status = Outcome(Routing(replica)->RouteCall(pbx.get(), request, &answer));
  if (!status.ok()) return status.ToString();
  if (out != nullptr) *out = answer;
  const auto& step = answer.steps(0);
  return step.has_ring() ? "ring" : step.voicemail() ? "voicemail" : step.forward_to();
}

TEST(F7, TheRuleTableDecidesInItsOrderAndSaysWhy) {
  const auto person = NewPerson();
  SetProfile(person, "vacation", "4700");
  presence::UpdateRoutingRulesRequest request;
  request.set_parent(person.name);
  const auto add = [&](const char* id, const char* caller, const char* state, const char* to) {
    auto& rule = *request.add_rules();
    rule.set_name(person.name + "/routingRules/" + id);
    if (*caller != '\0') rule.add_callers(caller);
    if (*state != '\0') rule.add_states(state);
    rule.add_steps()->set_forward_to(to);
  };
  add("family", "+491701", "", "4701");
  add("withheld-on-vacation", "withheld", "vacation", "4702");
  add("berlin", "+4930", "", "4703");
  presence::UpdateRoutingRulesResponse written;
  const auto status = Outcome(Routing()->UpdateRoutingRules(TheStack().AsUser(person.name).get(), request, &written));
  ASSERT_TRUE(status.ok()) << status;

  EXPECT_EQ(Route(person, "+4917012345"), "4701");
  EXPECT_EQ(Route(person, "+493055"), "4703");
  EXPECT_EQ(Route(person, ""), "ring") << "withheld, but not on vacation";
  EXPECT_EQ(Route(person, "+1555"), "ring");
  presence::SetAvailabilityRequest set;
  set.set_user(person.name);
  set.set_state("vacation");
  presence::Presence said;
  ASSERT_TRUE(Outcome(Presence()->SetAvailability(TheStack().AsUser(person.name).get(), set, &said)).ok());
  EXPECT_EQ(Route(person, "+4917012345"), "4701");
  EXPECT_EQ(Route(person, ""), "4702");
  presence::RouteCallResponse answer;
  EXPECT_EQ(Route(person, "+1555", std::nullopt, 0, &answer), "4700");
  EXPECT_EQ(answer.state(), "vacation");
  ASSERT_EQ(answer.reasons_size(), 4);
  EXPECT_THAT(answer.reasons(0), HasSubstr("family does not hold"));
  EXPECT_THAT(answer.reasons(3), HasSubstr("routing of state vacation decides"));
}

TEST(F7, WithoutAWordDoNotDisturbTakesNoCalls) {
  const auto person = NewPerson();
  EXPECT_EQ(Route(person, "+1555"), "ring");
  presence::SetAvailabilityRequest set;
  set.set_user(person.name);
  set.set_state("do-not-disturb");
  presence::Presence said;
  ASSERT_TRUE(Outcome(Presence()->SetAvailability(TheStack().AsUser(person.name).get(), set, &said)).ok());
  EXPECT_EQ(Route(person, "+1555"), "voicemail");
}

TEST(F7, ARoutingThatCannotWorkIsRefusedWithItsReason) {
  const auto person = NewPerson();
  presence::UpdateRoutingProfileRequest request;
  request.mutable_profile()->set_name(person.name + "/routingProfile");
  auto& routing = *request.mutable_profile()->add_states();
  routing.set_state("vacation");
  routing.add_steps()->set_assistant(person.name);
  presence::RoutingProfile answer;
  const auto status = Outcome(Routing()->UpdateRoutingProfile(TheStack().AsUser(person.name).get(), request, &answer));
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(GetErrorInfo(status)->reason, "ROUTING_LOOP");
}

TEST(D5, TheChosenStateOfAMeetingRoutesCallsFromItsStartToItsEnd) {
  const auto person = NewPerson();
  SetProfile(person, "do-not-disturb", "4799");
  const auto start = NextSecondAfter(4s);
  const auto end = start + 2s;
  ews::CalendarDraft draft{.subject = "Quiet hour", .start = start, .end = end};
  draft.extended_properties = {{ews::CrosspointAvailabilityStatePath(), "do-not-disturb"}};
  ASSERT_TRUE(
      TheStack().mailboxes().CreateCalendarItem(draft, ews::Invitations::kNone, {.mailbox = person.email}).ok());
  // A dry run knows the meeting as soon as it is placed, and where its edges are.
  ASSERT_TRUE(testing::Eventually([&] { return Route(person, "+1555", start + 1s) == "4799"; }, 4s));
  EXPECT_EQ(Route(person, "+1555", start - 1ms), "ring");
  EXPECT_EQ(Route(person, "+1555", end), "ring");
  EXPECT_EQ(Route(person, "+1555"), "ring") << "before";
  EXPECT_TRUE(testing::Eventually([&] { return Route(person, "+1555") == "4799"; }, 8s)) << "at";
  EXPECT_GE(SystemClock().Now() + 50ms, start);
  EXPECT_TRUE(testing::Eventually([&] { return Route(person, "+1555") == "ring"; }, 8s)) << "after";
  EXPECT_GE(SystemClock().Now() + 50ms, end);
}

}  // namespace
}  // namespace crosspoint::e2e
