#include "presence/app/call_router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "presence/app/fake_presence_store.h"
#include "presence/app/fake_routing_store.h"

namespace crosspoint::presence {
namespace {

using namespace std::chrono_literals;

const UserId kMe{{"acme"}, "u1"};
const RoutingPlan kQuiet{ToVoicemail{}};
const RoutingPlan kBusy{ForwardTo{"4712"}};

Deadline Soon() { return std::chrono::steady_clock::now() + 5s; }

class CallRouterTest : public ::testing::Test {
 protected:
  CallRouterTest() {
    EXPECT_TRUE(routing_
                    .WriteProfile(kMe,
                                  {{{{"in-a-meeting"}, kQuiet, {}}, {{"available"}, {Ring{}, ToVoicemail{}}, kBusy}}},
                                  "", Soon())
                    .ok());
  }
  void Meeting(std::chrono::seconds from, std::chrono::seconds to) {
    ClaimChange change;
    change.put = ClaimWish{{"m1"}, {"meeting-sync"},    ClaimClass::kCalendar, {"in-a-meeting"},
                           "",     clock_.Now() + from, clock_.Now() + to};
    ASSERT_TRUE(presence_.Change(kMe, change, Soon()).ok());
  }
  absl::StatusOr<CallAnswer> Route(std::optional<std::chrono::seconds> in = std::nullopt) {
    CallQuestion question;
    question.user = kMe;
    if (in) question.time = clock_.Now() + *in;
    return router_.Route(question, Soon());
  }

  FakeClock clock_;
  FakePresenceStore presence_{clock_};
  FakeRoutingStore routing_;
  CallRouter router_{presence_, routing_};
};

TEST_F(CallRouterTest, TheMeetingsStateRoutesFromItsStartToItsEndAndADryRunKnowsItBefore) {
  Meeting(100s, 200s);
  EXPECT_EQ(Route()->state.value, "available");
  EXPECT_EQ(Route(99s)->state.value, "available");
  EXPECT_EQ(Route(100s)->decision.steps, kQuiet);
  EXPECT_EQ(Route(200s)->state.value, "available");
  clock_.Advance(100s);
  EXPECT_EQ(Route()->decision.steps, kQuiet);
  clock_.Advance(100s);
  EXPECT_EQ(Route()->state.value, "available");
}

TEST_F(CallRouterTest, OnThePhoneCountsNowAndNotInADryRun) {
  presence_.Report(KeyOf(kMe), SignalReport{{{DeviceId{"desk"}, LineState::kOnThePhone}}, std::nullopt}, Soon(),
                   [](const auto& result) { EXPECT_TRUE(result.ok()); });
  EXPECT_EQ(Route()->decision.steps, kBusy);
  EXPECT_EQ(Route(0s)->decision.steps, kBusy);
  EXPECT_NE(Route(3600s)->decision.steps, kBusy);
}

TEST_F(CallRouterTest, WhatIsOverIsNotKeptAndRefused) {
  const auto over = Route(-120s);
  EXPECT_TRUE(absl::IsInvalidArgument(over.status())) << over.status();
  EXPECT_TRUE(Route(-30s).ok()) << "clocks may differ a little";
}

TEST_F(CallRouterTest, AStoreThatIsAwayIsTold) {
  presence_.SetAway(true);
  EXPECT_TRUE(absl::IsUnavailable(Route().status()));
  presence_.SetAway(false);
  EXPECT_TRUE(Route().ok());
}

}  // namespace
}  // namespace crosspoint::presence
