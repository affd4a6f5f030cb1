#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include "connectors/ews/errors.h"
#include "tests/component/ews/gate_fixture.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;
using SteadyClock = std::chrono::steady_clock;

constexpr char kAnna[] = "anna@example.org";
constexpr char kBo[] = "bo@example.org";

std::string Envelope(const std::string& body) {
  return "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>" + body + "</s:Body></s:Envelope>";
}
std::string FolderFound() {
  return Envelope(
      "<GetFolderResponse><ResponseMessages><GetFolderResponseMessage ResponseClass=\"Success\"><Folders><Folder>"
      "<FolderId Id=\"f\"/></Folder></Folders></GetFolderResponseMessage></ResponseMessages></GetFolderResponse>");
}
std::string Busy(const std::string& back_off_ms) {
  return Envelope(
      "<s:Fault><faultcode>a:ErrorServerBusy</faultcode><detail><MessageXml>"
      "<Value Name=\"BackOffMilliseconds\">" +
      back_off_ms + "</Value></MessageXml></detail></s:Fault>");
}
std::string BusyItem(const std::string& back_off_ms) {
  return Envelope(
      "<GetFolderResponse><ResponseMessages><GetFolderResponseMessage ResponseClass=\"Error\"><ResponseCode>"
      "ErrorServerBusy</ResponseCode><MessageXml><Value Name=\"BackOffMilliseconds\">" +
      back_off_ms + "</Value></MessageXml></GetFolderResponseMessage></ResponseMessages></GetFolderResponse>");
}

// A server that notes when each request came and how many were under way.
class BusyServer {
 public:
  using Answer = std::function<void(ScriptedReply&)>;

  std::string url() const { return server_.Url("/EWS/Exchange.asmx"); }
  // The next request is answered so; then all well again.
  void Next(Answer answer) {
    const std::lock_guard lock(mu_);
    next_ = std::move(answer);
  }
  void TakeTime(milliseconds time) { time_ = time; }
  std::vector<SteadyClock::time_point> arrivals() const {
    const std::lock_guard lock(mu_);
    return arrivals_;
  }
  SteadyClock::time_point refused_at() const {
    const std::lock_guard lock(mu_);
    return refused_at_;
  }
  int most_at_a_time() const { return most_; }

 private:
  void Serve(ScriptedReply& reply) {
    const int now = ++under_way_;
    for (int seen = most_; now > seen && !most_.compare_exchange_weak(seen, now);) {
    }
    Answer answer;
    {
      const std::lock_guard lock(mu_);
      arrivals_.push_back(SteadyClock::now());
      answer = std::exchange(next_, nullptr);
      if (answer) refused_at_ = SteadyClock::now();
    }
    std::this_thread::sleep_for(time_.load());
    --under_way_;
    if (answer) return answer(reply);
    reply.Send(200, FolderFound());
  }

  mutable std::mutex mu_;
  std::vector<SteadyClock::time_point> arrivals_;  // guarded by mu_
  Answer next_;                                    // guarded by mu_
  SteadyClock::time_point refused_at_;             // guarded by mu_
  std::atomic<milliseconds> time_{milliseconds(0)};
  std::atomic<int> under_way_{0};
  std::atomic<int> most_{0};
  ScriptedServer server_{[this](const ReceivedRequest&, ScriptedReply& reply) { Serve(reply); }};
};

class GateTest : public LoopbackClient {
 protected:
  std::unique_ptr<GatedProcess> Process(const PolitenessSettings& politeness = {}, RetryPolicy retry = {}) {
    auto config = Config(server_.url());
    config.retry = retry;
    return std::make_unique<GatedProcess>(redis_.config(), std::move(config), politeness);
  }
  static absl::Status Get(GatedProcess& process, const EwsCall& call) {
    return process.client->GetFolder(FolderRef::Calendar(), call).status();
  }
  void NextIsBusy(int back_off_ms) {
    server_.Next([back_off_ms](ScriptedReply& reply) { reply.Send(500, Busy(std::to_string(back_off_ms))); });
  }
  // How long after its refusal the server heard again, in milliseconds.
  double SilenceMs() const {
    for (const auto& at : server_.arrivals()) {
      if (at > server_.refused_at())
        return std::chrono::duration<double, std::milli>(at - server_.refused_at()).count();
    }
    return -1;
  }

