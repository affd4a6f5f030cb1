#include "presence/domain/routing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "common/calendar/time_zone.h"
#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const UserId kMe{{"acme"}, "u1"};
const UserId kAssistant{{"acme"}, "u2"};
const RoutingPlan kVoicemailOnly{ToVoicemail{}};
const RoutingPlan kRingAll{Ring{}, ToVoicemail{}};

// Monday 2026-11-23, 10:30 in Berlin.
const TimePoint kMonday = calendar::FromLocal({2026, 11, 23, 10, 30, 0}, "Europe/Berlin");

CallFacts Call(const std::string& state = "available") {
  CallFacts facts;
  facts.caller = "+493012345";
  facts.called_number = "4711";
  facts.time = kMonday;
  facts.state.value = state;
  return facts;
}

RoutingRule Rule(const std::string& id) {
  RoutingRule rule;
  rule.id = id;
  rule.steps = {ForwardTo{"+4917" + std::to_string(id.size())}};
  return rule;
}

WeeklyTime Window(std::initializer_list<int> weekdays, std::chrono::seconds start, std::chrono::seconds end) {
  WeeklyTime time{"Europe/Berlin", {}, start, end};
  for (const int weekday : weekdays) time.weekdays.set(static_cast<size_t>(weekday - 1));
  return time;
}

// "OK" or the reason and the field.
std::string Told(const absl::Status& status) {
  if (status.ok()) return "OK";
  const auto info = GetErrorInfo(status);
  return info ? info->reason + " " + info->metadata.at("field") : status.ToString();
}
std::string Check(const RoutingProfile& profile) {
  return Told(ValidateProfile(profile, kMe, AvailabilityTable::Default()));
}
std::string Check(const std::vector<RoutingRule>& rules) {
  return Told(ValidateRules(rules, kMe, AvailabilityTable::Default()));
}
std::string CheckSteps(const RoutingPlan& steps) { return Check(RoutingProfile{{{{"vacation"}, steps, {}}}}); }

TEST(Routing, WithoutAWordCallsRingEverywhereAndDoNotDisturbGoesToVoicemail) {
  EXPECT_EQ(DecideRouting({}, {}, Call()).steps, kRingAll);
  EXPECT_EQ(DecideRouting({}, {}, Call("vacation")).steps, kRingAll);
  const auto decision = DecideRouting({}, {}, Call("do-not-disturb"));
  EXPECT_EQ(decision.steps, kVoicemailOnly);
  EXPECT_THAT(decision.reasons, ElementsAre(HasSubstr("do-not-disturb: the default decides")));
}

TEST(Routing, TheStatesOwnRoutingDecidesAndThatForTheBusyWhileOnThePhone) {
  const RoutingPlan busy{ToAssistant{kAssistant}};
  const RoutingProfile profile{{{{"available"}, {Ring{{"desk"}, false, 12s}, ForwardTo{"+4917"}}, busy}}};
  EXPECT_EQ(DecideRouting(profile, {}, Call()).steps, profile.states[0].steps);
  auto facts = Call();
  for (const auto line : {LineState::kRinging, LineState::kHeld}) {
    facts.line = line;
    EXPECT_EQ(DecideRouting(profile, {}, facts).steps, profile.states[0].steps);
  }
  facts.line = LineState::kOnThePhone;
  EXPECT_EQ(DecideRouting(profile, {}, facts).steps, busy);
  EXPECT_EQ(DecideRouting(profile, {}, Call("custom")).steps, kRingAll) << "another state";
}

TEST(Routing, TheFirstRuleThatHoldsDecidesBeforeTheProfile) {
  auto never = Rule("never");
  never.callers = {"+1"};
  const std::vector<RoutingRule> rules{never, Rule("first"), Rule("seconds")};
  const RoutingProfile profile{{{{"available"}, kVoicemailOnly, {}}}};
  const auto decision = DecideRouting(profile, rules, Call());
  EXPECT_EQ(decision.rule, "first");
  EXPECT_EQ(decision.steps, rules[1].steps);
  EXPECT_THAT(decision.reasons, ElementsAre("rule never does not hold: the caller is another",
                                            "rule first decides: all its conditions hold"));
}

