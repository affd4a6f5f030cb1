#include "presence/api/convert_routing.h"

#include <utility>

#include "common/status/status.h"
#include "presence/api/convert.h"

namespace crosspoint::presence {
namespace {

using std::chrono::seconds;
using Steps = google::protobuf::RepeatedPtrField<v1::RoutingStep>;

constexpr char kProfileSuffix[] = "/routingProfile";
constexpr std::string_view kRuleInfix = "/routingRules/";
constexpr size_t kMaxForwards = 20;

std::string At(const std::string& field, int i) { return field + "[" + std::to_string(i) + "]"; }

absl::StatusOr<seconds> WholeSeconds(const google::protobuf::Duration& duration, const std::string& field) {
  if (duration.nanos() != 0 || duration.seconds() < 0 || duration.seconds() > 86'400) {
    return InvalidField(field, "must be whole seconds, at most 24 h");
  }
  return seconds{duration.seconds()};
}

absl::StatusOr<RoutingStep> StepFrom(const v1::RoutingStep& step, const std::string& field) {
  switch (step.action_case()) {
    case v1::RoutingStep::kRing: {
      Ring ring;
      ring.devices.assign(step.ring().devices().begin(), step.ring().devices().end());
      ring.together = step.ring().together();
      CROSSPOINT_ASSIGN_OR_RETURN(ring.time, WholeSeconds(step.ring().ring_time(), field + ".ring.ring_time"));
      ring.rings = step.ring().rings();
      return ring;
    }
    case v1::RoutingStep::kForwardTo:
      return ForwardTo{step.forward_to()};
    case v1::RoutingStep::kAssistant: {
      CROSSPOINT_ASSIGN_OR_RETURN(auto user, UserId::Parse(step.assistant(), field + ".assistant"));
      return ToAssistant{std::move(user)};
    }
    case v1::RoutingStep::kVoicemail:
      if (!step.voicemail()) return InvalidField(field + ".voicemail", "must be true or unset");
      return ToVoicemail{};
    case v1::RoutingStep::ACTION_NOT_SET:
      break;
  }
  return InvalidField(field, "must ring, forward_to, assistant or voicemail");
}

absl::StatusOr<RoutingPlan> PlanFrom(const Steps& steps, const std::string& field) {
  RoutingPlan plan;
  for (int i = 0; i < steps.size(); ++i) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto step, StepFrom(steps[i], At(field, i)));
    plan.push_back(std::move(step));
  }
  return plan;
}

absl::StatusOr<WeeklyTime> TimeFrom(const v1::WeeklyTime& from, const std::string& field) {
  WeeklyTime time;
  time.zone = from.time_zone();
  for (const int weekday : from.weekdays()) {
    if (weekday < 1 || weekday > 7) return InvalidField(field + ".weekdays", "must be 1 (Monday) to 7 each");
    time.weekdays.set(static_cast<size_t>(weekday - 1));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(time.start, WholeSeconds(from.start_offset(), field + ".start_offset"));
  CROSSPOINT_ASSIGN_OR_RETURN(time.end, WholeSeconds(from.end_offset(), field + ".end_offset"));
  return time;
}

absl::StatusOr<RoutingRule> RuleFrom(const UserId& parent, const v1::RoutingRule& from, const std::string& field) {
  RoutingRule rule;
  const auto prefix = parent.Name() + std::string(kRuleInfix);
  if (!from.name().starts_with(prefix) || !IsValidSegment(std::string_view(from.name()).substr(prefix.size()))) {
    return InvalidField(field + ".name", "must be {parent}/routingRules/{rule}, the last part 1 to 63 of a-z, 0-9, -");
  }
  rule.id = from.name().substr(prefix.size());
  rule.callers.assign(from.callers().begin(), from.callers().end());
  rule.caller_groups.assign(from.caller_groups().begin(), from.caller_groups().end());
  rule.called_numbers.assign(from.called_numbers().begin(), from.called_numbers().end());
  for (const auto& state : from.states()) rule.states.push_back(StateId{state});
  for (int i = 0; i < from.times_size(); ++i) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto time, TimeFrom(from.times(i), At(field + ".times", i)));
    rule.times.push_back(std::move(time));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(rule.steps, PlanFrom(from.steps(), field + ".steps"));
  return rule;
}

void SetSeconds(seconds from, google::protobuf::Duration& out) { out.set_seconds(from.count()); }

void ToProto(const RoutingPlan& plan, Steps& out) {
  for (const auto& step : plan) {
    auto& to = *out.Add();
    if (const auto* ring = std::get_if<Ring>(&step)) {
      for (const auto& device : ring->devices) to.mutable_ring()->add_devices(device);
      to.mutable_ring()->set_together(ring->together);
      to.mutable_ring()->set_rings(ring->rings);
      if (ring->rings == 0) SetSeconds(ring->time, *to.mutable_ring()->mutable_ring_time());
    } else if (const auto* forward = std::get_if<ForwardTo>(&step)) {
      to.set_forward_to(forward->number);
    } else if (const auto* assistant = std::get_if<ToAssistant>(&step)) {
      to.set_assistant(assistant->user.Name());
    } else {
      to.set_voicemail(true);
    }
  }
}

