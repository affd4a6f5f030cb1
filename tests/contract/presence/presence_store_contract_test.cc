#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "common/redis/client.h"
#include "common/status/status.h"
#include "presence/adapters/redis_presence_store.h"
#include "presence/app/fake_presence_store.h"
#include "tests/support/redis_server.h"

namespace crosspoint::presence {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

Deadline Soon() { return std::chrono::steady_clock::now() + 10s; }

enum class Kind { kModel, kRedis, kValkey };

std::string NameOf(const ::testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::kModel ? "Model" : info.param == Kind::kRedis ? "Redis" : "Valkey";
}

// One server of a kind is shared by all tests of the file; each takes users of its own.
RedisClient& Client(Kind kind) {
  const auto start = [](testing::RedisServerOptions::Kind server_kind) {
    static std::vector<std::unique_ptr<testing::RedisServer>> servers;
    servers.push_back(std::make_unique<testing::RedisServer>(testing::RedisServerOptions{.kind = server_kind}));
    return std::make_unique<RedisClient>(servers.back()->config());
  };
  static const auto redis = start(testing::RedisServerOptions::Kind::kRedis);
  static const auto valkey = start(testing::RedisServerOptions::Kind::kValkey);
  return kind == Kind::kValkey ? *valkey : *redis;
}

UserId NextUser() {
  static int next = 0;
  return UserId{{"acme"}, "u" + std::to_string(next++)};
}

// All stores run on the same fake clock.
class PresenceStoreContract : public ::testing::TestWithParam<Kind> {
 protected:
  PresenceStoreContract() { epoch_.Set("e1"); }

  absl::StatusOr<ChangeResult> Put(const std::string& id, microseconds from, microseconds to,
                                   const std::string& state = "in-a-meeting") {
    ClaimChange change;
    change.put = Wish(id, clock_.Now() + from, to == 0s ? kOpenEnd : clock_.Now() + to, state);
    return store().Change(user_, change, Soon());
  }
  absl::StatusOr<ChangeResult> Remove(const std::string& id) {
    ClaimChange change;
    change.remove.push_back(ClaimId{id});
    return store().Change(user_, change, Soon());
  }
  static ClaimWish Wish(const std::string& id, std::optional<TimePoint> start, TimePoint end,
                        const std::string& state) {
    return ClaimWish{{id}, {"meeting-sync"}, ClaimClass::kCalendar, {state}, "note", start, end};
  }
  ChangeResult Fire() {
    std::promise<absl::StatusOr<ChangeResult>> fired;
    edges().FireEdge(KeyOf(user_), [&](absl::StatusOr<ChangeResult> result) { fired.set_value(std::move(result)); });
    return fired.get_future().get().value();
  }
  absl::StatusOr<ChangeResult> Report(const SignalReport& report) {
    std::promise<absl::StatusOr<ChangeResult>> reported;
    signals().Report(KeyOf(user_), report, Soon(),
                     [&](absl::StatusOr<ChangeResult> result) { reported.set_value(std::move(result)); });
    return reported.get_future().get();
  }
  absl::StatusOr<ChangeResult> ReportLine(const std::string& device, LineState state) {
    return Report(SignalReport{{{DeviceId{device}, state}}, std::nullopt});
  }
  UserClaims Read(const std::string& request = "") { return store().Read(user_, request, Soon()).value(); }

  bool model() const { return GetParam() == Kind::kModel; }
  PresenceStore& store() { return model() ? static_cast<PresenceStore&>(model_) : redis_store_; }
  EdgeStore& edges() { return model() ? static_cast<EdgeStore&>(model_) : redis_store_; }

  SignalStore& signals() { return model() ? static_cast<SignalStore&>(model_) : redis_store_; }

