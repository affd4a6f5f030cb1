#include "presence/domain/own_word.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "common/status/status.h"
#include "presence/domain/presence.h"

namespace crosspoint::presence {
namespace {

TimePoint At(int64_t second) { return TimePoint{std::chrono::seconds{second}}; }

// One user whose claims change as the store would change them.
class User {
 public:
  void Add(std::string id, ClaimClass claim_class, std::string state, int64_t start, int64_t end) {
    Claim claim;
    claim.id.value = std::move(id);
    claim.source.value = "meeting-sync";
    claim.claim_class = claim_class;
    claim.state.value = std::move(state);
    claim.start = At(start);
    claim.end = end < 0 ? kOpenEnd : At(end);
    Put(claim);
  }
  absl::Status Say(int64_t now, OwnWord word) {
    const auto plan = PlanOwnWord(claims_, word, At(now));
    if (!plan.ok()) return plan.status();
    for (const auto& id : plan->remove) Remove(id);
    if (plan->put) Put(*plan->put);
    return absl::OkStatus();
  }
  absl::Status SayOpen(int64_t now, std::string state, std::string note = "") {
    return Say(now, {{std::move(state)}, std::move(note), OwnWord::Until::kOpen, {}});
  }
  absl::Status SayUntil(int64_t now, std::string state, int64_t end) {
    return Say(now, {{std::move(state)}, "", OwnWord::Until::kTime, At(end)});
  }
  absl::Status SayWhileItLasts(int64_t now, std::string state) {
    return Say(now, {{std::move(state)}, "", OwnWord::Until::kEndOfRunningClaim, {}});
  }
  std::string Shows(int64_t now) const { return AvailabilityAt(claims_, At(now)).state.value; }
  std::string Note(int64_t now) const { return AvailabilityAt(claims_, At(now)).note; }
  const std::vector<Claim>& claims() const { return claims_; }

 private:
  void Remove(const ClaimId& id) {
    std::erase_if(claims_, [&](const Claim& claim) { return claim.id == id; });
  }
  void Put(Claim claim) {
    Remove(claim.id);
    claim.revision = ++revision_;
    claims_.push_back(std::move(claim));
  }

  std::vector<Claim> claims_;
  uint64_t revision_ = 0;
};

TEST(OwnWord, OpenWordHoldsUntilAnotherComes) {
  User user;
  ASSERT_TRUE(user.SayOpen(10, "do-not-disturb").ok());
  EXPECT_EQ(user.Shows(1000), "do-not-disturb");
  ASSERT_TRUE(user.SayOpen(20, "custom").ok());
  EXPECT_EQ(user.Shows(1000), "custom");
  EXPECT_EQ(user.claims().size(), 1u);
}

TEST(OwnWord, BoundedWordEndsAndTheOpenOneShowsAgain) {
  User user;
  ASSERT_TRUE(user.SayOpen(10, "vacation").ok());
  ASSERT_TRUE(user.SayUntil(20, "do-not-disturb", 30).ok());
  EXPECT_EQ(user.Shows(29), "do-not-disturb");
  EXPECT_EQ(user.Shows(30), "vacation");
}

TEST(OwnWord, SecondBoundedWordReplacesTheFirst) {
  User user;
  ASSERT_TRUE(user.SayUntil(10, "do-not-disturb", 100).ok());
  ASSERT_TRUE(user.SayUntil(20, "custom", 30).ok());
  EXPECT_EQ(user.Shows(25), "custom");
  EXPECT_EQ(user.Shows(30), "available");
}

TEST(OwnWord, OpenWordReplacesTheBoundedOne) {
  User user;
  ASSERT_TRUE(user.SayUntil(10, "do-not-disturb", 100).ok());
  ASSERT_TRUE(user.SayOpen(20, "custom").ok());
  ASSERT_TRUE(user.SayOpen(30, "available").ok());
  EXPECT_EQ(user.Shows(31), "available");
}

TEST(OwnWord, EndInThePastIsRefusedNamingTheField) {
  User user;
  const auto status = user.SayUntil(10, "custom", 10);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorInfo(status)->metadata.at("field"), "end_time");
}

TEST(OwnWord, MeetingStateTakesEffectAtItsStartAndWhatHeldBeforeHoldsAgain) {
  User user;
  ASSERT_TRUE(user.SayOpen(10, "custom").ok());
  user.Add("m1", ClaimClass::kOwnWord, "do-not-disturb", 50, 60);
  EXPECT_EQ(user.Shows(49), "custom");
  EXPECT_EQ(user.Shows(50), "do-not-disturb");
  EXPECT_EQ(user.Shows(60), "custom");
}

TEST(OwnWord, ChangeByHandDuringAMeetingWins) {
  User user;
  user.Add("m1", ClaimClass::kOwnWord, "do-not-disturb", 50, 60);
  ASSERT_TRUE(user.SayWhileItLasts(55, "custom").ok());
  EXPECT_EQ(user.Shows(55), "custom");
  EXPECT_EQ(user.Shows(60), "available");
}

TEST(OwnWord, UntilTheEndOfTheRunningClaimNeedsOneWithAnEnd) {
  User user;
  EXPECT_EQ(GetErrorInfo(user.SayWhileItLasts(5, "custom"))->reason, "RUNNING_CLAIM_OPEN");
  ASSERT_TRUE(user.SayOpen(10, "vacation").ok());
  const auto status = user.SayWhileItLasts(20, "custom");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorInfo(status)->reason, "RUNNING_CLAIM_OPEN");
}

