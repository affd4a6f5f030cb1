#include "presence/domain/claim.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "common/status/status.h"
#include "presence/domain/presence.h"

namespace crosspoint::presence {
namespace {

TimePoint At(int64_t second) { return TimePoint{std::chrono::seconds{second}}; }

Claim Make(std::string id, ClaimClass claim_class, int64_t start, int64_t end, uint64_t revision = 1) {
  Claim claim;
  claim.id.value = std::move(id);
  claim.claim_class = claim_class;
  claim.state.value = "in-a-meeting";
  claim.start = At(start);
  claim.end = end < 0 ? kOpenEnd : At(end);
  claim.revision = revision;
  return claim;
}

std::string Speaking(const std::vector<Claim>& claims, int64_t now) {
  const Claim* claim = EffectiveClaim(claims, At(now));
  return claim == nullptr ? "" : claim->id.value;
}

TEST(EffectiveClaim, NobodySpeaksWithoutClaims) {
  EXPECT_EQ(Speaking({}, 0), "");
  EXPECT_EQ(AvailabilityAt({}, At(0)).state.value, "available");
}

TEST(EffectiveClaim, LivesFromItsStartUpToButNotAtItsEnd) {
  const std::vector<Claim> claims{Make("a", ClaimClass::kCalendar, 10, 20)};
  EXPECT_EQ(Speaking(claims, 9), "");
  EXPECT_EQ(Speaking(claims, 10), "a");
  EXPECT_EQ(Speaking(claims, 19), "a");
  EXPECT_EQ(Speaking(claims, 20), "");
}

TEST(EffectiveClaim, HigherClassWinsOverLaterStart) {
  const std::vector<Claim> claims{Make("out", ClaimClass::kOutOfOffice, 1, -1, 1),
                                  Make("busy", ClaimClass::kCalendar, 10, 20, 9)};
  EXPECT_EQ(Speaking(claims, 15), "out");
}

TEST(EffectiveClaim, EveryClassBeatsTheOneBelow) {
  for (int low = 0; low < 6; ++low) {
    const std::vector<Claim> claims{Make("low", static_cast<ClaimClass>(low), 2, -1, 2),
                                    Make("high", static_cast<ClaimClass>(low + 1), 1, -1, 1)};
    EXPECT_EQ(Speaking(claims, 5), "high") << low;
  }
}

TEST(EffectiveClaim, OfOneClassTheLatestStartWinsThenTheLatestRevision) {
  const std::vector<Claim> starts{Make("late", ClaimClass::kOwnWord, 10, 20, 1),
                                  Make("early", ClaimClass::kOwnWord, 5, 30, 2)};
  EXPECT_EQ(Speaking(starts, 12), "late");
  EXPECT_EQ(Speaking(starts, 25), "early");
  const std::vector<Claim> revisions{Make("new", ClaimClass::kOwnWord, 5, 20, 8),
                                     Make("old", ClaimClass::kOwnWord, 5, 20, 7)};
  EXPECT_EQ(Speaking(revisions, 12), "new");
}

TEST(NextEdge, IsNeverWhenNothingWillChange) {
  EXPECT_EQ(NextEdge({}, At(0)), std::nullopt);
  const std::vector<Claim> open{Make("a", ClaimClass::kOwnWord, 1, -1)};
  EXPECT_EQ(NextEdge(open, At(5)), std::nullopt);
}

TEST(NextEdge, IsTheStartThenTheEndOfALoneClaim) {
  const std::vector<Claim> claims{Make("a", ClaimClass::kCalendar, 10, 20)};
  EXPECT_EQ(NextEdge(claims, At(0)), At(10));
  EXPECT_EQ(NextEdge(claims, At(10)), At(20));
  EXPECT_EQ(NextEdge(claims, At(20)), std::nullopt);
}

TEST(NextEdge, PassesOverClaimsThatStayHidden) {
  const std::vector<Claim> claims{Make("out", ClaimClass::kOutOfOffice, 0, 100),
                                  Make("busy", ClaimClass::kCalendar, 10, 20)};
  EXPECT_EQ(NextEdge(claims, At(5)), At(100));
}

TEST(NextEdge, PassesOverClaimsThatEndBeforeTheyBegin) {
  const std::vector<Claim> claims{Make("never", ClaimClass::kCalendar, 10, 10)};
  EXPECT_EQ(NextEdge(claims, At(5)), std::nullopt);
}

class ClaimProperties : public testing::Test {
 protected:
  std::vector<Claim> RandomClaims() {
    std::vector<Claim> claims;
    const int count = Below(9);
    for (int i = 0; i < count; ++i) {
      const int start = Below(20);
      const int end = Below(5) == 0 ? -1 : start + Below(12);
      claims.push_back(Make("c" + std::to_string(i), static_cast<ClaimClass>(Below(7)), start, end,
                            static_cast<uint64_t>(Below(4))));
    }
    return claims;
  }
  int Below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  std::mt19937 random_{20240607};
};

TEST_F(ClaimProperties, WinnerIsLiveAndUnbeatenInAnyOrder) {
  for (int round = 0; round < 5000; ++round) {
    auto claims = RandomClaims();
    const auto now = At(Below(34));
    const Claim* winner = EffectiveClaim(claims, now);
    if (winner == nullptr) {
      for (const auto& claim : claims) ASSERT_FALSE(IsLive(claim, now));
      continue;
    }
    ASSERT_TRUE(IsLive(*winner, now));
    const Claim expected = *winner;
    for (const auto& claim : claims) ASSERT_FALSE(IsLive(claim, now) && Beats(claim, expected));
    std::shuffle(claims.begin(), claims.end(), random_);
    ASSERT_EQ(*EffectiveClaim(claims, now), expected);
  }
}

TEST_F(ClaimProperties, NextEdgeIsExactlyTheFirstMomentOfChange) {
  for (int round = 0; round < 5000; ++round) {
    const auto claims = RandomClaims();
    const int now = Below(34);
    const auto before = Speaking(claims, now);
    std::optional<TimePoint> first;
    for (int second = now + 1; second < 40 && !first; ++second) {
      if (Speaking(claims, second) != before) first = At(second);
    }
    ASSERT_EQ(NextEdge(claims, At(now)), first);
  }
}

TEST(ClaimName, IsParsedAndWritten) {
  const auto name = ClaimName::Parse("tenants/acme/users/u42/claims/meeting-7");
  ASSERT_TRUE(name.ok());
  EXPECT_EQ(name->user.value, "u42");
  EXPECT_EQ(name->claim.value, "meeting-7");
  EXPECT_EQ(name->Name(), "tenants/acme/users/u42/claims/meeting-7");
}

TEST(ClaimName, RefusesWhatIsNoneAndNamesTheField) {
  for (const char* bad : {"", "tenants/acme/users/u42", "tenants/acme/users/u42/claims/", "tenants/a/users/b/claims/C",
                          "tenants/a/users/b/claims/c/d", "users/b/claims/c", "tenants/a/users/b/claims/a|b"}) {
    const auto name = ClaimName::Parse(bad, "claim.name");
    ASSERT_FALSE(name.ok()) << bad;
    EXPECT_EQ(GetErrorInfo(name.status())->metadata.at("field"), "claim.name");
  }
}

}  // namespace
}  // namespace crosspoint::presence