  FakeClock clock_;
  KnownEpoch epoch_;
  FakePresenceStore model_{clock_};
  RedisPresenceStore redis_store_{Client(GetParam()), epoch_, {}, &clock_};
  const UserId user_ = NextUser();
};

TEST_P(PresenceStoreContract, UnknownUserIsAvailableAtRevisionZero) {
  const auto known = Read();
  EXPECT_EQ(known.record, PresenceRecord{});
  EXPECT_TRUE(known.claims.empty());
  EXPECT_EQ(known.now, clock_.Now());
}

TEST_P(PresenceStoreContract, ClaimIsReadBackAsItWasPut) {
  const auto put = Put("m1", 5s, 60s);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_TRUE(put->changed);
  const auto known = Read();
  ASSERT_EQ(known.claims.size(), 1u);
  EXPECT_EQ(known.claims[0], *put->claim);
  EXPECT_EQ(known.claims[0].note, "note");
  EXPECT_EQ(known.record, put->record);
  EXPECT_EQ(known.record.next_edge, clock_.Now() + 5s);
}

TEST_P(PresenceStoreContract, EveryChangeTakesTheShardsNextRevisionAndNothingElseDoes) {
  const auto first = Put("m1", 0s, 60s);
  ASSERT_TRUE(first.ok());
  const auto same = Put("m1", 0s, 60s);
  ASSERT_TRUE(same.ok());
  EXPECT_FALSE(same->changed);
  EXPECT_EQ(same->record, first->record);
  EXPECT_FALSE(Remove("absent")->changed);
  const auto second = Remove("m1");
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->record.revision, first->record.revision + 1);
  EXPECT_EQ(second->record.availability, Availability{});
}

TEST_P(PresenceStoreContract, ClaimPutWithoutAStartKeepsItsStartWhenTheRestIsTheSame) {
  ClaimChange change;
  change.put = Wish("m1", std::nullopt, kOpenEnd, "custom");
  const auto first = store().Change(user_, change, Soon());
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->claim->start, clock_.Now());
  clock_.Advance(10s);
  EXPECT_FALSE(store().Change(user_, change, Soon())->changed);
  change.put->state.value = "vacation";
  const auto other = store().Change(user_, change, Soon());
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->claim->start, clock_.Now());
}

TEST_P(PresenceStoreContract, ClaimThatHasEndedIsNotKeptAndRemovesItsPredecessor) {
  ASSERT_TRUE(Put("m1", 0s, 60s).ok());
  const auto ended = Put("m1", -20s, -10s);
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(ended->claim->revision, 0u);
  EXPECT_EQ(ended->record.availability, Availability{});
  EXPECT_TRUE(Read().claims.empty());
}

TEST_P(PresenceStoreContract, EdgeFiresOnceHoweverOftenItIsAsked) {
  ASSERT_TRUE(Put("m1", 10s, 20s).ok());
  EXPECT_FALSE(Fire().changed);
  clock_.Advance(10s);
  const auto fired = Fire();
  EXPECT_TRUE(fired.changed);
  EXPECT_EQ(fired.record.availability.state.value, "in-a-meeting");
  EXPECT_EQ(fired.record.next_edge, clock_.Now() + 10s);
  EXPECT_FALSE(Fire().changed);
  clock_.Advance(10s);
  EXPECT_TRUE(Fire().changed);
  EXPECT_FALSE(Fire().changed);
  EXPECT_EQ(Read().record.availability, Availability{});
  EXPECT_TRUE(Read().claims.empty());
}

TEST_P(PresenceStoreContract, ChangeForAnOlderRecordIsAborted) {
  const auto put = Put("m1", 0s, 60s);
  ASSERT_TRUE(put.ok());
  ClaimChange change;
  change.remove.push_back(ClaimId{"m1"});
  change.expected_revision = put->record.revision - 1;
  const auto aborted = store().Change(user_, change, Soon());
  EXPECT_EQ(GetErrorInfo(aborted.status())->reason, "CHANGED_MEANWHILE");
  EXPECT_EQ(Read().claims.size(), 1u);
  change.expected_revision = put->record.revision;
  EXPECT_TRUE(store().Change(user_, change, Soon()).ok());
}

