#include "presence/adapters/routing_codec.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "presence/adapters/json_text.h"

namespace crosspoint::presence {
namespace {

using nlohmann::json;

json ToJson(const RoutingStep& step) {
  if (const auto* ring = std::get_if<Ring>(&step)) {
    json out{{"ring", ring->devices}, {"together", ring->together}, {"seconds", ring->time.count()}};
    if (ring->rings != 0) out["rings"] = ring->rings;
    return out;
  }
  if (const auto* forward = std::get_if<ForwardTo>(&step)) return {{"forward", forward->number}};
  if (const auto* assistant = std::get_if<ToAssistant>(&step)) return {{"assistant", assistant->user.Name()}};
  return {{"voicemail", true}};
}

json ToJson(const RoutingPlan& plan) {
  auto out = json::array();
  for (const auto& step : plan) out.push_back(ToJson(step));
  return out;
}

json ToJson(const WeeklyTime& time) {
  return {{"zone", time.zone},
          {"weekdays", time.weekdays.to_ulong()},
          {"start", time.start.count()},
          {"end", time.end.count()}};
}

// json's own exceptions end in Decode below.
RoutingStep StepFrom(const json& from) {
  if (from.contains("ring")) {
    return Ring{from.at("ring").get<std::vector<std::string>>(), from.at("together").get<bool>(),
                std::chrono::seconds{from.at("seconds").get<int64_t>()}, from.value("rings", 0)};
  }
  if (from.contains("forward")) return ForwardTo{from.at("forward").get<std::string>()};
  if (from.contains("assistant")) {
    auto user = UserId::Parse(from.at("assistant").get<std::string>());
    if (!user.ok()) throw json::other_error::create(501, "no user", &from);
    return ToAssistant{*std::move(user)};
  }
  return ToVoicemail{};
}

RoutingPlan PlanFrom(const json& from) {
  RoutingPlan plan;
  for (const auto& step : from) plan.push_back(StepFrom(step));
  return plan;
}

std::vector<StateId> StatesFrom(const json& from) {
  std::vector<StateId> states;
  for (const auto& state : from) states.push_back({state.get<std::string>()});
  return states;
}

RoutingRule RuleFrom(const json& from) {
  RoutingRule rule;
  rule.id = from.at("id").get<std::string>();
  rule.callers = from.at("callers").get<std::vector<std::string>>();
  rule.caller_groups = from.at("caller_groups").get<std::vector<std::string>>();
  rule.called_numbers = from.at("called_numbers").get<std::vector<std::string>>();
  rule.states = StatesFrom(from.at("states"));
  for (const auto& time : from.at("times")) {
    rule.times.push_back(WeeklyTime{time.at("zone").get<std::string>(), time.at("weekdays").get<unsigned long>(),
                                    std::chrono::seconds{time.at("start").get<int64_t>()},
                                    std::chrono::seconds{time.at("end").get<int64_t>()}});
  }
  rule.steps = PlanFrom(from.at("steps"));
  return rule;
}

}  // namespace

std::string EncodeProfile(const RoutingProfile& profile) {
  auto states = json::array();
  for (const auto& state : profile.states) {
    states.push_back(
        {{"state", state.state.value}, {"steps", ToJson(state.steps)}, {"busy_steps", ToJson(state.busy_steps)}});
  }
  return json{{"states", std::move(states)}}.dump();
}

std::optional<RoutingProfile> DecodeProfile(std::string_view text) {
  return DecodeJson(text, [](const json& from) {
    RoutingProfile profile;
    for (const auto& state : from.at("states")) {
      profile.states.push_back(
          {{state.at("state").get<std::string>()}, PlanFrom(state.at("steps")), PlanFrom(state.at("busy_steps"))});
    }
    return profile;
  });
}

std::string EncodeRules(const std::vector<RoutingRule>& rules) {
  auto out = json::array();
  for (const auto& rule : rules) {
    auto states = json::array();
    for (const auto& state : rule.states) states.push_back(state.value);
    auto times = json::array();
    for (const auto& time : rule.times) times.push_back(ToJson(time));
    out.push_back({{"id", rule.id},
                   {"callers", rule.callers},
                   {"caller_groups", rule.caller_groups},
                   {"called_numbers", rule.called_numbers},
                   {"states", std::move(states)},
                   {"times", std::move(times)},
                   {"steps", ToJson(rule.steps)}});
  }
  return out.dump();
}

std::optional<std::vector<RoutingRule>> DecodeRules(std::string_view text) {
  return DecodeJson(text, [](const json& from) {
    std::vector<RoutingRule> rules;
    for (const auto& rule : from) rules.push_back(RuleFrom(rule));
    return rules;
  });
}

}  // namespace crosspoint::presence
