#include "presence/app/claim_keeper.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

// How often a word is planned anew because the claims changed between reading and writing.
constexpr int kMaxAttempts = 10;

ClaimWish WishOf(const Claim& claim) {
  return ClaimWish{claim.id, claim.source, claim.claim_class, claim.state, claim.note, claim.start, claim.end};
}

std::string FingerprintOf(const OwnWord& word) {
  return word.state.value + "/" + std::to_string(static_cast<int>(word.until)) + "/" +
         std::to_string(word.end.time_since_epoch().count()) + "/" + word.note;
}

}  // namespace

absl::StatusOr<ChangeResult> ClaimKeeper::Change(const UserId& user, const ClaimChange& change, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto result, store_.Change(user, change, deadline));
  feed_.OnOwnChange(KeyOf(user), result);
  if (result.changed) publisher_.Publish(KeyOf(user), result);
  return result;
}

absl::StatusOr<ClaimKeeper::PutResult> ClaimKeeper::Put(const UserId& user, const ClaimWish& wish, Deadline deadline) {
  ClaimChange change;
  change.put = wish;
  CROSSPOINT_ASSIGN_OR_RETURN(auto result, Change(user, change, deadline));
  if (!result.claim) return absl::InternalError("the store did not say how it took the claim");
  return PutResult{*std::move(result.claim), PresenceOf(user, result.record)};
}

absl::StatusOr<Presence> ClaimKeeper::Delete(const UserId& user, const ClaimId& claim, Deadline deadline) {
  ClaimChange change;
  change.remove.push_back(claim);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto result, Change(user, change, deadline));
  return PresenceOf(user, result.record);
}

absl::StatusOr<Presence> ClaimKeeper::Say(const UserId& user, const OwnWord& word, const std::string& request_id,
                                          Deadline deadline) {
  const auto fingerprint = FingerprintOf(word);
  absl::Status last;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto known, store_.Read(user, request_id, deadline));
    if (known.answered_fingerprint) {
      if (*known.answered_fingerprint != fingerprint) {
        return InvalidField("request_id", "was used for another request within 24 hours");
      }
      // Maybe by a replica that died over it: then nobody has heard of it yet.
      CROSSPOINT_RETURN_IF_ERROR(Change(user, ClaimChange{}, deadline).status());
      return PresenceOf(user, known.answered_record);
    }
    CROSSPOINT_ASSIGN_OR_RETURN(auto plan, PlanOwnWord(known.claims, word, known.now));
    ClaimChange change;
    change.remove = std::move(plan.remove);
    if (plan.put) change.put = WishOf(*plan.put);
    change.expected_revision = known.record.revision;
    if (!request_id.empty()) change.request = RequestMark{request_id, fingerprint};
    change.max_claims = kMaxClaims + 2;  // the user's own hand always finds room
    const auto result = Change(user, change, deadline);
    if (result.ok()) return PresenceOf(user, result->record);
    last = result.status();
    if (last.code() != absl::StatusCode::kAborted) return last;
  }
  return last;
}

absl::StatusOr<Presence> ClaimKeeper::Clear(const UserId& user, Deadline deadline) {
  ClaimChange change;
  change.remove = {ClaimId{kHandOpenId}, ClaimId{kHandUntilId}};
  CROSSPOINT_ASSIGN_OR_RETURN(const auto result, Change(user, change, deadline));
  return PresenceOf(user, result.record);
}

absl::StatusOr<std::vector<Claim>> ClaimKeeper::List(const UserId& user, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto known, store_.Read(user, "", deadline));
  std::erase_if(known.claims, [&](const Claim& claim) { return claim.end <= known.now; });
  std::sort(known.claims.begin(), known.claims.end(), Beats);
  return std::move(known.claims);
}

}  // namespace crosspoint::presence