TEST_P(PresenceStoreContract, RequestIsCarriedOutOnceAndItsAnswerIsKept) {
  ClaimChange change;
  change.put = Wish("m1", clock_.Now(), clock_.Now() + 60s, "custom");
  change.request = RequestMark{"8a3b", "finger|print\n|"};
  const auto first = store().Change(user_, change, Soon());
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(store().Change(user_, change, Soon()).status().code(), absl::StatusCode::kAborted);
  ASSERT_TRUE(Remove("m1").ok());
  const auto known = Read("8a3b");
  EXPECT_EQ(known.answered_fingerprint, "finger|print\n|");
  EXPECT_EQ(known.answered_record, first->record);
  EXPECT_EQ(Read("other").answered_fingerprint, std::nullopt);
}

TEST_P(PresenceStoreContract, OneClaimMoreThanAllowedIsRefusedButChangesAreNot) {
  ClaimChange change;
  change.max_claims = 3;
  for (const char* id : {"a", "b", "c"}) {
    change.put = Wish(id, clock_.Now(), clock_.Now() + 60s, "custom");
    ASSERT_TRUE(store().Change(user_, change, Soon()).ok());
  }
  change.put = Wish("d", clock_.Now(), clock_.Now() + 60s, "custom");
  EXPECT_EQ(GetErrorInfo(store().Change(user_, change, Soon()).status())->reason, "TOO_MANY_CLAIMS");
  change.put = Wish("c", clock_.Now(), clock_.Now() + 90s, "custom");
  EXPECT_TRUE(store().Change(user_, change, Soon()).ok());
  clock_.Advance(70s);  // a and b end and make room
  change.put = Wish("d", clock_.Now(), clock_.Now() + 60s, "custom");
  EXPECT_TRUE(store().Change(user_, change, Soon()).ok());
}

TEST_P(PresenceStoreContract, NotesMayHoldAnything) {
  ClaimChange change;
  change.put = Wish("m1", clock_.Now(), kOpenEnd, "custom");
  change.put->note = std::string("a|b\0\n\r \xc3\xa9|", 11);
  ASSERT_TRUE(store().Change(user_, change, Soon()).ok());
  const auto known = Read();
  EXPECT_EQ(known.claims.at(0).note, change.put->note);
  EXPECT_EQ(known.record.availability.note, change.put->note);
}

TEST_P(PresenceStoreContract, AReportIsShownApartFromAvailabilityAndEndsWithItsLease) {
  const auto phone = ReportLine("desk", LineState::kOnThePhone);
  ASSERT_TRUE(phone.ok()) << phone.status();
  EXPECT_TRUE(phone->changed);
  EXPECT_EQ(phone->record.signals, (Signals{LineState::kOnThePhone, ImState::kOffline}));
  EXPECT_EQ(phone->record.availability, Availability{});
  EXPECT_EQ(phone->record.visible_revision, phone->record.revision);
  EXPECT_EQ(phone->record.next_edge, clock_.Now() + 90s);
  clock_.Advance(90s);
  const auto silent = Fire();
  EXPECT_TRUE(silent.changed);
  EXPECT_EQ(silent.record.signals, Signals{});
  EXPECT_EQ(silent.record.next_edge, kOpenEnd);
}

TEST_P(PresenceStoreContract, ARenewalTakesNoRevisionAndTheOldEdgeFindsNothingToTell) {
  const auto first = ReportLine("desk", LineState::kOnThePhone);
  ASSERT_TRUE(first.ok());
  clock_.Advance(60s);
  const auto renewed = ReportLine("desk", LineState::kOnThePhone);
  ASSERT_TRUE(renewed.ok());
  EXPECT_FALSE(renewed->changed);
  EXPECT_EQ(renewed->record, first->record);
  clock_.Advance(30s);
  const auto moved = Fire();
  EXPECT_EQ(moved.record.signals.line, LineState::kOnThePhone);
  EXPECT_EQ(moved.record.visible_revision, first->record.visible_revision);
  EXPECT_EQ(moved.record.next_edge, clock_.Now() + 60s);
  clock_.Advance(60s);
  EXPECT_EQ(Fire().record.signals, Signals{});
}

