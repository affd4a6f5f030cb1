#include "presence/app/line_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/status/status.h"
#include "presence/app/edge_timers.h"
#include "presence/app/fake_presence_store.h"
#include "presence/app/presence_feed.h"

namespace crosspoint::presence {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Unheard final : public RecordObserver {
 public:
  void OnRecord(const UserKey&, TimePoint) override {}
};

class CountingPublisher final : public ChangePublisher {
 public:
  void Publish(const UserKey& user, const ChangeResult&) override { users.push_back(user); }
  std::vector<std::string> users;
};

// Answers when told to, so that reports can pile up meanwhile.
class SlowStore final : public SignalStore {
 public:
  explicit SlowStore(SignalStore& store) : store_(store) {}
  void Report(const UserKey& user, const SignalReport& report, Deadline deadline, Done done) override {
    calls.push_back(report);
    waiting_.push_back(
        [this, user, report, deadline, done = std::move(done)] { store_.Report(user, report, deadline, done); });
  }
  void AnswerAll() {
    while (!waiting_.empty()) {
      auto now = std::exchange(waiting_, {});
      for (const auto& answer : now) answer();
    }
  }
  std::vector<SignalReport> calls;

 private:
  SignalStore& store_;
  std::vector<std::function<void()>> waiting_;
};

class LineReportsTest : public ::testing::Test {
 protected:
  LineReportsTest() {
    for (size_t shard = 0; shard < kShards; ++shard) {
      table_.Replace(static_cast<uint8_t>(shard), ShardContents{"fake", 0, 0, {}});
    }
  }
  void Add(const std::string& user, const std::string& device, LineState state, uint64_t number) {
    reports_->Add(UserId{{"acme"}, user}, DeviceId{device}, state, number);
  }
  LineState Line(const std::string& user) { return table_.Get("acme/" + user).signals.line; }

  FakeClock clock_;
  FakePresenceStore store_{clock_};
  SlowStore slow_{store_};
  Unheard unheard_;
  PresenceTable table_{[](std::string_view) { return uint8_t{0}; }, unheard_};
  WatchHub hub_{table_};
  PresenceFeed feed_{table_, hub_};
  CountingPublisher publisher_;
  SignalKeeper keeper_{slow_, publisher_, feed_};
  std::vector<std::pair<uint64_t, absl::StatusCode>> answers_;
  std::shared_ptr<LineReports> reports_ = std::make_shared<LineReports>(
      keeper_, 5s,
      [this](uint64_t number, const absl::Status& status) { answers_.emplace_back(number, status.code()); });
};

TEST_F(LineReportsTest, ReportsAboutDifferentUsersAreUnderWayAtOnce) {
  Add("u1", "desk", LineState::kOnThePhone, 1);
  Add("u2", "desk", LineState::kRinging, 2);
  EXPECT_THAT(slow_.calls, SizeIs(2));
  slow_.AnswerAll();
  EXPECT_EQ(Line("u1"), LineState::kOnThePhone);
  EXPECT_EQ(Line("u2"), LineState::kRinging);
  EXPECT_THAT(publisher_.users, ElementsAre("acme/u1", "acme/u2"));
}

TEST_F(LineReportsTest, ReportsAboutOneUserKeepTheirOrderAndWaitTogether) {
  Add("u1", "desk", LineState::kRinging, 1);
  Add("u1", "desk", LineState::kOnThePhone, 2);
  Add("u1", "mobile", LineState::kRinging, 3);
  Add("u1", "desk", LineState::kIdle, 4);
  EXPECT_THAT(slow_.calls, SizeIs(1));
  slow_.AnswerAll();
  ASSERT_THAT(slow_.calls, SizeIs(2));
  EXPECT_THAT(slow_.calls[1].lines, ElementsAre(std::pair(DeviceId{"desk"}, LineState::kIdle),
                                                std::pair(DeviceId{"mobile"}, LineState::kRinging)));
  EXPECT_EQ(Line("u1"), LineState::kRinging);
  EXPECT_THAT(answers_, SizeIs(4));
}

TEST_F(LineReportsTest, EveryReportIsAnsweredAlsoWhenTheStoreIsAway) {
  store_.SetAway(true);
  Add("u1", "desk", LineState::kRinging, 1);
  Add("u1", "desk", LineState::kIdle, 2);
  slow_.AnswerAll();
  EXPECT_THAT(answers_,
              ElementsAre(std::pair(1, absl::StatusCode::kUnavailable), std::pair(2, absl::StatusCode::kUnavailable)));
  store_.SetAway(false);
  Add("u1", "desk", LineState::kOnThePhone, 3);
  slow_.AnswerAll();
  EXPECT_EQ(answers_.back(), std::pair(uint64_t{3}, absl::StatusCode::kOk));
  EXPECT_EQ(Line("u1"), LineState::kOnThePhone);
}

TEST_F(LineReportsTest, WhatOthersSeeAlreadyIsNotPublishedAgain) {
  Add("u1", "desk", LineState::kOnThePhone, 1);
  slow_.AnswerAll();
  clock_.Advance(30s);
  Add("u1", "desk", LineState::kOnThePhone, 2);
  Add("u2", "desk", LineState::kIdle, 3);
  slow_.AnswerAll();
  EXPECT_THAT(publisher_.users, SizeIs(1));
}

}  // namespace
}  // namespace crosspoint::presence
