#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "meeting_sync/app/claim_delivery.h"
#include "meeting_sync/domain/claim_plan.h"
#include "meeting_sync/domain/item_link.h"

namespace crosspoint::meeting_sync {

// Records as they lie in Redis: fields separated by a unit separator, which no value can hold, behind the version of
// the form. nullopt: not a record of ours.
std::string EncodeLink(const ItemLink& link);
std::optional<ItemLink> DecodeLink(std::string_view key, std::string_view record);

std::string EncodeClaim(const PlannedClaim& claim);
std::optional<PlannedClaim> DecodeClaim(std::string_view id, std::string_view record);

// Types of outbox entries.
inline constexpr char kPutClaimType[] = "meeting_sync.claim.put";
inline constexpr char kDeleteClaimType[] = "meeting_sync.claim.delete";

std::string EncodeOrder(const ClaimOrder& order);
std::optional<ClaimOrder> DecodeOrder(std::string_view type, std::string_view payload);

}  // namespace crosspoint::meeting_sync