TEST_P(PresenceStoreContract, TheStrongestOfSeveralDevicesIsShownUntilItIsIdle) {
  ASSERT_TRUE(ReportLine("mobile", LineState::kRinging).ok());
  ASSERT_TRUE(ReportLine("desk", LineState::kOnThePhone).ok());
  EXPECT_EQ(ReportLine("soft", LineState::kHeld)->record.signals.line, LineState::kOnThePhone);
  EXPECT_EQ(ReportLine("desk", LineState::kIdle)->record.signals.line, LineState::kHeld);
  EXPECT_EQ(ReportLine("soft", LineState::kIdle)->record.signals.line, LineState::kRinging);
  const auto last = ReportLine("mobile", LineState::kIdle);
  EXPECT_EQ(last->record.signals, Signals{});
  EXPECT_EQ(last->record.next_edge, kOpenEnd);
}

TEST_P(PresenceStoreContract, IdleAndOfflineOfAUserNobodySpokeOfLeavesNothing) {
  EXPECT_FALSE(ReportLine("desk", LineState::kIdle)->changed);
  EXPECT_FALSE(Report(SignalReport{{}, ImState::kOffline})->changed);
  EXPECT_EQ(Read().record, PresenceRecord{});
}

TEST_P(PresenceStoreContract, ReportsLeaveClaimsAndClaimsLeaveReports) {
  ASSERT_TRUE(Put("m1", 0s, 600s).ok());
  const auto online = Report(SignalReport{{}, ImState::kOnline});
  ASSERT_TRUE(online.ok());
  EXPECT_EQ(online->record.availability.state.value, "in-a-meeting");
  EXPECT_EQ(online->record.signals.im, ImState::kOnline);
  EXPECT_EQ(online->record.next_edge, clock_.Now() + 300s);
  const auto removed = Remove("m1");
  EXPECT_EQ(removed->record.availability, Availability{});
  EXPECT_EQ(removed->record.signals.im, ImState::kOnline);
  EXPECT_EQ(Report(SignalReport{{}, ImState::kOffline})->record.signals, Signals{});
}

TEST_P(PresenceStoreContract, OneDeviceMoreThanAllowedIsRefusedUntilOneIsIdle) {
  SignalReport all;
  for (size_t i = 0; i < kMaxDevices; ++i) {
    all.lines.emplace_back(DeviceId{"d" + std::to_string(i)}, LineState::kRinging);
  }
  ASSERT_TRUE(Report(all).ok());
  EXPECT_EQ(GetErrorInfo(ReportLine("one-more", LineState::kHeld).status())->reason, "TOO_MANY_DEVICES");
  EXPECT_TRUE(ReportLine("d0", LineState::kOnThePhone).ok());
  ASSERT_TRUE(ReportLine("d0", LineState::kIdle).ok());
  EXPECT_EQ(ReportLine("one-more", LineState::kHeld)->record.signals.line, LineState::kHeld);
}

INSTANTIATE_TEST_SUITE_P(Stores, PresenceStoreContract, ::testing::Values(Kind::kModel, Kind::kRedis, Kind::kValkey),
                         NameOf);

class PresenceScripts : public ::testing::TestWithParam<Kind> {};

INSTANTIATE_TEST_SUITE_P(Servers, PresenceScripts, ::testing::Values(Kind::kRedis, Kind::kValkey), NameOf);