// Every condition alone: a call that meets it, one that does not.
TEST(Routing, EachConditionHoldsForWhatItNamesAndForNothingElse) {
  const auto decides = [](const RoutingRule& rule, const CallFacts& facts) {
    return DecideRouting({}, std::vector{rule}, facts).rule.has_value();
  };
  auto rule = Rule("callers");
  rule.callers = {"+1", "+4930"};
  auto facts = Call();
  EXPECT_TRUE(decides(rule, facts));
  facts.caller = "+4931";
  EXPECT_FALSE(decides(rule, facts));
  facts.caller = "";
  EXPECT_FALSE(decides(rule, facts)) << "withheld";
  rule.callers.push_back(kWithheld);
  EXPECT_TRUE(decides(rule, facts));

  rule = Rule("groups");
  rule.caller_groups = {"family", "vip"};
  EXPECT_FALSE(decides(rule, Call()));
  facts = Call();
  facts.caller_groups = {"work", "vip"};
  EXPECT_TRUE(decides(rule, facts));

  rule = Rule("called");
  rule.called_numbers = {"47"};
  EXPECT_TRUE(decides(rule, Call()));
  facts = Call();
  facts.called_number = "1747";
  EXPECT_FALSE(decides(rule, facts));

  rule = Rule("states");
  rule.states = {{"vacation"}, {"custom"}};
  EXPECT_TRUE(decides(rule, Call("custom")));
  EXPECT_FALSE(decides(rule, Call()));
}

TEST(Routing, ConditionsMustAllHold) {
  auto rule = Rule("r");
  rule.callers = {"+49"};
  rule.states = {{"vacation"}};
  EXPECT_EQ(DecideRouting({}, std::vector{rule}, Call("vacation")).rule, "r");
  EXPECT_EQ(DecideRouting({}, std::vector{rule}, Call()).rule, std::nullopt);
  auto facts = Call("vacation");
  facts.caller = "+1";
  EXPECT_EQ(DecideRouting({}, std::vector{rule}, facts).rule, std::nullopt);
}

TEST(Routing, TimesAreThoseOfTheZonesClocksFromTheirStartToBeforeTheirEnd) {
  auto rule = Rule("office");
  rule.times = {Window({1}, 10h, 12h), Window({3}, 0h, 24h)};
  const auto at = [&](int day, int hour, int minute, int second, const char* zone = "Europe/Berlin") {
    auto facts = Call();
    facts.time = calendar::FromLocal({2026, 11, day, hour, minute, second}, zone);
    return DecideRouting({}, std::vector{rule}, facts).rule.has_value();
  };
  EXPECT_FALSE(at(23, 9, 59, 59));
  EXPECT_TRUE(at(23, 10, 0, 0));
  EXPECT_TRUE(at(23, 11, 59, 59));
  EXPECT_FALSE(at(23, 12, 0, 0));
  EXPECT_FALSE(at(24, 11, 0, 0)) << "Tuesday";
  EXPECT_TRUE(at(25, 0, 0, 0));
  EXPECT_TRUE(at(25, 23, 59, 59));
  EXPECT_FALSE(at(26, 0, 0, 0));
  EXPECT_TRUE(at(23, 9, 30, 0, "Etc/UTC")) << "10:30 in Berlin";
  // The clocks went back on 2026-10-25: an hour later by UTC, the same by the wall.
  rule.times = {Window({1}, 10h, 11h)};
  auto summer = Call();
  summer.time = calendar::FromLocal({2026, 10, 19, 8, 30, 0}, "Etc/UTC");
  EXPECT_TRUE(DecideRouting({}, std::vector{rule}, summer).rule.has_value());
  summer.time = calendar::FromLocal({2026, 10, 26, 8, 30, 0}, "Etc/UTC");
  EXPECT_FALSE(DecideRouting({}, std::vector{rule}, summer).rule.has_value());
}

