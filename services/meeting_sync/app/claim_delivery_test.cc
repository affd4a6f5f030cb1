#include "meeting_sync/app/claim_delivery.h"

#include <gtest/gtest.h>

#include <map>

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;

const UserId kUser{TenantId{"acme"}, "u42"};

class FakePresence final : public Presence {
 public:
  absl::Status PutClaim(const UserId&, const PlannedClaim& claim, Deadline) override {
    if (!failure.ok()) return failure;
    if (claim.state == "unknown") return absl::InvalidArgumentError("claim.state: a key of the table");
    claims[claim.id] = claim;
    return absl::OkStatus();
  }
  absl::Status DeleteClaim(const UserId&, const std::string& id, Deadline) override {
    if (!failure.ok()) return failure;
    claims.erase(id);
    return absl::OkStatus();
  }
  absl::Status failure;
  std::map<std::string, PlannedClaim> claims;
};

struct World {
  FakeClock clock;
  log::Logger log{"test", log::Level::kError};
  FakePresence presence;
  ClaimDelivery delivery{presence, clock, log};

  ClaimOrder Put(const std::string& state, ClaimClass claim_class) {
    return {.user = kUser,
            .claim = {.id = "m1",
                      .claim_class = claim_class,
                      .state = state,
                      .start = clock.Now() + hours{1},
                      .end = clock.Now() + hours{2}}};
  }
};

TEST(ClaimDelivery, UnknownChosenStateBecomesInAMeeting) {
  World world;
  EXPECT_TRUE(world.delivery.Deliver(world.Put("unknown", ClaimClass::kOwnWord), {}).ok());
  EXPECT_EQ(world.presence.claims.at("m1").state, "in-a-meeting");
  EXPECT_EQ(world.presence.claims.at("m1").claim_class, ClaimClass::kCalendar);
}

TEST(ClaimDelivery, RefusalOfACalendarClaimComesThrough) {
  World world;
  EXPECT_EQ(world.delivery.Deliver(world.Put("unknown", ClaimClass::kCalendar), {}).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ClaimDelivery, PresenceAwayComesThroughAndTheSameOrderSucceedsLater) {
  World world;
  world.presence.failure = absl::UnavailableError("away");
  const auto order = world.Put("vacation", ClaimClass::kOwnWord);
  EXPECT_EQ(world.delivery.Deliver(order, {}).code(), absl::StatusCode::kUnavailable);
  world.presence.failure = absl::OkStatus();
  EXPECT_TRUE(world.delivery.Deliver(order, {}).ok());
  EXPECT_EQ(world.presence.claims.at("m1").state, "vacation");
}

TEST(ClaimDelivery, ClaimThatEndedMeanwhileLeavesNothingBehind) {
  World world;
  const auto order = world.Put("in-a-meeting", ClaimClass::kCalendar);
  world.presence.claims["m1"] = {};
  world.clock.Advance(hours{3});
  EXPECT_TRUE(world.delivery.Deliver(order, {}).ok());
  EXPECT_TRUE(world.presence.claims.empty());
}

}  // namespace
}  // namespace crosspoint::meeting_sync
