#include "presence/app/call_router.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

// A caller's clock may be this much behind the store's.
constexpr std::chrono::seconds kClocksApart{60};

}  // namespace

absl::StatusOr<CallAnswer> CallRouter::Route(const CallQuestion& question, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto known, presence_.Read(question.user, "", deadline));
  const auto time = question.time.value_or(known.now);
  if (time < known.now - kClocksApart) return InvalidField("time", "must not be over: what held then is not kept");
  CROSSPOINT_ASSIGN_OR_RETURN(const auto routing, routing_.Read(question.user, deadline));

  CallFacts facts;
  facts.caller = question.caller;
  facts.caller_groups = question.caller_groups;
  facts.called_number = question.called_number;
  facts.forwarded_by = question.forwarded_by;
  facts.time = std::max(time, known.now);
  facts.state = AvailabilityAt(known.claims, facts.time).state;
  if (time <= known.now + kClocksApart) facts.line = known.record.signals.line;
  auto decision = DecideRouting(routing.profile, routing.rules, facts);
  return CallAnswer{std::move(decision), std::move(facts.state)};
}

}  // namespace crosspoint::presence
