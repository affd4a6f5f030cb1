#include "presence/domain/own_word.h"

#include <algorithm>

#include "common/status/status.h"
#include "presence/domain/presence.h"

namespace crosspoint::presence {
namespace {

Claim ByHand(const char* id, const OwnWord& word, TimePoint now, TimePoint end) {
  Claim claim;
  claim.id.value = id;
  claim.source.value = kHandSource;
  claim.claim_class = ClaimClass::kOwnWord;
  claim.state = word.state;
  claim.note = word.note;
  claim.start = now;
  claim.end = end;
  return claim;
}

OwnWordPlan Bounded(const OwnWord& word, TimePoint now, TimePoint end) {
  return OwnWordPlan{{}, ByHand(kHandUntilId, word, now, end)};
}

OwnWordPlan Open(const OwnWord& word, TimePoint now) {
  return OwnWordPlan{{ClaimId{kHandUntilId}}, ByHand(kHandOpenId, word, now, kOpenEnd)};
}

OwnWordPlan PlainAvailable(std::span<const Claim> claims, const OwnWord& word, TimePoint now) {
  std::vector<Claim> automatic;
  std::copy_if(claims.begin(), claims.end(), std::back_inserter(automatic),
               [](const Claim& claim) { return !IsByHand(claim.id); });
  const Claim* running = EffectiveClaim(automatic, now);
  if (running != nullptr && running->state != word.state) {
    if (running->end == kOpenEnd) return Open(word, now);
    auto plan = Bounded(word, now, running->end);
    plan.remove.push_back(ClaimId{kHandOpenId});
    return plan;
  }
  if (word.note.empty()) return OwnWordPlan{{ClaimId{kHandOpenId}, ClaimId{kHandUntilId}}, std::nullopt};
  // A note beside Available must not outweigh the calendar, so it speaks only while nobody else does.
  auto plan = Open(word, now);
  plan.put->claim_class = ClaimClass::kDefault;
  return plan;
}

}  // namespace

absl::StatusOr<OwnWordPlan> PlanOwnWord(std::span<const Claim> claims, const OwnWord& word, TimePoint now) {
  switch (word.until) {
    case OwnWord::Until::kTime:
      if (word.end <= now) return InvalidField("end_time", "must be in the future");
      return Bounded(word, now, word.end);
    case OwnWord::Until::kEndOfRunningClaim: {
      const Claim* running = EffectiveClaim(claims, now);
      if (running == nullptr || running->end == kOpenEnd) {
        return ErrorWithInfo(absl::StatusCode::kFailedPrecondition,
                             "what holds now has no end; give end_time or leave the end open",
                             {"RUNNING_CLAIM_OPEN", "presence.crosspoint", {}});
      }
      return Bounded(word, now, running->end);
    }
    case OwnWord::Until::kOpen:
      break;
  }
  if (word.state.value == kAvailableState) return PlainAvailable(claims, word, now);
  return Open(word, now);
}

}  // namespace crosspoint::presence
