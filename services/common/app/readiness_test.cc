#include "common/app/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace crosspoint {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;

class ReadinessTest : public ::testing::Test {
 protected:
  ReadinessTest() {
    readiness_.Add("redis", [this] { return redis_; });
    readiness_.Add("exchange", [this] { return exchange_; });
  }

  nlohmann::json Line(size_t index) { return nlohmann::json::parse(lines_.at(index)); }

  std::vector<std::string> lines_;
  FakeClock clock_;
  log::Logger log_{"sample", log::Level::kInfo, [this](std::string_view line) { lines_.emplace_back(line); }};
  absl::Status redis_;
  absl::Status exchange_;
  Readiness readiness_{clock_, log_, clock_.Now()};
};

TEST_F(ReadinessTest, NotReadyBeforeTheFirstPoll) {
  EXPECT_FALSE(readiness_.report().ready);
  EXPECT_TRUE(readiness_.Poll());
  EXPECT_TRUE(readiness_.report().ready);
}

TEST_F(ReadinessTest, OneBadCheckIsEnough) {
  exchange_ = absl::UnavailableError("connection refused");
  EXPECT_FALSE(readiness_.Poll());
  EXPECT_FALSE(readiness_.report().ready);
}

TEST_F(ReadinessTest, ReasonIsLoggedOncePerChange) {
  redis_ = absl::UnavailableError("connection refused");
  for (int i = 0; i < 5; ++i) readiness_.Poll();
  redis_ = absl::DeadlineExceededError("other words");
  readiness_.Poll();
  ASSERT_THAT(lines_, SizeIs(1));
  EXPECT_EQ(Line(0)["event"], "readiness_check_fails");
  EXPECT_EQ(Line(0)["level"], "warn");
  EXPECT_EQ(Line(0)["check"], "redis");
  EXPECT_EQ(Line(0)["reason"], "UNAVAILABLE: connection refused");
  redis_ = absl::OkStatus();
  for (int i = 0; i < 5; ++i) readiness_.Poll();
  ASSERT_THAT(lines_, SizeIs(2));
  EXPECT_EQ(Line(1)["event"], "readiness_check_passes");
}

TEST_F(ReadinessTest, ConnectionsBeingMadeAtStartAreNoNews) {
  Readiness starting(clock_, log_, clock_.Now() + 1s);
  starting.Add("redis", [this] { return redis_; });
  redis_ = absl::UnavailableError("connecting");
  EXPECT_FALSE(starting.Poll());
  redis_ = absl::OkStatus();
  EXPECT_TRUE(starting.Poll());
  EXPECT_THAT(lines_, SizeIs(0));
}

TEST_F(ReadinessTest, StillAwayAfterTheStartIsSaid) {
  Readiness starting(clock_, log_, clock_.Now() + 1s);
  starting.Add("redis", [this] { return redis_; });
  redis_ = absl::UnavailableError("connecting");
  starting.Poll();
  clock_.Advance(1s);
  starting.Poll();
  starting.Poll();
  EXPECT_THAT(lines_, SizeIs(1));
}

TEST_F(ReadinessTest, DrainingIsNeverReadyAgain) {
  EXPECT_TRUE(readiness_.Poll());
  readiness_.Drain();
  EXPECT_FALSE(readiness_.report().ready);
  EXPECT_FALSE(readiness_.Poll());
  EXPECT_TRUE(readiness_.report().draining);
}

TEST_F(ReadinessTest, JsonGivesReasonsAndSinceWhen) {
  clock_.Set(TimePoint{1'800'000'000s});
  redis_ = absl::UnavailableError("connection \"refused\"");
  readiness_.Poll();
  clock_.Advance(5s);
  readiness_.Poll();
  const auto json = nlohmann::json::parse(ToJson(readiness_.report()));
  EXPECT_EQ(json["ready"], false);
  EXPECT_EQ(json["checks"]["redis"]["ok"], false);
  EXPECT_EQ(json["checks"]["redis"]["reason"], "UNAVAILABLE: connection \"refused\"");
  EXPECT_EQ(json["checks"]["redis"]["since"], "2027-01-15T08:00:00Z");
  EXPECT_EQ(json["checks"]["exchange"]["ok"], true);
}

}  // namespace
}  // namespace crosspoint