TEST(Routing, NoStepLeadsBackToWhoForwardedTheCallAndSomethingIsAlwaysLeft) {
  const RoutingProfile profile{{{{"vacation"}, {Ring{{"desk"}, false, 5s}, ToAssistant{kAssistant}}, {}}}};
  EXPECT_EQ(DecideRouting(profile, {}, Call("vacation")).steps, profile.states[0].steps);
  auto facts = Call("vacation");
  facts.forwarded_by = {kAssistant};
  const auto decision = DecideRouting(profile, {}, facts);
  EXPECT_EQ(decision.steps, (RoutingPlan{Ring{{"desk"}, false, 5s}, ToVoicemail{}}));
  EXPECT_THAT(decision.reasons.back(), HasSubstr("voicemail"));
}

TEST(Routing, NoStepForwardsTheCallToTheNumberThatWasCalled) {
  const RoutingProfile profile{{{{"vacation"}, {Ring{{"desk"}, false, 5s}, ForwardTo{"4711"}}, {}}}};
  auto facts = Call("vacation");
  facts.called_number = "4712";
  EXPECT_EQ(DecideRouting(profile, {}, facts).steps, profile.states[0].steps);
  facts.called_number = "4711";
  const auto decision = DecideRouting(profile, {}, facts);
  EXPECT_EQ(decision.steps, (RoutingPlan{Ring{{"desk"}, false, 5s}, ToVoicemail{}}));
  EXPECT_THAT(decision.reasons, Contains(HasSubstr("the number that was called")));
}

TEST(RoutingCheck, APlanMustEndSomewhereAndEveryStepMustBeReachable) {
  EXPECT_EQ(CheckSteps(kVoicemailOnly), "OK");
  EXPECT_EQ(CheckSteps({Ring{{"desk", "+4917"}, true, 10s}, Ring{}, ToAssistant{kAssistant}}), "OK");
  EXPECT_EQ(CheckSteps({}), "ROUTING_DEAD_END profile.states[0].steps");
  EXPECT_EQ(CheckSteps({Ring{}}), "ROUTING_DEAD_END profile.states[0].steps");
  EXPECT_EQ(CheckSteps({ToVoicemail{}, Ring{}}), "ROUTING_UNREACHABLE profile.states[0].steps[1]");
  EXPECT_EQ(CheckSteps({Ring{}, ForwardTo{"1"}, ToVoicemail{}}), "ROUTING_UNREACHABLE profile.states[0].steps[2]");
  EXPECT_EQ(Check(RoutingProfile{{{{"vacation"}, kVoicemailOnly, {Ring{}}}}}),
            "ROUTING_DEAD_END profile.states[0].busy_steps");
  auto rule = Rule("r");
  rule.steps.clear();
  EXPECT_EQ(Check(std::vector{rule}), "ROUTING_DEAD_END rules[0].steps");
}

TEST(RoutingCheck, LoopsAreNamed) {
  EXPECT_EQ(CheckSteps({ToAssistant{kMe}}), "ROUTING_LOOP profile.states[0].steps[0].assistant");
  auto rule = Rule("r");
  rule.called_numbers = {"47"};
  rule.steps = {Ring{}, ForwardTo{"4711"}};
  EXPECT_EQ(Check(std::vector{rule}), "ROUTING_LOOP rules[0].steps[1].forward_to");
  rule.steps = {ForwardTo{"1747"}};
  EXPECT_EQ(Check(std::vector{rule}), "OK");
}

