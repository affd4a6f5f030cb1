#include "meeting_sync/domain/claim_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TimePoint kNow{hours{24 * 365 * 56}};

ItemLink Link(const std::string& id, ShowAs show_as = ShowAs::kBusy, minutes begins = minutes{60},
              minutes lasts = minutes{30}) {
  return LinkOf({.item = {id, "1"}, .start = kNow + begins, .end = kNow + begins + lasts, .show_as = show_as});
}

LinkTable Table(std::vector<ItemLink> links) {
  LinkTable table;
  for (auto& link : links) table.emplace(link.key, std::move(link));
  return table;
}

TEST(ClaimFor, BusyMeansInAMeetingForExactlyItsTime) {
  const auto claim = ClaimFor(Link("a"));
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->claim_class, ClaimClass::kCalendar);
  EXPECT_EQ(claim->state, "in-a-meeting");
  EXPECT_EQ(claim->start, kNow + minutes{60});
  EXPECT_EQ(claim->end, kNow + minutes{90});
}

TEST(ClaimFor, OutOfOfficeSaysSo) { EXPECT_EQ(ClaimFor(Link("a", ShowAs::kOutOfOffice))->state, "out-of-office"); }

TEST(ClaimFor, WhatLeavesTimeFreeClaimsNothing) {
  EXPECT_FALSE(ClaimFor(Link("a", ShowAs::kFree)));
  EXPECT_FALSE(ClaimFor(Link("a", ShowAs::kTentative)));
  EXPECT_FALSE(ClaimFor(Link("a", ShowAs::kWorkingElsewhere)));
}

TEST(ClaimFor, CancelledAndDeclinedClaimNothingEvenWithAChosenState) {
  auto entry = CalendarEntry{.item = {"a", "1"}, .start = kNow, .end = kNow + hours{1}, .chosen_state = "vacation"};
  entry.cancelled = true;
  EXPECT_FALSE(ClaimFor(LinkOf(entry)));
  entry.cancelled = false;
  entry.declined = true;
  EXPECT_FALSE(ClaimFor(LinkOf(entry)));
}

TEST(ClaimFor, ChosenStateIsTheOwnersWordWhateverTheShowAs) {
  for (const auto show_as : {ShowAs::kFree, ShowAs::kBusy, ShowAs::kTentative}) {
    auto link = Link("a", show_as);
    link.chosen_state = "do-not-disturb";
    const auto claim = ClaimFor(link);
    ASSERT_TRUE(claim);
    EXPECT_EQ(claim->claim_class, ClaimClass::kOwnWord);
    EXPECT_EQ(claim->state, "do-not-disturb");
  }
}

TEST(ClaimFor, ChosenStateThatCannotBeAKeyBecomesInAMeeting) {
  auto link = Link("a");
  link.chosen_state = "Do Not\r\nDisturb";
  const auto claim = ClaimFor(link);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->claim_class, ClaimClass::kCalendar);
  EXPECT_EQ(claim->state, "in-a-meeting");
}

TEST(ClaimFor, SeriesAndEmptyTimesClaimNothing) {
  auto series = Link("a");
  series.kind = EntryKind::kSeries;
  EXPECT_FALSE(ClaimFor(series));
  EXPECT_FALSE(ClaimFor(Link("a", ShowAs::kBusy, minutes{60}, minutes{0})));
}

TEST(ClaimFor, IdIsAValidSegmentAndStaysWhenTheMeetingMoves) {
  const auto before = ClaimFor(Link("AAMkADk+/=", ShowAs::kBusy, minutes{60}));
  const auto after = ClaimFor(Link("AAMkADk+/=", ShowAs::kBusy, minutes{600}));
  EXPECT_TRUE(IsValidSegment(before->id));
  EXPECT_EQ(before->id, after->id);
  EXPECT_NE(before->id, ClaimFor(Link("AAMkADk+/-"))->id);
}

TEST(PlanClaims, LeavesOutWhatHasEnded) {
  EXPECT_THAT(PlanClaims(Table({Link("a", ShowAs::kBusy, minutes{-60}, minutes{60})}), kNow), IsEmpty());
  EXPECT_EQ(PlanClaims(Table({Link("a", ShowAs::kBusy, minutes{-60}, minutes{61})}), kNow).size(), 1u);
}

TEST(PlanClaims, KeepsTheEarliestWhenThereAreTooMany) {
  std::vector<ItemLink> links;
  for (int i = 0; i < 450; ++i) links.push_back(Link("item" + std::to_string(i), ShowAs::kBusy, minutes{1000 - i}));
  const auto plan = PlanClaims(Table(links), kNow);
  EXPECT_EQ(plan.size(), kMaxClaims);
  EXPECT_TRUE(plan.contains("m" + KeyOf("item449").value));
  EXPECT_FALSE(plan.contains("m" + KeyOf("item0").value));
}

TEST(DiffClaims, SaysOnlyWhatChanged) {
  const auto before = PlanClaims(Table({Link("same"), Link("moved"), Link("gone")}), kNow);
  const auto after = PlanClaims(Table({Link("same"), Link("moved", ShowAs::kBusy, minutes{90}), Link("new")}), kNow);
  const auto diff = DiffClaims(before, after, kNow);
  std::vector<std::string> put;
  for (const auto& claim : diff.put) put.push_back(claim.id);
  EXPECT_THAT(put, ::testing::UnorderedElementsAre("m" + KeyOf("moved").value, "m" + KeyOf("new").value));
  EXPECT_THAT(diff.deleted, ElementsAre("m" + KeyOf("gone").value));
  EXPECT_THAT(diff.ended, IsEmpty());
}

TEST(DiffClaims, WhatEndedByItselfIsNotDeleted) {
  const auto before = PlanClaims(Table({Link("a")}), kNow);
  const auto diff = DiffClaims(before, {}, kNow + hours{5});
  EXPECT_THAT(diff.deleted, IsEmpty());
  EXPECT_THAT(diff.ended, ElementsAre("m" + KeyOf("a").value));
}

}  // namespace
}  // namespace crosspoint::meeting_sync
