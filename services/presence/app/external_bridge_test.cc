#include "presence/app/external_bridge.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "common/tasks/manual_tasks.h"
#include "presence/app/fake_external_presence.h"
#include "presence/app/fake_presence_store.h"
#include "presence/app/presence_feed.h"

namespace crosspoint::presence {
namespace {

using namespace std::chrono_literals;

class NobodyArms final : public RecordObserver {
 public:
  void OnRecord(const UserKey&, TimePoint) override {}
};

class NobodyHears final : public ChangePublisher {
 public:
  void Publish(const UserKey&, const ChangeResult&) override {}
};

// The service and a system outside, with a clock both share. Feeds are handed on as the real ones would be: what
// changes here is told to the bridge, and what is shown outside is read again and again.
class ExternalBridgeTest : public testing::Test {
 protected:
  ExternalBridgeTest() {
    for (size_t shard = 0; shard < kShards; ++shard) {
      table_.Replace(static_cast<uint8_t>(shard), ShardContents{"fake", 0, 0, {}});
    }
  }
  void Say(const std::string& state) {
    ASSERT_TRUE(keeper_.Say(user_, OwnWord{{state}, "", OwnWord::Until::kOpen, {}}, "", Deadline::max()).ok());
    Told();
  }
  // Some work of the service has changed what is shown.
  void Told() {
    bridge().OnPresence(user_);
    tasks_.Run();
  }
  void Read() {
    bridge().OnReading(user_, outside_.Read(user_));
    tasks_.Run();
  }
  void Pass(std::chrono::minutes time) {
    for (; time > 0min; time -= 1min) {
      clock_.Advance(1min);
      tasks_.Advance(1min);
      // Edges of claims fire.
      store_.FireEdge(KeyOf(user_), [this](absl::StatusOr<ChangeResult> result) {
        if (result.ok()) feed_.OnOwnChange(KeyOf(user_), *result);
      });
    }
  }
  std::string Shown() const { return table_.Get(KeyOf(user_)).availability.state.value; }
  std::string Outside() {
    const auto session = outside_.Session(user_);
    return session ? session->state.value : "nothing";
  }
  ExternalBridge& bridge() {
    if (!bridge_)
      bridge_ = std::make_unique<ExternalBridge>(outside_, memories_, keeper_, table_, clock_, tasks_, log_);
    return *bridge_;
  }

