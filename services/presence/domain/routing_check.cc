#include <algorithm>
#include <ranges>
#include <set>
#include <string_view>

#include "common/calendar/time_zone.h"
#include "common/status/status.h"
#include "presence/domain/routing.h"

namespace crosspoint::presence {
namespace {

constexpr size_t kMaxNumberBytes = 32;
constexpr size_t kMaxGroupBytes = 64;
constexpr std::chrono::seconds kLongestRing{180};
constexpr int kMostRings = 30;
constexpr std::chrono::seconds kDay{86'400};

absl::Status Refuse(const char* reason, std::string_view field, const std::string& message) {
  return ErrorWithInfo(absl::StatusCode::kInvalidArgument, std::string(field) + ": " + message,
                       {reason, "presence.crosspoint", {{"field", std::string(field)}}});
}

// A number as programs write it: digits, * and #, a plus in front of E.164.
bool IsNumber(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.size() < kMaxNumberBytes &&
         text.find_first_not_of("0123456789*#") == std::string_view::npos;
}

absl::Status CheckStep(const Ring& ring, const UserId&, const std::string& field) {
  if (ring.devices.size() > kMaxRingDevices) return InvalidField(field + ".ring.devices", "must be at most 16");
  for (const auto& device : ring.devices) {
    if (!IsNumber(device) && !IsValidSegment(device)) {
      return InvalidField(field + ".ring.devices", "must be names of devices (a-z, 0-9, -) or numbers");
    }
  }
  if (ring.rings != 0) {
    if (ring.time != std::chrono::seconds{0}) return InvalidField(field + ".ring.rings", "must not be with ring_time");
    if (ring.rings < 0 || ring.rings > kMostRings) return InvalidField(field + ".ring.rings", "must be 1 to 30");
  } else if (ring.time < std::chrono::seconds{1} || ring.time > kLongestRing) {
    return InvalidField(field + ".ring.ring_time", "must be 1 to 180 seconds, or rings be given");
  }
  return absl::OkStatus();
}

absl::Status CheckStep(const ForwardTo& forward, const UserId&, const std::string& field) {
  if (!IsNumber(forward.number)) {
    return InvalidField(field + ".forward_to", "must be E.164 or an extension: 1 to 31 of 0-9, *, #, with + in front");
  }
  return absl::OkStatus();
}

absl::Status CheckStep(const ToAssistant& assistant, const UserId& owner, const std::string& field) {
  if (assistant.user == owner)
    return Refuse("ROUTING_LOOP", field + ".assistant", "sends the user's calls to the user");
  if (assistant.user.tenant != owner.tenant) {
    return InvalidField(field + ".assistant", "must be a user of the same tenant");
  }
  return absl::OkStatus();
}

absl::Status CheckStep(const ToVoicemail&, const UserId&, const std::string&) { return absl::OkStatus(); }

absl::Status CheckPlan(const RoutingPlan& plan, const UserId& owner, const std::string& whose,
                       const std::string& field) {
  if (plan.size() > kMaxRoutingSteps) return InvalidField(field, "must be at most 10 steps");
  for (size_t i = 0; i < plan.size(); ++i) {
    const auto at = field + "[" + std::to_string(i) + "]";
    CROSSPOINT_RETURN_IF_ERROR(std::visit([&](const auto& step) { return CheckStep(step, owner, at); }, plan[i]));
    if (i + 1 < plan.size() && !std::holds_alternative<Ring>(plan[i])) {
      return Refuse("ROUTING_UNREACHABLE", field + "[" + std::to_string(i + 1) + "]",
                    whose + " never gets past the step before this one");
    }
  }
  if (plan.empty() || std::holds_alternative<Ring>(plan.back())) {
    return Refuse("ROUTING_DEAD_END", field, whose + " must end in a forward, an assistant or voicemail");
  }
  return absl::OkStatus();
}

absl::Status CheckTime(const WeeklyTime& time, const std::string& field) {
  if (!calendar::IsIanaZone(time.zone)) return InvalidField(field + ".time_zone", "must be an IANA name");
  if (time.weekdays.none()) return InvalidField(field + ".weekdays", "must be 1 (Monday) to 7 each");
  if (time.start < std::chrono::seconds{0} || time.start >= time.end || time.end > kDay) {
    return InvalidField(field + ".end_offset", "must be after start_offset, both within 24 h");
  }
  return absl::OkStatus();
}

absl::Status CheckStates(const std::vector<StateId>& states, const AvailabilityTable& table, const std::string& field) {
  for (const auto& state : states) {
    if (table.Find(state) == nullptr) return InvalidField(field, "must be of " + table.Keys());
  }
  return absl::OkStatus();
}

absl::Status CheckConditions(const RoutingRule& rule, const AvailabilityTable& table, const std::string& field) {
  for (const auto& [values, name] : {std::pair{&rule.callers, ".callers"}, {&rule.called_numbers, ".called_numbers"}}) {
    if (values->size() > kMaxRuleValues) return InvalidField(field + name, "must be at most 100");
    for (const auto& value : *values) {
      const bool withheld = values == &rule.callers && value == kWithheld;
      if (!IsNumber(value) && !withheld) return InvalidField(field + name, "must be beginnings of numbers");
    }
  }
  if (rule.caller_groups.size() > kMaxRuleValues) return InvalidField(field + ".caller_groups", "must be at most 100");
  for (const auto& group : rule.caller_groups) {
    if (group.empty() || group.size() > kMaxGroupBytes) {
      return InvalidField(field + ".caller_groups", "must be 1 to 64 bytes each");
    }
  }
  if (rule.states.size() > kMaxRuleValues) return InvalidField(field + ".states", "must be at most 100");
  CROSSPOINT_RETURN_IF_ERROR(CheckStates(rule.states, table, field + ".states"));
  if (rule.times.size() > kMaxRuleValues) return InvalidField(field + ".times", "must be at most 100");
  for (size_t i = 0; i < rule.times.size(); ++i) {
    CROSSPOINT_RETURN_IF_ERROR(CheckTime(rule.times[i], field + ".times[" + std::to_string(i) + "]"));
  }
  return absl::OkStatus();
}

// Whether whatever passes `b` passes `a`; an absent condition lets all pass.
template <class Value, class Within>
bool Covers(const std::vector<Value>& a, const std::vector<Value>& b, Within within) {
  if (a.empty()) return true;
  if (b.empty()) return false;
  return std::ranges::all_of(b, [&](const auto& inner) {
    return std::ranges::any_of(a, [&](const auto& outer) { return within(inner, outer); });
  });
}

// Whether every call of `later` is one of `earlier`.
bool Shadows(const RoutingRule& earlier, const RoutingRule& later) {
  const auto begins = [](const std::string& inner, const std::string& outer) { return inner.starts_with(outer); };
  const auto equal = [](const auto& inner, const auto& outer) { return inner == outer; };
  const auto within = [](const WeeklyTime& inner, const WeeklyTime& outer) {
    return inner.zone == outer.zone && (inner.weekdays & ~outer.weekdays).none() && outer.start <= inner.start &&
           inner.end <= outer.end;
  };
  return Covers(earlier.callers, later.callers, begins) && Covers(earlier.caller_groups, later.caller_groups, equal) &&
         Covers(earlier.called_numbers, later.called_numbers, begins) && Covers(earlier.states, later.states, equal) &&
         Covers(earlier.times, later.times, within);
}

// A forward to a number whose calls the rule itself takes.
absl::Status CheckNumberLoop(const RoutingRule& rule, const std::string& field) {
  for (size_t i = 0; i < rule.steps.size(); ++i) {
    const auto* forward = std::get_if<ForwardTo>(&rule.steps[i]);
    if (forward == nullptr) continue;
    const bool called = std::ranges::any_of(
        rule.called_numbers, [&](const auto& beginning) { return forward->number.starts_with(beginning); });
    if (called) {
      return Refuse("ROUTING_LOOP", field + ".steps[" + std::to_string(i) + "].forward_to",
                    "rule " + rule.id + " forwards to a number whose calls it takes");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateProfile(const RoutingProfile& profile, const UserId& owner, const AvailabilityTable& table) {
  std::set<StateId> seen;
  for (size_t i = 0; i < profile.states.size(); ++i) {
    const auto& routing = profile.states[i];
    const auto field = "profile.states[" + std::to_string(i) + "]";
    CROSSPOINT_RETURN_IF_ERROR(CheckStates({routing.state}, table, field + ".state"));
    if (!seen.insert(routing.state).second) return InvalidField(field + ".state", "must be named once");
    const auto whose = "the routing of state " + routing.state.value;
    CROSSPOINT_RETURN_IF_ERROR(CheckPlan(routing.steps, owner, whose, field + ".steps"));
    if (!routing.busy_steps.empty()) {
      CROSSPOINT_RETURN_IF_ERROR(CheckPlan(routing.busy_steps, owner, whose, field + ".busy_steps"));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateRules(std::span<const RoutingRule> rules, const UserId& owner, const AvailabilityTable& table) {
  if (rules.size() > kMaxRoutingRules) return InvalidField("rules", "must be at most 100");
  std::set<std::string_view> ids;
  for (size_t i = 0; i < rules.size(); ++i) {
    const auto& rule = rules[i];
    const auto field = "rules[" + std::to_string(i) + "]";
    if (!ids.insert(rule.id).second) return InvalidField(field + ".name", "must be used once");
    CROSSPOINT_RETURN_IF_ERROR(CheckConditions(rule, table, field));
    CROSSPOINT_RETURN_IF_ERROR(CheckPlan(rule.steps, owner, "rule " + rule.id, field + ".steps"));
    CROSSPOINT_RETURN_IF_ERROR(CheckNumberLoop(rule, field));
    for (const auto& earlier : rules.first(i)) {
      if (Shadows(earlier, rule)) {
        return Refuse("ROUTING_UNREACHABLE", field,
                      "rule " + rule.id + " is never reached: rule " + earlier.id + " takes all its calls before");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace crosspoint::presence