// Digits, * and #, perhaps a plus; or nothing.
absl::Status CheckNumber(const std::string& number, std::string_view field) {
  const bool good = number.size() <= 32 && number.find_first_not_of("+0123456789*#") == std::string::npos &&
                    number.find('+', 1) == std::string::npos;
  if (!good) return InvalidField(field, "must be E.164, an extension, or empty when unknown");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UserId> ParseProfileName(const std::string& name, std::string_view field) {
  std::string_view rest = name;
  if (rest.ends_with(kProfileSuffix)) {
    rest.remove_suffix(std::string_view(kProfileSuffix).size());
    if (auto user = UserId::Parse(rest, field); user.ok()) return user;
  }
  return InvalidField(field, "must be tenants/{tenant}/users/{user}/routingProfile");
}

absl::StatusOr<RoutingProfile> FromProto(const v1::RoutingProfile& from) {
  RoutingProfile profile;
  for (int i = 0; i < from.states_size(); ++i) {
    const auto field = At("profile.states", i);
    StateRouting routing{StateId{from.states(i).state()}, {}, {}};
    CROSSPOINT_ASSIGN_OR_RETURN(routing.steps, PlanFrom(from.states(i).steps(), field + ".steps"));
    CROSSPOINT_ASSIGN_OR_RETURN(routing.busy_steps, PlanFrom(from.states(i).busy_steps(), field + ".busy_steps"));
    profile.states.push_back(std::move(routing));
  }
  return profile;
}

absl::StatusOr<std::vector<RoutingRule>> FromProto(const UserId& parent,
                                                   const google::protobuf::RepeatedPtrField<v1::RoutingRule>& from) {
  std::vector<RoutingRule> rules;
  for (int i = 0; i < from.size(); ++i) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto rule, RuleFrom(parent, from[i], At("rules", i)));
    rules.push_back(std::move(rule));
  }
  return rules;
}

absl::StatusOr<CallQuestion> FromProto(const v1::RouteCallRequest& request) {
  CallQuestion question;
  CROSSPOINT_ASSIGN_OR_RETURN(question.user, UserId::Parse(request.user(), "user"));
  CROSSPOINT_RETURN_IF_ERROR(CheckNumber(request.caller(), "caller"));
  question.caller = request.caller();
  CROSSPOINT_RETURN_IF_ERROR(CheckNumber(request.called_number(), "called_number"));
  question.called_number = request.called_number();
  if (request.caller_groups_size() > static_cast<int>(kMaxRuleValues)) {
    return InvalidField("caller_groups", "must be at most 100");
  }
  question.caller_groups.assign(request.caller_groups().begin(), request.caller_groups().end());
  if (request.has_time()) {
    CROSSPOINT_ASSIGN_OR_RETURN(question.time, FromProto(request.time(), "time"));
  }
  if (request.forwarded_by_size() > static_cast<int>(kMaxForwards)) {
    return InvalidField("forwarded_by", "must be at most 20: this call goes round");
  }
  for (const auto& name : request.forwarded_by()) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto user, UserId::Parse(name, "forwarded_by"));
    question.forwarded_by.push_back(std::move(user));
  }
  return question;
}

void ToProto(const UserId& user, const RoutingProfile& profile, const std::string& etag, v1::RoutingProfile& out) {
  out.set_name(user.Name() + kProfileSuffix);
  out.set_etag(etag);
  for (const auto& state : profile.states) {
    auto& to = *out.add_states();
    to.set_state(state.state.value);
    ToProto(state.steps, *to.mutable_steps());
    ToProto(state.busy_steps, *to.mutable_busy_steps());
  }
}

void ToProto(const UserId& parent, const std::vector<RoutingRule>& rules,
             google::protobuf::RepeatedPtrField<v1::RoutingRule>& out) {
  for (const auto& rule : rules) {
    auto& to = *out.Add();
    to.set_name(parent.Name() + std::string(kRuleInfix) + rule.id);
    for (const auto& caller : rule.callers) to.add_callers(caller);
    for (const auto& group : rule.caller_groups) to.add_caller_groups(group);
    for (const auto& number : rule.called_numbers) to.add_called_numbers(number);
    for (const auto& state : rule.states) to.add_states(state.value);
    for (const auto& time : rule.times) {
      auto& window = *to.add_times();
      window.set_time_zone(time.zone);
      for (int day = 0; day < 7; ++day) {
        if (time.weekdays[static_cast<size_t>(day)]) window.add_weekdays(day + 1);
      }
      SetSeconds(time.start, *window.mutable_start_offset());
      SetSeconds(time.end, *window.mutable_end_offset());
    }
    ToProto(rule.steps, *to.mutable_steps());
  }
}

void ToProto(const UserId& user, const CallAnswer& answer, v1::RouteCallResponse& out) {
  ToProto(answer.decision.steps, *out.mutable_steps());
  for (const auto& reason : answer.decision.reasons) out.add_reasons(reason);
  out.set_state(answer.state.value);
  if (answer.decision.rule) out.set_rule(user.Name() + std::string(kRuleInfix) + *answer.decision.rule);
}

}  // namespace crosspoint::presence
