#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/clock/time_point.h"
#include "common/ids/ids.h"

namespace crosspoint::presence {

// Who speaks for the user, weakest first: a higher class always wins. The numbers are stored in Redis.
enum class ClaimClass : uint8_t {
  kDefault = 0,
  kSchedule = 1,
  kRoutingRule = 2,
  kExternal = 3,
  kCalendar = 4,
  kOutOfOffice = 5,
  kOwnWord = 6,
};

struct ClaimId {
  std::string value;
  auto operator<=>(const ClaimId&) const = default;
};

// Key into the tenant's availability table.
struct StateId {
  std::string value;
  auto operator<=>(const StateId&) const = default;
};

struct SourceId {
  std::string value;
  auto operator<=>(const SourceId&) const = default;
};

// No end: the claim is open.
inline constexpr TimePoint kOpenEnd = TimePoint::max();

// Claims of all sources but the user's own hand, which must always find room.
inline constexpr size_t kMaxClaims = 512;
inline constexpr size_t kMaxNoteBytes = 256;

// Times of claims lie from 1970 to this moment (2200-01-01): microseconds then are exact in Lua's numbers.
inline constexpr TimePoint kLatestTime{std::chrono::seconds{7'258'118'400}};

// One source's wish for a user's availability.
struct Claim {
  ClaimId id;  // unique per user
  SourceId source;
  ClaimClass claim_class = ClaimClass::kDefault;
  StateId state;
  std::string note;
  TimePoint start{};         // Redis clock, UTC; live from here on
  TimePoint end = kOpenEnd;  // no longer live from here on
  uint64_t revision = 0;     // order of arrival; breaks ties

  bool operator==(const Claim&) const = default;
};

inline bool IsLive(const Claim& claim, TimePoint now) { return claim.start <= now && now < claim.end; }

// Whether `a` is shown rather than `b` while both are live: higher class, then latest start, then latest revision, then
// higher id. A strict total order on claims of different ids.
bool Beats(const Claim& a, const Claim& b);

// The claim others see at `now`; nullptr when none is live. The order of `claims` is irrelevant. Never fails.
const Claim* EffectiveClaim(std::span<const Claim> claims, TimePoint now);

// The first moment after `now` at which EffectiveClaim changes; nullopt when it never will.
std::optional<TimePoint> NextEdge(std::span<const Claim> claims, TimePoint now);

// `tenants/{tenant}/users/{user}/claims/{claim}`.
struct ClaimName {
  UserId user;
  ClaimId claim;
  bool operator==(const ClaimName&) const = default;

  std::string Name() const { return user.Name() + "/claims/" + claim.value; }
  // kInvalidArgument names `field`.
  static absl::StatusOr<ClaimName> Parse(std::string_view name, std::string_view field = "name");
};

}  // namespace crosspoint::presence
