#pragma once

#include <bitset>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "common/clock/time_point.h"
#include "common/ids/ids.h"
#include "presence/domain/availability_table.h"
#include "presence/domain/claim.h"
#include "presence/domain/signals.h"

namespace crosspoint::presence {

// Devices and numbers ring, at once or one after another, for `time` or `rings` each; no devices: all the user has.
struct Ring {
  std::vector<std::string> devices;
  bool together = false;
  std::chrono::seconds time{20};  // 0 with `rings`
  int rings = 0;                  // 0: `time` says
  bool operator==(const Ring&) const = default;
};
struct ForwardTo {
  std::string number;  // E.164 or extension
  bool operator==(const ForwardTo&) const = default;
};
// To another user, whose own routing goes on from there.
struct ToAssistant {
  UserId user;
  bool operator==(const ToAssistant&) const = default;
};
struct ToVoicemail {
  bool operator==(const ToVoicemail&) const = default;
};

// Carried out one after another until somebody answers. All but Ring end the plan.
using RoutingStep = std::variant<Ring, ForwardTo, ToAssistant, ToVoicemail>;
using RoutingPlan = std::vector<RoutingStep>;

struct StateRouting {
  StateId state;
  RoutingPlan steps;
  RoutingPlan busy_steps;  // instead, while the user is on the phone; empty: `steps` then too
  bool operator==(const StateRouting&) const = default;
};

struct RoutingProfile {
  std::vector<StateRouting> states;
  bool operator==(const RoutingProfile&) const = default;
};

// A time of the week by the clocks of a zone.
struct WeeklyTime {
  std::string zone;            // IANA
  std::bitset<7> weekdays;     // from Monday
  std::chrono::seconds start;  // since midnight
  std::chrono::seconds end;    // behind start, at most 24 h; the last second is not part of it
  bool operator==(const WeeklyTime&) const = default;
};

// What a caller who shows no number is called in RoutingRule::callers.
inline constexpr char kWithheld[] = "withheld";

// Power routing: holds when each condition that is given holds.
struct RoutingRule {
  std::string id;
  std::vector<std::string> callers;         // how the caller's number begins, or kWithheld; one of them
  std::vector<std::string> caller_groups;   // one of them
  std::vector<std::string> called_numbers;  // how the called number begins; one of them
  std::vector<StateId> states;              // one of them
  std::vector<WeeklyTime> times;            // one of them
  RoutingPlan steps;
  bool operator==(const RoutingRule&) const = default;
};

inline constexpr size_t kMaxRoutingRules = 100;
inline constexpr size_t kMaxRoutingSteps = 10;
inline constexpr size_t kMaxRingDevices = 16;
inline constexpr size_t kMaxRuleValues = 100;  // of one condition

// Whether the user's calls can be routed so. The message names the state or rule; `prefix` comes before field names.
//   kInvalidArgument  INVALID_FIELD; ROUTING_DEAD_END: a plan in which a call may end with nobody and nothing;
//                     ROUTING_UNREACHABLE: a step or rule that can never be reached; ROUTING_LOOP: to the user itself
absl::Status ValidateProfile(const RoutingProfile& profile, const UserId& owner, const AvailabilityTable& table);
absl::Status ValidateRules(std::span<const RoutingRule> rules, const UserId& owner, const AvailabilityTable& table);

// One call as far as routing cares.
struct CallFacts {
  std::string caller;  // empty: withheld
  std::vector<std::string> caller_groups;
  std::string called_number;
  TimePoint time;
  StateId state;  // of the called user at `time`
  LineState line = LineState::kIdle;
  std::vector<UserId> forwarded_by;  // whose routing has forwarded this call already
};

struct RoutingDecision {
  RoutingPlan steps;
  std::optional<std::string> rule;   // id of the rule that decided
  std::vector<std::string> reasons;  // for people, in order; hold no numbers
  bool operator==(const RoutingDecision&) const = default;
};

// In this order: the first rule that holds; the profile's routing of the state, that for a busy user when there is one
// and the user is on the phone; the default: do-not-disturb to voicemail, otherwise all devices ring for 20 seconds,
// then voicemail. Afterwards steps to an assistant who has forwarded the call already, and to the number that was
// called, are left out, and a plan that this leaves without an end goes to voicemail. Never fails.
RoutingDecision DecideRouting(const RoutingProfile& profile, std::span<const RoutingRule> rules,
                              const CallFacts& facts);

}  // namespace crosspoint::presence