  testing::RedisServer redis_;
  BusyServer server_;
};

TEST_F(GateTest, NoProcessSendsBeforeTheBackOffIsOver) {
  const auto one = Process();
  const auto two = Process();
  for (const bool as_fault : {true, false}) {
    server_.Next([as_fault](ScriptedReply& reply) { reply.Send(as_fault ? 500 : 200, Busy("600")); });
    EXPECT_EQ(BackOffOf(Get(*one, InBackground(kAnna))), milliseconds(600));
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&, i] {
        auto& process = i % 2 == 0 ? *one : *two;
        EXPECT_TRUE(Get(process, i < 3 ? ByPerson(kAnna) : InBackground(kAnna)).ok());
      });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_GE(SilenceMs(), 600);
    EXPECT_LT(SilenceMs(), 1200) << "a busy machine is forgiven here";
    std::cerr << "silence of " << SilenceMs() << " ms where 600 ms were asked for\n";
  }
  EXPECT_EQ(one->Metric("crosspoint_ews_back_offs_total{scope=\"mailbox\"}"), 2);
  EXPECT_NEAR(one->Metric("crosspoint_ews_back_off_seconds_total{scope=\"mailbox\"}"), 1.2, 0.1);
  EXPECT_GT(two->Metric("crosspoint_ews_back_off_wait_seconds_total{urgency=\"background\"}"), 0.1);
  EXPECT_EQ(two->Metric("crosspoint_ews_slots_in_use{urgency=\"background\"}"), 0);
}

TEST_F(GateTest, BusyItemInABatchCountsToo) {
  const auto one = Process();
  const auto two = Process();
  server_.Next([](ScriptedReply& reply) { reply.Send(200, BusyItem("300")); });
  ASSERT_TRUE(one->client->GetFolders({FolderRef::Calendar()}, InBackground(kAnna)).ok());
  EXPECT_TRUE(Get(*two, ByPerson(kAnna)).ok());
  EXPECT_GE(SilenceMs(), 300);
}