  const UserId user_{{"acme"}, "u1"};
  FakeClock clock_;
  ManualTasks tasks_;
  log::Logger log_{"test", log::Level::kError};
  FakePresenceStore store_{clock_};
  NobodyArms nobody_arms_;
  NobodyHears nobody_hears_;
  PresenceTable table_{[](std::string_view) { return uint8_t{0}; }, nobody_arms_};
  WatchHub hub_{table_};
  PresenceFeed feed_{table_, hub_};
  ClaimKeeper keeper_{store_, nobody_hears_, feed_};
  FakeExternalPresence outside_{clock_};
  FakeExternalMemories memories_;
  std::unique_ptr<ExternalBridge> bridge_;
};

TEST_F(ExternalBridgeTest, WhatTheOutsideShowsIsOneMoreClaimOfItsClass) {
  outside_.Do(user_, StateId{"do-not-disturb"});
  Read();
  const auto record = table_.Get(KeyOf(user_));
  EXPECT_EQ(record.availability.state.value, "do-not-disturb");
  EXPECT_EQ(record.availability.note, "in Teams");
  EXPECT_EQ(record.availability.claim_class, ClaimClass::kExternal);
  Say("custom");
  EXPECT_EQ(Shown(), "custom") << "the user's own word is stronger";
  ASSERT_TRUE(keeper_.Clear(user_, Deadline::max()).ok());
  EXPECT_EQ(Shown(), "do-not-disturb");
  outside_.Do(user_, std::nullopt);
  Told();
  Read();
  EXPECT_EQ(Shown(), "available");
}

TEST_F(ExternalBridgeTest, WhatIsShownHereIsASessionThatIsRenewedAndCleared) {
  Say("custom");
  EXPECT_EQ(Outside(), "custom");
  Pass(180min);
  EXPECT_EQ(Outside(), "custom") << "renewed before its end";
  EXPECT_LE(outside_.puts(), 19) << "once in ten minutes, and no more";
  Say("available");
  EXPECT_EQ(Outside(), "nothing");
  Pass(60min);
  EXPECT_LE(outside_.puts(), 19);
}

TEST_F(ExternalBridgeTest, OurOwnWordThatComesBackIsNoClaimEvenUnderAnotherName) {
  for (const char* state : {"custom", "vacation"}) {
    Say(state);
    for (int i = 0; i < 30; ++i) {
      Read();
      Pass(1min);
    }
    Say("available");
    EXPECT_EQ(Shown(), "available") << state;
    EXPECT_EQ(Outside(), "nothing");
  }
}

TEST_F(ExternalBridgeTest, ALateEchoOfWhatWasTakenBackIsNoClaimEither) {
  Say("custom");
  const auto late = outside_.Read(user_);
  Say("do-not-disturb");
  bridge().OnReading(user_, late);
  tasks_.Run();
  Say("available");
  bridge().OnReading(user_, late);
  tasks_.Run();
  EXPECT_EQ(Shown(), "available");
}

TEST_F(ExternalBridgeTest, WhatTheOutsideSaysForItselfIsHeardOnceTheEchoHasDied) {
  Say("custom");
  Say("available");
  outside_.Do(user_, StateId{"custom"});
  Read();
  EXPECT_EQ(Shown(), "available") << "may be our own word";
  Pass(3min);
  Read();
  EXPECT_EQ(Shown(), "custom");
}

TEST_F(ExternalBridgeTest, WhatTheOutsideSaidIsNotSaidBackToIt) {
  outside_.Do(user_, StateId{"do-not-disturb"});
  for (int i = 0; i < 60; ++i) {
    Read();
    Told();
    Pass(1min);
  }
  EXPECT_EQ(Shown(), "do-not-disturb");
  EXPECT_EQ(outside_.puts(), 0);
}

TEST_F(ExternalBridgeTest, AFeedThatFallsSilentLeavesNobodyBusyForEver) {
  outside_.Do(user_, StateId{"do-not-disturb"});
  Read();
  Pass(14min);
  EXPECT_EQ(Shown(), "do-not-disturb");
  Pass(2min);
  EXPECT_EQ(Shown(), "available");
}

TEST_F(ExternalBridgeTest, OnThePhoneIsSaidWithoutTouchingAvailability) {
  SignalReport report;
  report.lines = {{DeviceId{"desk"}, LineState::kOnThePhone}};
  store_.Report(KeyOf(user_), report, Deadline::max(),
                [this](absl::StatusOr<ChangeResult> result) { feed_.OnOwnChange(KeyOf(user_), *result); });
  Told();
  ASSERT_TRUE(outside_.Session(user_));
  EXPECT_TRUE(outside_.Session(user_)->on_the_phone);
  Read();
  EXPECT_EQ(Shown(), "available") << "the fake shows it as a meeting, which is our own echo";
}

TEST_F(ExternalBridgeTest, TheOutsideAwayIsTriedAgainUntilItIsBack) {
  Say("custom");
  outside_.SetAway(true);
  Say("vacation");
  Pass(30min);
  outside_.SetAway(false);
  Pass(1min);
  EXPECT_EQ(Outside(), "vacation");
  outside_.SetAway(true);
  Say("available");
  outside_.SetAway(false);
  Pass(1min);
  EXPECT_EQ(Outside(), "nothing");
}

TEST_F(ExternalBridgeTest, StoreAwayIsTriedAgainUntilItIsBack) {
  outside_.Do(user_, StateId{"do-not-disturb"});
  store_.SetAway(true);
  Read();
  store_.SetAway(false);
  Read();
  EXPECT_EQ(Shown(), "do-not-disturb");
}

TEST_F(ExternalBridgeTest, AnotherReplicaGoesOnWhereOneDied) {
  Say("custom");
  bridge_ = nullptr;
  ManualTasks of_the_dead;
  std::swap(tasks_, of_the_dead);
  ASSERT_TRUE(keeper_.Clear(user_, Deadline::max()).ok());  // while nobody holds the turn
  bridge().Start();
  Read();
  EXPECT_EQ(Shown(), "available") << "it knows the echo of what the other said";
  EXPECT_EQ(Outside(), "nothing") << "and takes it back";
}

TEST_F(ExternalBridgeTest, WhoIsNobodyOutsideIsLeftInPeace) {
  const UserId nobody{{"acme"}, "nobody"};
  ASSERT_TRUE(keeper_.Say(nobody, OwnWord{{"custom"}, "", OwnWord::Until::kOpen, {}}, "", Deadline::max()).ok());
  bridge().OnPresence(nobody);
  tasks_.Run();
  Pass(60min);
  EXPECT_EQ(tasks_.size(), 0u);
}

}  // namespace
}  // namespace crosspoint::presence