TEST(OwnWord, PlainAvailableTakesTheOpenWordBack) {
  User user;
  ASSERT_TRUE(user.SayOpen(10, "vacation").ok());
  ASSERT_TRUE(user.SayOpen(20, "available").ok());
  EXPECT_TRUE(user.claims().empty());
  user.Add("m1", ClaimClass::kCalendar, "in-a-meeting", 30, 40);
  EXPECT_EQ(user.Shows(35), "in-a-meeting");
}

TEST(OwnWord, PlainAvailableDuringAnAutomaticClaimLastsUntilItsEnd) {
  User user;
  ASSERT_TRUE(user.SayOpen(5, "vacation").ok());
  user.Add("m1", ClaimClass::kCalendar, "in-a-meeting", 10, 20);
  user.Add("m2", ClaimClass::kCalendar, "in-a-meeting", 30, 40);
  ASSERT_TRUE(user.SayOpen(15, "available").ok());
  EXPECT_EQ(user.Shows(15), "available");
  EXPECT_EQ(user.Shows(20), "available");
  EXPECT_EQ(user.Shows(30), "in-a-meeting");
}

TEST(OwnWord, PlainAvailableDuringAnOpenAutomaticClaimStaysOpen) {
  User user;
  user.Add("ooo", ClaimClass::kOutOfOffice, "out-of-office", 10, -1);
  ASSERT_TRUE(user.SayOpen(15, "available").ok());
  EXPECT_EQ(user.Shows(10'000), "available");
}

TEST(OwnWord, NoteBesideAvailableDoesNotOutweighTheCalendar) {
  User user;
  user.Add("m1", ClaimClass::kCalendar, "in-a-meeting", 30, 40);
  ASSERT_TRUE(user.SayOpen(10, "available", "at the Berlin office").ok());
  EXPECT_EQ(user.Note(15), "at the Berlin office");
  EXPECT_EQ(user.Shows(35), "in-a-meeting");
  EXPECT_EQ(user.Note(45), "at the Berlin office");
}

// Whatever was there before: the word is shown at once, at most one open and one bounded claim by hand exist, and
// nobody else's claim is touched.
TEST(OwnWord, AnyWordOverAnyClaimsIsShownAtOnceAndTouchesOnlyTheHand) {
  std::mt19937 random(7);
  const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  const char* states[] = {"available", "in-a-meeting", "do-not-disturb", "custom"};
  for (int round = 0; round < 4000; ++round) {
    User user;
    const int automatic = below(5);
    for (int i = 0; i < automatic; ++i) {
      const int start = below(30);
      user.Add("m" + std::to_string(i), static_cast<ClaimClass>(1 + below(6)), states[below(4)], start,
               below(4) == 0 ? -1 : start + 1 + below(15));
    }
    for (int now = 10; now < 30; now += 1 + below(6)) {
      const std::string state = states[below(4)];
      const int until = below(3);
      const auto status = until == 0   ? user.SayOpen(now, state)
                          : until == 1 ? user.SayUntil(now, state, now + 1 + below(9))
                                       : user.SayWhileItLasts(now, state);
      if (!status.ok()) {
        ASSERT_EQ(GetErrorInfo(status)->reason, "RUNNING_CLAIM_OPEN");
        continue;
      }
      ASSERT_EQ(user.Shows(now), state) << "round " << round << " at " << now;
    }
    const auto by_hand = std::count_if(user.claims().begin(), user.claims().end(),
                                       [](const Claim& claim) { return IsByHand(claim.id); });
    ASSERT_LE(by_hand, 2);
    ASSERT_EQ(static_cast<int>(user.claims().size()) - by_hand, automatic);
  }
}

}  // namespace
}  // namespace crosspoint::presence