TEST_F(GateTest, PersonWhoCannotWaitIsToldTheRemainingTimeAtOnce) {
  const auto one = Process();
  const auto two = Process();
  NextIsBusy(20'000);
  EXPECT_FALSE(Get(*one, InBackground(kAnna)).ok());
  for (auto* process : {one.get(), two.get()}) {
    const auto begin = SteadyClock::now();
    const auto status = Get(*process, ByPerson(kAnna, seconds(5)));
    EXPECT_LT(SteadyClock::now() - begin, milliseconds(500));
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(ReasonOf(status), "EWS_BACKING_OFF");
    EXPECT_GT(BackOffOf(status).value(), milliseconds(18'000));
    EXPECT_LE(BackOffOf(status).value(), milliseconds(20'000));
    EXPECT_EQ(process->Metric("crosspoint_ews_refusals_total{urgency=\"user_facing\",why=\"back_off\"}"), 1);
  }
  EXPECT_EQ(server_.arrivals().size(), 1U);
}

TEST_F(GateTest, BackgroundDoesNotHoldItsThreadBeyondItsPatience) {
  const auto process = Process({.background_patience = milliseconds(100)});
  NextIsBusy(500);
  EXPECT_FALSE(Get(*process, InBackground(kAnna)).ok());
  const auto status = Get(*process, InBackground(kAnna));
  EXPECT_EQ(ReasonOf(status), "EWS_BACKING_OFF");
  EXPECT_TRUE(Get(*process, ByPerson(kAnna)).ok()) << "a person waits as long as the deadline allows";
  EXPECT_GE(SilenceMs(), 500);
}

TEST_F(GateTest, BackOffOfAMailboxLeavesOthersAlone) {
  const auto one = Process();
  const auto two = Process();
  NextIsBusy(20'000);
  EXPECT_FALSE(Get(*one, InBackground("Anna@Example.org")).ok());
  EXPECT_TRUE(Get(*two, InBackground(kBo)).ok());
  EXPECT_EQ(ReasonOf(Get(*two, InBackground(kAnna))), "EWS_BACKING_OFF") << "addresses have no case";
}

TEST_F(GateTest, QueueInFrontOfEwsSilencesTheWholeAccount) {
  const auto one = Process();
  const auto two = Process();
  server_.Next([](ScriptedReply& reply) { reply.Send(503, "", "Retry-After: 1\r\n"); });
  EXPECT_FALSE(Get(*one, InBackground(kAnna)).ok());
  EXPECT_TRUE(Get(*two, ByPerson(kBo)).ok());
  EXPECT_GE(SilenceMs(), 1000);
}

TEST_F(GateTest, ServerThatNamesNoTimeGetsAGrowingOne) {
  const auto process = Process();
  server_.Next([](ScriptedReply& reply) { reply.Send(503, ""); });
  EXPECT_FALSE(Get(*process, InBackground(kAnna)).ok());
  EXPECT_TRUE(Get(*process, ByPerson(kAnna)).ok());
  EXPECT_GE(SilenceMs(), 500);
}

TEST_F(GateTest, CallsOfAPersonAreRepeatedAfterTheBackOffWithinTheirDeadline) {
  const auto process = Process({}, {.max_attempts = 3});
  NextIsBusy(300);
  EXPECT_TRUE(Get(*process, ByPerson(kAnna)).ok());
  EXPECT_EQ(server_.arrivals().size(), 2U);
  EXPECT_GE(SilenceMs(), 300);
  NextIsBusy(5'000);
  EXPECT_EQ(BackOffOf(Get(*process, ByPerson(kAnna, seconds(1)))), seconds(5));
}

TEST_F(GateTest, AllProcessesTogetherKeepTheLimits) {
  const PolitenessSettings limits{.account_slots = 3, .mailbox_slots = 2, .background_patience = seconds(10)};
  const auto one = Process(limits);
  const auto two = Process(limits);
  server_.TakeTime(milliseconds(10));
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < 5; ++round) {
        const std::string mailbox = "m" + std::to_string(i % 4) + "@example.org";
        EXPECT_TRUE(Get(i % 2 == 0 ? *one : *two, i < 4 ? ByPerson(mailbox) : InBackground(mailbox)).ok());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(server_.most_at_a_time(), 3);
  EXPECT_EQ(server_.arrivals().size(), 60U);
}

TEST_F(GateTest, PersonGoesBeforeBackgroundWork) {
  const PolitenessSettings limits{.account_slots = 3, .mailbox_slots = 3, .background_patience = seconds(10)};
  const auto one = Process(limits);
  const auto two = Process(limits);
  server_.TakeTime(milliseconds(100));
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&, i] { EXPECT_TRUE(Get(*one, InBackground("m" + std::to_string(i))).ok()); });
  }
  while (server_.arrivals().size() < 2) std::this_thread::sleep_for(milliseconds(1));
  const auto begin = SteadyClock::now();
  EXPECT_TRUE(Get(*two, ByPerson(kAnna)).ok());
  const auto took = SteadyClock::now() - begin;
  EXPECT_LT(took, milliseconds(300)) << "one slot is kept, so nothing has to be waited for";
  for (auto& thread : threads) thread.join();
  std::cerr << "a person waited " << std::chrono::duration_cast<milliseconds>(took).count()
            << " ms for a call of 100 ms while 12 others queued\n";
}

TEST_F(GateTest, NoSlotInTimeIsSaidSo) {
  const auto one = Process({.account_slots = 1, .mailbox_slots = 1});
  const auto two = Process({.account_slots = 1, .mailbox_slots = 1});
  server_.TakeTime(milliseconds(400));
  std::thread slow([&] { EXPECT_TRUE(Get(*one, ByPerson(kAnna)).ok()); });
  while (server_.arrivals().empty()) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(ReasonOf(Get(*two, ByPerson(kAnna, milliseconds(50)))), "EWS_NO_SLOT");
  EXPECT_TRUE(Get(*two, ByPerson(kAnna)).ok());
  slow.join();
}

TEST_F(GateTest, SlotOfAKilledProcessComesBackWhenItsCallWouldHaveEnded) {
  const PolitenessSettings one_slot{.account_slots = 1, .mailbox_slots = 1};
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    RedisClient redis(redis_.config());
    SharedSlots slots(redis, "cp:{ews:test}", {.total = 1, .per_lane = 1, .reserved = 1});
    const bool taken =
        slots.Take({.lane = "account", .urgent = true, .give_up = In(seconds(5)), .hold_until = In(milliseconds(500))})
            .ok();
    const char word = taken ? 'y' : 'n';
    if (write(ready[1], &word, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char word = 0;
  ASSERT_EQ(read(ready[0], &word, 1), 1);
  EXPECT_EQ(word, 'y');
  const auto begin = SteadyClock::now();
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  const auto process = Process(one_slot);
  EXPECT_EQ(ReasonOf(Get(*process, ByPerson(kAnna, milliseconds(100)))), "EWS_NO_SLOT");
  EXPECT_TRUE(Get(*process, ByPerson(kAnna)).ok());
  EXPECT_LT(SteadyClock::now() - begin, seconds(4));
}

TEST_F(GateTest, WithoutRedisPeopleGoOnByALocalLimitAndBackgroundWaits) {
  const auto process = Process();
  EXPECT_TRUE(Get(*process, ByPerson(kAnna)).ok());
  redis_.Stop();
  while (process->redis.connected()) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(ReasonOf(Get(*process, InBackground(kAnna))), "EWS_BUDGET_UNKNOWN");
  server_.TakeTime(milliseconds(20));
  std::vector<std::thread> people;
  for (int i = 0; i < 8; ++i) people.emplace_back([&] { EXPECT_TRUE(Get(*process, ByPerson(kBo)).ok()); });
  for (auto& person : people) person.join();
  EXPECT_EQ(server_.most_at_a_time(), 2);
  EXPECT_EQ(process->Metric("crosspoint_ews_unshared_requests_total"), 8);
  NextIsBusy(300);
  EXPECT_FALSE(Get(*process, ByPerson(kAnna)).ok());
  EXPECT_TRUE(Get(*process, ByPerson(kAnna)).ok());
  EXPECT_GE(SilenceMs(), 300) << "what this process was told holds without Redis";

  redis_.Restart();
  while (!process->redis.connected()) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_TRUE(Get(*process, InBackground(kAnna)).ok());
  EXPECT_EQ(process->Metric("crosspoint_ews_unshared_requests_total"), 10);
}

TEST_F(GateTest, NoStreamIsOpenedWhileTheServerWantsSilence) {
  const auto one = Process();
  const auto two = Process();
  NextIsBusy(20'000);
  EXPECT_FALSE(Get(*one, InBackground(kAnna)).ok());
  absl::Status end;
  const EwsStreamCallbacks callbacks{.on_end = [&](const absl::Status& status) { end = status; }};
  two->client->OpenStream({"s"}, std::chrono::minutes(1), callbacks, InBackground(kAnna));
  EXPECT_EQ(ReasonOf(end), "EWS_BACKING_OFF");
  EXPECT_EQ(server_.arrivals().size(), 1U);
}

TEST_F(GateTest, RefusedStreamSilencesItsMailboxForAll) {
  const auto one = Process();
  const auto two = Process();
  NextIsBusy(20'000);
  std::atomic<bool> ended{false};
  const auto stream = one->client->OpenStream(
      {"s"}, std::chrono::minutes(1), {.on_end = [&](const absl::Status&) { ended = true; }}, InBackground(kAnna));
  while (!ended) std::this_thread::sleep_for(milliseconds(1));
  while (two->gate.MayOpenStream(kAnna).ok()) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(ReasonOf(Get(*two, InBackground(kAnna))), "EWS_BACKING_OFF");
}

}  // namespace
}  // namespace crosspoint::ews