TEST(RoutingCheck, NonsenseIsRefusedNamingTheField) {
  EXPECT_EQ(CheckSteps({ForwardTo{""}}), "INVALID_FIELD profile.states[0].steps[0].forward_to");
  EXPECT_EQ(CheckSteps({ForwardTo{"++49"}}), "INVALID_FIELD profile.states[0].steps[0].forward_to");
  EXPECT_EQ(CheckSteps({ForwardTo{std::string(40, '1')}}), "INVALID_FIELD profile.states[0].steps[0].forward_to");
  EXPECT_EQ(CheckSteps({ToAssistant{{{"other"}, "u2"}}}), "INVALID_FIELD profile.states[0].steps[0].assistant");
  EXPECT_EQ(CheckSteps({Ring{{"Desk 1"}}, ToVoicemail{}}), "INVALID_FIELD profile.states[0].steps[0].ring.devices");
  EXPECT_EQ(CheckSteps({Ring{{}, false, 0s}, ToVoicemail{}}),
            "INVALID_FIELD profile.states[0].steps[0].ring.ring_time");
  EXPECT_EQ(CheckSteps({Ring{{}, false, 181s}, ToVoicemail{}}),
            "INVALID_FIELD profile.states[0].steps[0].ring.ring_time");
  EXPECT_EQ(CheckSteps({Ring{{}, false, 0s, 30}, ToVoicemail{}}), "OK");
  for (const int rings : {-1, 31}) {
    EXPECT_EQ(CheckSteps({Ring{{}, false, 0s, rings}, ToVoicemail{}}),
              "INVALID_FIELD profile.states[0].steps[0].ring.rings");
  }
  EXPECT_EQ(CheckSteps({Ring{{}, false, 5s, 3}, ToVoicemail{}}), "INVALID_FIELD profile.states[0].steps[0].ring.rings");
  EXPECT_EQ(CheckSteps({Ring{std::vector<std::string>(17, "d")}, ToVoicemail{}}),
            "INVALID_FIELD profile.states[0].steps[0].ring.devices");
  RoutingPlan long_plan(10, Ring{});
  long_plan.push_back(ToVoicemail{});
  EXPECT_EQ(CheckSteps(long_plan), "INVALID_FIELD profile.states[0].steps");
  EXPECT_EQ(Check(RoutingProfile{{{{"lunch"}, kVoicemailOnly, {}}}}), "INVALID_FIELD profile.states[0].state");
  EXPECT_EQ(Check(RoutingProfile{{{{"custom"}, kVoicemailOnly, {}}, {{"custom"}, kVoicemailOnly, {}}}}),
            "INVALID_FIELD profile.states[1].state");

  auto rule = Rule("r");
  rule.callers = {"Bob"};
  EXPECT_EQ(Check(std::vector{rule}), "INVALID_FIELD rules[0].callers");
  rule = Rule("r");
  rule.called_numbers = {kWithheld};
  EXPECT_EQ(Check(std::vector{rule}), "INVALID_FIELD rules[0].called_numbers");
  rule = Rule("r");
  rule.caller_groups = {""};
  EXPECT_EQ(Check(std::vector{rule}), "INVALID_FIELD rules[0].caller_groups");
  rule = Rule("r");
  rule.states = {{"lunch"}};
  EXPECT_EQ(Check(std::vector{rule}), "INVALID_FIELD rules[0].states");
  rule = Rule("r");
  rule.times = {Window({1}, 10h, 10h)};
  EXPECT_EQ(Check(std::vector{rule}), "INVALID_FIELD rules[0].times[0].end_offset");
  rule.times = {Window({1}, 10h, 25h)};
  EXPECT_EQ(Check(std::vector{rule}), "INVALID_FIELD rules[0].times[0].end_offset");
  rule.times = {Window({}, 10h, 11h)};
  EXPECT_EQ(Check(std::vector{rule}), "INVALID_FIELD rules[0].times[0].weekdays");
  rule.times = {Window({1}, 10h, 11h)};
  rule.times[0].zone = "Mars/Olympus";
  EXPECT_EQ(Check(std::vector{rule}), "INVALID_FIELD rules[0].times[0].time_zone");
  EXPECT_EQ(Check(std::vector{Rule("r"), Rule("r")}), "INVALID_FIELD rules[1].name");
  EXPECT_EQ(Check(std::vector<RoutingRule>(101, rule)), "INVALID_FIELD rules");
}

TEST(RoutingCheck, ARuleWhoseCallsAnEarlierOneTakesIsNamed) {
  auto wide = Rule("wide");
  wide.callers = {"+49", kWithheld};
  wide.times = {Window({1, 2, 3}, 8h, 18h)};
  auto narrow = Rule("narrow");
  narrow.callers = {"+4930", "+4940"};
  narrow.times = {Window({2}, 9h, 10h), Window({3}, 8h, 18h)};
  EXPECT_EQ(Check(std::vector{wide, narrow}), "ROUTING_UNREACHABLE rules[1]");
  const auto status = ValidateRules(std::vector{wide, narrow}, kMe, AvailabilityTable::Default());
  EXPECT_THAT(MessageOf(status), HasSubstr("rule narrow is never reached: rule wide takes all its calls before"));
  EXPECT_EQ(Check(std::vector{narrow, wide}), "OK");
  narrow.callers.push_back("+1");
  EXPECT_EQ(Check(std::vector{wide, narrow}), "OK") << "callers from elsewhere get there";
  EXPECT_EQ(Check(std::vector{Rule("all"), Rule("more")}), "ROUTING_UNREACHABLE rules[1]");
}