// Random histories: the scripts and the model, which uses the rules of the domain, must agree after every step.
TEST_P(PresenceScripts, AgreeWithTheModelUnderRandomHistories) {
  FakeClock clock;
  KnownEpoch epoch;
  RedisPresenceStore redis(Client(GetParam()), epoch, {9s, 14s}, &clock);
  std::mt19937 random(11);
  const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  const char* states[] = {"available", "in-a-meeting", "custom"};
  for (int history = 0; history < 60; ++history) {
    FakePresenceStore model(clock, {9s, 14s});
    const auto user = NextUser();
    uint64_t redis_base = 0;  // other users of the shard have taken revisions
    for (int step = 0; step < 40; ++step) {
      clock.Advance(std::chrono::seconds(below(6)));
      const auto context = ::testing::Message() << "history " << history << " step " << step;
      absl::StatusOr<ChangeResult> expected;
      absl::StatusOr<ChangeResult> got;
      if (below(4) == 0) {
        std::promise<void> done;
        model.FireEdge(KeyOf(user), [&](auto result) { expected = std::move(result); });
        redis.FireEdge(KeyOf(user), [&](auto result) {
          got = std::move(result);
          done.set_value();
        });
        done.get_future().wait();
      } else if (below(3) == 0) {
        SignalReport report;
        const int device = below(3);
        if (below(4) != 0) report.lines.emplace_back(DeviceId{"d" + std::to_string(device)}, LineState(below(4)));
        if (below(4) == 0) report.lines.emplace_back(DeviceId{"d" + std::to_string(device + 1)}, LineState(below(4)));
        if (report.lines.empty() || below(4) == 0) report.im = ImState(below(2));
        std::promise<void> done;
        model.Report(KeyOf(user), report, Soon(), [&](auto result) { expected = std::move(result); });
        redis.Report(KeyOf(user), report, Soon(), [&](auto result) {
          got = std::move(result);
          done.set_value();
        });
        done.get_future().wait();
      } else {
        ClaimChange change;
        for (int i = below(3); i > 1; --i) change.remove.push_back(ClaimId{"c" + std::to_string(below(6))});
        change.max_claims = 4;
        if (below(6) != 0) {
          ClaimWish wish{{"c" + std::to_string(6 + below(6))},
                         {"s"},
                         static_cast<ClaimClass>(below(7)),
                         {states[below(3)]},
                         "",
                         std::nullopt};
          if (below(4) != 0) wish.start = clock.Now() + std::chrono::seconds(below(20) - 8);
          if (below(5) != 0) wish.end = wish.start.value_or(clock.Now()) + std::chrono::seconds(1 + below(15));
          change.put = wish;
        } else {
          change.remove.push_back(ClaimId{"c" + std::to_string(6 + below(6))});
        }
        expected = model.Change(user, change, Soon());
        got = redis.Change(user, change, Soon());
      }
      ASSERT_EQ(got.status().code(), expected.status().code()) << context;
      if (!got.ok()) continue;
      ASSERT_EQ(got->changed, expected->changed) << context;
      ASSERT_EQ(got->record.availability, expected->record.availability) << context;
      ASSERT_EQ(got->record.signals, expected->record.signals) << context;
      ASSERT_EQ(got->record.next_edge, expected->record.next_edge) << context;
      ASSERT_EQ(got->claim.has_value(), expected->claim.has_value()) << context;
      if (redis_base == 0 && got->changed) redis_base = got->record.revision - expected->record.revision;
      if (got->record.revision != 0) {
        ASSERT_EQ(got->record.revision - redis_base, expected->record.revision) << context;
      }
      if (got->record.visible_revision != 0) {
        ASSERT_EQ(got->record.visible_revision - redis_base, expected->record.visible_revision) << context;
      }
    }
    const auto known = redis.Read(user, "", Soon());
    const auto model_known = model.Read(user, "", Soon());
    ASSERT_EQ(known->claims.size(), model_known->claims.size());
  }
}

}  // namespace
}  // namespace crosspoint::presence
