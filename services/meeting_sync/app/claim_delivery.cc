#include "meeting_sync/app/claim_delivery.h"

#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

constexpr size_t kMaxWarned = 10'000;

}  // namespace

absl::Status ClaimDelivery::Deliver(const ClaimOrder& order, Deadline deadline) {
  if (order.kind == ClaimOrder::Kind::kDelete) return presence_.DeleteClaim(order.user, order.claim.id, deadline);
  // Late by an outage: a claim that has ended says nothing any more, but an earlier form of it may still stand.
  if (order.claim.end <= clock_.Now()) return presence_.DeleteClaim(order.user, order.claim.id, deadline);
  return Put(order, deadline);
}

absl::Status ClaimDelivery::Put(const ClaimOrder& order, Deadline deadline) {
  const auto status = presence_.PutClaim(order.user, order.claim, deadline);
  if (!absl::IsInvalidArgument(status) || order.claim.claim_class != ClaimClass::kOwnWord) return status;
  auto plain = order.claim;
  plain.claim_class = ClaimClass::kCalendar;
  plain.state = kInAMeeting;
  {
    const std::lock_guard lock(mu_);
    if (warned_.size() >= kMaxWarned) warned_.clear();
    if (warned_.insert(order.user.Name() + "/" + order.claim.id).second) {
      log_.Warn("unknown_availability_state", {{"user", order.user.Name()},
                                               {"meeting", order.claim.id},
                                               {"state", order.claim.state},
                                               {"used", plain.state}});
    }
  }
  return presence_.PutClaim(order.user, plain, deadline);
}

}  // namespace crosspoint::meeting_sync