// A small world, so that random rules meet random calls often.
class RandomRouting {
 public:
  explicit RandomRouting(unsigned seed) : random_(seed) {}

  RoutingRule NextRule(int number) {
    auto rule = Rule("r" + std::to_string(number));
    rule.callers = Some({"+4", "+49", "+493", "+1", kWithheld});
    rule.caller_groups = Some({"family", "work"});
    rule.called_numbers = Some({"1", "12"});
    for (const auto& state : Some({"available", "vacation", "custom"})) rule.states.push_back({state});
    if (Below(3) == 0) {
      const int start = Below(23);
      rule.times = {Window({1 + Below(2), 1 + Below(2)}, std::chrono::hours(start),
                           std::chrono::hours(start + 1 + Below(24 - start)))};
    }
    rule.steps = {Ring{{"d" + std::to_string(number)}}, ToVoicemail{}};
    return rule;
  }
  CallFacts NextCall() {
    const char* callers[] = {"", "+491", "+4930", "+12", "+48"};
    const char* states[] = {"available", "vacation", "custom"};
    const char* called[] = {"", "1", "12", "2"};
    auto facts = Call(states[Below(3)]);
    facts.caller = callers[Below(5)];
    facts.caller_groups = Some({"family", "work"});
    facts.called_number = called[Below(4)];
    facts.time = calendar::FromLocal({2026, 11, 23 + Below(2), Below(24), 30, 0}, "Europe/Berlin");
    return facts;
  }
  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

 private:
  // Mostly none.
  std::vector<std::string> Some(const std::vector<std::string>& from) {
    std::vector<std::string> some;
    if (Below(3) != 0) return some;
    for (const auto& value : from) {
      if (Below(2) == 0) some.push_back(value);
    }
    return some;
  }
  std::mt19937 random_;
};

TEST(RoutingProperty, ARefusedRuleIsNeverReachedByAnyCall) {
  RandomRouting world(3);
  int refused = 0;
  for (int round = 0; round < 1'500; ++round) {
    const std::vector<RoutingRule> rules{world.NextRule(0), world.NextRule(1), world.NextRule(2)};
    const auto status = ValidateRules(rules, kMe, AvailabilityTable::Default());
    if (status.ok()) continue;
    ASSERT_EQ(GetErrorInfo(status)->reason, "ROUTING_UNREACHABLE") << status;
    ++refused;
    const auto field = GetErrorInfo(status)->metadata.at("field");
    const auto& named = rules[static_cast<size_t>(field[6] - '0')];
    for (int call = 0; call < 60; ++call) ASSERT_NE(DecideRouting({}, rules, world.NextCall()).rule, named.id);
  }
  EXPECT_GT(refused, 200);
}

TEST(RoutingProperty, EveryDecisionEndsSomewhereAndTheRulesBeforeItDoNotHoldAlone) {
  RandomRouting world(4);
  for (int round = 0; round < 3'000; ++round) {
    const std::vector<RoutingRule> rules{world.NextRule(0), world.NextRule(1), world.NextRule(2)};
    const auto call = world.NextCall();
    const auto decision = DecideRouting({}, rules, call);
    ASSERT_FALSE(decision.steps.empty());
    ASSERT_FALSE(std::holds_alternative<Ring>(decision.steps.back()));
    // Each rule by itself says whether it holds; the first of them must have decided.
    std::optional<std::string> first;
    for (const auto& rule : rules) {
      if (!first && DecideRouting({}, std::vector{rule}, call).rule) first = rule.id;
    }
    ASSERT_EQ(decision.rule, first);
  }
}

}  // namespace
}  // namespace crosspoint::presence
