#include "presence/domain/routing.h"

#include <algorithm>
#include <ranges>
#include <string_view>

#include "common/calendar/time_zone.h"

namespace crosspoint::presence {
namespace {

constexpr char kDoNotDisturb[] = "do-not-disturb";

RoutingPlan DefaultPlan(const StateId& state) {
  if (state.value == kDoNotDisturb) return {ToVoicemail{}};
  return {Ring{}, ToVoicemail{}};
}

bool BeginsWithOneOf(std::string_view number, const std::vector<std::string>& beginnings) {
  return std::ranges::any_of(beginnings, [&](const auto& beginning) { return number.starts_with(beginning); });
}

bool CallerMatches(const std::vector<std::string>& callers, const std::string& caller) {
  if (caller.empty()) return std::ranges::find(callers, kWithheld) != callers.end();
  return BeginsWithOneOf(caller, callers);
}

bool Holds(const WeeklyTime& window, TimePoint time) {
  const auto local = calendar::ToLocal(time, window.zone);
  const std::chrono::year_month_day date{std::chrono::year{local.year},
                                         std::chrono::month{static_cast<unsigned>(local.month)},
                                         std::chrono::day{static_cast<unsigned>(local.day)}};
  const auto weekday = std::chrono::weekday{std::chrono::sys_days{date}}.iso_encoding() - 1;
  const std::chrono::seconds since_midnight{(local.hour * 60 + local.minute) * 60 + local.second};
  return window.weekdays[weekday] && window.start <= since_midnight && since_midnight < window.end;
}

// Which condition of the rule does not hold; empty when all do.
std::string_view Misses(const RoutingRule& rule, const CallFacts& facts) {
  if (!rule.callers.empty() && !CallerMatches(rule.callers, facts.caller)) return "the caller is another";
  const auto in_group = [&](const auto& group) {
    return std::ranges::find(facts.caller_groups, group) != facts.caller_groups.end();
  };
  if (!rule.caller_groups.empty() && std::ranges::none_of(rule.caller_groups, in_group)) {
    return "the caller is in none of its groups";
  }
  if (!rule.called_numbers.empty() && !BeginsWithOneOf(facts.called_number, rule.called_numbers)) {
    return "another number was called";
  }
  if (!rule.states.empty() && std::ranges::find(rule.states, facts.state) == rule.states.end()) {
    return "the user is in another state";
  }
  const auto holds = [&](const auto& window) { return Holds(window, facts.time); };
  if (!rule.times.empty() && std::ranges::none_of(rule.times, holds)) return "it is not its time";
  return {};
}

bool EndsPlan(const RoutingStep& step) { return !std::holds_alternative<Ring>(step); }

// The first that decides.
RoutingDecision Choose(const RoutingProfile& profile, std::span<const RoutingRule> rules, const CallFacts& facts) {
  RoutingDecision decision;
  auto& reasons = decision.reasons;
  for (const auto& rule : rules) {
    const auto missing = Misses(rule, facts);
    if (missing.empty()) {
      reasons.push_back("rule " + rule.id + " decides: all its conditions hold");
      decision.rule = rule.id;
      decision.steps = rule.steps;
      return decision;
    }
    reasons.push_back("rule " + rule.id + " does not hold: " + std::string(missing));
  }
  const auto own = std::ranges::find(profile.states, facts.state, &StateRouting::state);
  if (own == profile.states.end()) {
    reasons.push_back("the profile says nothing of state " + facts.state.value + ": the default decides");
    decision.steps = DefaultPlan(facts.state);
  } else if (facts.line == LineState::kOnThePhone && !own->busy_steps.empty()) {
    reasons.push_back("the profile's routing of state " + facts.state.value + " decides, for a user on the phone");
    decision.steps = own->busy_steps;
  } else {
    reasons.push_back("the profile's routing of state " + facts.state.value + " decides");
    decision.steps = own->steps;
  }
  return decision;
}

}  // namespace

RoutingDecision DecideRouting(const RoutingProfile& profile, std::span<const RoutingRule> rules,
                              const CallFacts& facts) {
  auto decision = Choose(profile, rules, facts);
  const auto to_forwarder = std::erase_if(decision.steps, [&](const RoutingStep& step) {
    const auto* assistant = std::get_if<ToAssistant>(&step);
    return assistant != nullptr && std::ranges::find(facts.forwarded_by, assistant->user) != facts.forwarded_by.end();
  });
  if (to_forwarder > 0) decision.reasons.push_back("the assistant has forwarded this call already: it would go round");
  const auto to_called = std::erase_if(decision.steps, [&](const RoutingStep& step) {
    const auto* forward = std::get_if<ForwardTo>(&step);
    return forward != nullptr && forward->number == facts.called_number;
  });
  if (to_called > 0) decision.reasons.push_back("the forward is to the number that was called: it would go round");
  if (decision.steps.empty() || !EndsPlan(decision.steps.back())) {
    decision.reasons.push_back("nothing is left for a call nobody answers: voicemail");
    decision.steps.push_back(ToVoicemail{});
  }
  return decision;
}

}  // namespace crosspoint::presence
