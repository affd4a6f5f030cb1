#include "tests/component/meeting_sync/world.h"

// A meeting in the mailbox becomes a claim at presence, over real EWS, Redis and gRPC.
namespace crosspoint::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

milliseconds Since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
}

class Claims : public MeetingSyncWorld {};

TEST_F(Claims, MeetingBecomesAClaimAtOnceAndFollowsIt) {
  const auto service = StartSettled();
  milliseconds slowest{0};
  for (int i = 0; i < 10; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    Create(Meeting("latency", In(hours{2 + i})));
    ASSERT_TRUE(presence_.AwaitClaim(kAda, In(hours{2 + i}))) << i;
    slowest = std::max(slowest, Since(begin));
  }
  RecordProperty("slowest_ms", static_cast<int>(slowest.count()));
  std::cerr << "mailbox change to claim, slowest of 10: " << slowest.count() << " ms\n";
  EXPECT_LT(slowest, seconds{1});

  const auto start = In(hours{24});
  const auto id = Create(Meeting("moves", start));
  const auto claim = presence_.AwaitClaim(kAda, start);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->state(), "in-a-meeting");
  EXPECT_EQ(claim->claim_class(), presence::v1::CLAIM_CLASS_CALENDAR);
  EXPECT_EQ(claim->source(), "meeting-sync");
  EXPECT_EQ(claim->end_time().seconds() - claim->start_time().seconds(), 1800);

  const auto moved = Update(id, {.start = start + hours{3}, .end = start + hours{4}});
  const auto after = presence_.AwaitClaim(kAda, start + hours{3});
  ASSERT_TRUE(after);
  EXPECT_EQ(after->name(), claim->name()) << "moved, not replaced";
  const auto before_delete = presence_.Claims(kAda).size();
  Delete(moved);
  EXPECT_TRUE(presence_.AwaitCount(kAda, before_delete - 1));
}

TEST_F(Claims, WhatWasThereBeforeTheStartIsPlaced) {
  const auto start = In(minutes{20});
  Create(Meeting("early", start));
  const auto service = StartSettled();
  EXPECT_TRUE(presence_.AwaitClaim(kAda, start));
}

TEST_F(Claims, ShowAsAndChosenStateDecide) {
  const auto service = StartSettled();
  auto away = Meeting("away", In(hours{1}));
  away.free_busy = ews::FreeBusy::kOutOfOffice;
  Create(away);
  auto free = Meeting("free", In(hours{2}));
  free.free_busy = ews::FreeBusy::kFree;
  Create(free);
  auto chosen = Meeting("chosen", In(hours{3}));
  chosen.free_busy = ews::FreeBusy::kFree;
  chosen.extended_properties = {{ews::CrosspointAvailabilityStatePath(), "do-not-disturb"}};
  Create(chosen);
  auto unknown = Meeting("unknown", In(hours{4}));
  unknown.extended_properties = {{ews::CrosspointAvailabilityStatePath(), "gone-fishing"}};
  Create(unknown);

  EXPECT_EQ(presence_.AwaitClaim(kAda, In(hours{1})).value().state(), "out-of-office");
  const auto word = presence_.AwaitClaim(kAda, In(hours{3})).value();
  EXPECT_EQ(word.state(), "do-not-disturb");
  EXPECT_EQ(word.claim_class(), presence::v1::CLAIM_CLASS_OWN_WORD);
  const auto fallback = presence_.AwaitClaim(kAda, In(hours{4})).value();
  EXPECT_EQ(fallback.state(), "in-a-meeting");
  EXPECT_EQ(fallback.claim_class(), presence::v1::CLAIM_CLASS_CALENDAR);
  EXPECT_EQ(presence_.Claims(kAda).size(), 3u);
  EXPECT_EQ(service->LogCount("unknown_availability_state"), 1);
}

TEST_F(Claims, SeriesIsPlacedThirtyDaysAhead) {
  const auto service = StartSettled();
  auto series = Meeting("daily", In(hours{30}));
  const auto day = std::chrono::floor<std::chrono::days>(series.start);
  const std::chrono::year_month_day date{day};
  series.recurrence =
      ews::Recurrence{.pattern = ews::Recurrence::Pattern::kDaily,
                      .start = {static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
                                static_cast<int>(static_cast<unsigned>(date.day()))},
                      .count = 60};
  series.time_zone = "UTC";
  const auto id = Create(series);
  EXPECT_TRUE(presence_.AwaitCount(kAda, 29)) << presence_.Claims(kAda).size();
  Delete(id);
  EXPECT_TRUE(presence_.AwaitCount(kAda, 0));
}

TEST_F(Claims, UsersComeChangeAndGo) {
  const auto service = StartSettled();
  Create(Meeting("of bob", In(hours{1})), kBobAddress);
  directory_.Put("bob", kBobAddress);
  EXPECT_TRUE(presence_.AwaitCount(kBob, 1));
  directory_.Put("bob", kBobAddress, directory::v1::MAILBOX_BINDING_NONE);
  EXPECT_TRUE(presence_.AwaitCount(kBob, 0));
  directory_.Put("bob", kBobAddress);
  EXPECT_TRUE(presence_.AwaitCount(kBob, 1));
  directory_.Delete("bob");
  EXPECT_TRUE(presence_.AwaitCount(kBob, 0));
}

}  // namespace
}  // namespace crosspoint::testing
