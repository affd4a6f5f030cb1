#include "common/redis/outbox.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "tests/contract/redis/fixture.h"

namespace crosspoint::testing {
namespace {

const RedisScript kChange("change", std::string(kOutboxLua) + R"lua(
  redis.call('SET', KEYS[1], ARGV[1])
  outbox_add(KEYS[2], 2)
  return 'ok'
)lua");

std::string KeyOf(const std::string& tag) { return "cp:{" + tag + "}:thing"; }

// Remembers what it was given; fails as told.
class Recorder {
 public:
  absl::Status Handle(const OutboxDelivery& delivery) {
    const std::lock_guard lock(mu_);
    deliveries_.push_back(delivery);
    const auto found = answers_.find(delivery.entry.id);
    if (found == answers_.end() || found->second.empty()) {
      done_[delivery.stream].push_back(delivery.entry.id);
      return absl::OkStatus();
    }
    auto answer = found->second.front();
    if (found->second.size() > 1) found->second.erase(found->second.begin());
    if (answer.ok()) done_[delivery.stream].push_back(delivery.entry.id);
    return answer;
  }

  // The answers for entry `id`, in turn; the last one stays.
  void Answer(const std::string& id, std::vector<absl::Status> answers) {
    const std::lock_guard lock(mu_);
    answers_[id] = std::move(answers);
  }

  std::vector<OutboxDelivery> deliveries() {
    const std::lock_guard lock(mu_);
    return deliveries_;
  }
  std::vector<std::string> done(const std::string& stream) {
    const std::lock_guard lock(mu_);
    return done_[stream];
  }
  size_t done_count() {
    const std::lock_guard lock(mu_);
    size_t count = 0;
    for (const auto& [stream, ids] : done_) count += ids.size();
    return count;
  }

 private:
  std::mutex mu_;
  std::vector<OutboxDelivery> deliveries_;                    // guarded by mu_
  std::map<std::string, std::vector<std::string>> done_;      // guarded by mu_
  std::map<std::string, std::vector<absl::Status>> answers_;  // guarded by mu_
};

class OutboxTest : public BothServers {
 protected:
  OutboxTest() : server_(Options()), client_(server_.config()), outbox_(client_, "presence") {}

  static absl::Status Change(Outbox& outbox, const std::string& tag, const std::string& id) {
    const auto key = KeyOf(tag);
    std::vector<std::string> args = {"value"};
    for (auto& arg : OutboxArgs({.type = "put",
                     .id = id,
                     .payload = std::string("p\0q", 3),
                     .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                     .request_id = "r1"})) {
      args.push_back(arg);
    }
    return outbox.RunScript(kChange, {key, Outbox::StreamOf(key)}, args, Soon()).status();
  }

  OutboxWorker::Handler HandlerOf(Recorder& recorder) {
    return [&recorder](const OutboxDelivery& delivery, Deadline) { return recorder.Handle(delivery); };
  }

  static OutboxWorkerOptions Quick() {
    OutboxWorkerOptions options;
    options.claim_after = milliseconds(300);
    options.sweep_interval = milliseconds(100);
    options.first_backoff = milliseconds(5);
    options.max_backoff = milliseconds(20);
    return options;
  }

  RedisServer server_;
  RedisClient client_;
  Outbox outbox_;
};
CROSSPOINT_ON_BOTH_SERVERS(OutboxTest);

TEST_P(OutboxTest, EntryArrivesWholeAndLeavesNothingBehind) {
  Recorder recorder;
  OutboxWorker worker(outbox_, HandlerOf(recorder), Quick());
  ASSERT_OK(Change(outbox_, "presence:acme:7", "e1"));
  ASSERT_TRUE(Eventually([&] { return recorder.done_count() == 1; }));
  const auto delivery = recorder.deliveries().front();
  EXPECT_EQ(delivery.entry.type, "put");
  EXPECT_EQ(delivery.entry.id, "e1");
  EXPECT_EQ(delivery.entry.payload, std::string("p\0q", 3));
  EXPECT_EQ(delivery.entry.traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  EXPECT_EQ(delivery.entry.request_id, "r1");
  EXPECT_EQ(delivery.stream, "cp:{presence:acme:7}:outbox");
  EXPECT_EQ(delivery.attempt, 1);
  EXPECT_TRUE(Eventually([&] {
    return server_.Command({"EXISTS", "cp:{presence:acme:7}:outbox", "cp:{presence:acme:7}:outbox:owner"}).integer() ==
           0;
  }));
}

TEST_P(OutboxTest, EntriesOfAStreamAreHandledInOrderOneAtATimeByAllWorkersTogether) {
  Outbox other_outbox(client_, "presence");
  std::mutex mu;
  std::map<std::string, int> inside;
  std::atomic<int> overlaps{0};
  Recorder recorder;
  const auto handler = [&](const OutboxDelivery& delivery, Deadline) {
    {
      const std::lock_guard lock(mu);
      if (++inside[delivery.stream] != 1) ++overlaps;
    }
    std::this_thread::yield();
    const auto status = recorder.Handle(delivery);
    const std::lock_guard lock(mu);
    --inside[delivery.stream];
    return status;
  };
  OutboxWorker one(outbox_, handler, Quick());
  OutboxWorker two(other_outbox, handler, Quick());
  constexpr int kTags = 5;
  constexpr int kEach = 60;
  std::vector<std::string> expected;
  for (int i = 0; i < kEach; ++i) {
    expected.push_back(std::to_string(i));
    for (int tag = 0; tag < kTags; ++tag) {
      ASSERT_OK(Change(i % 2 ? outbox_ : other_outbox, "t" + std::to_string(tag), std::to_string(i)));
    }
  }
  ASSERT_TRUE(Eventually([&] { return recorder.done_count() == kTags * kEach; }));
  for (int tag = 0; tag < kTags; ++tag) {
    EXPECT_EQ(recorder.done("cp:{t" + std::to_string(tag) + "}:outbox"), expected);
  }
  EXPECT_EQ(overlaps, 0);
  EXPECT_EQ(recorder.deliveries().size(), size_t{kTags * kEach}) << "nothing was delivered twice";
}

TEST_P(OutboxTest, EntryIsHandledWithinMillisecondsHereAndInAnotherProcess) {
  const auto latency = [&](Outbox& writer, const std::string& tag, Recorder& recorder) {
    const auto before = recorder.done_count();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_OK(Change(writer, tag, "e"));
    EXPECT_TRUE(Eventually([&] { return recorder.done_count() > before; }));
    return std::chrono::steady_clock::now() - begin;
  };
  Recorder recorder;
  auto options = Quick();
  options.sweep_interval = seconds(60);  // so that only nudge and bell can be the reason
  OutboxWorker worker(outbox_, HandlerOf(recorder), options);
  Outbox elsewhere(client_, "presence");  // as in a process without a worker
  auto nudged = latency(outbox_, "a", recorder);
  auto rung = latency(elsewhere, "b", recorder);
  for (int i = 0; i < 20; ++i) {
    nudged = std::min(nudged, latency(outbox_, "a", recorder));
    rung = std::min(rung, latency(elsewhere, "b", recorder));
  }
  EXPECT_LT(nudged, milliseconds(20));
  EXPECT_LT(rung, milliseconds(20));
}

TEST_P(OutboxTest, FailingEntryIsTriedAgainAndHoldsBackThoseBehindIt) {
  Recorder recorder;
  recorder.Answer("first", {absl::UnavailableError("away"), absl::DeadlineExceededError("slow"), absl::OkStatus()});
  OutboxWorker worker(outbox_, HandlerOf(recorder), Quick());
  ASSERT_OK(Change(outbox_, "t", "first"));
  ASSERT_OK(Change(outbox_, "t", "second"));
  ASSERT_TRUE(Eventually([&] { return recorder.done_count() == 2; }));
  EXPECT_EQ(recorder.done("cp:{t}:outbox"), (std::vector<std::string>{"first", "second"}));
  const auto deliveries = recorder.deliveries();
  ASSERT_EQ(deliveries.size(), 4U);
  EXPECT_EQ(deliveries[2].attempt, 3);
}

TEST_P(OutboxTest, RefusedEntryBecomesADeadLetterThatCanBeReplayed) {
  Recorder recorder;
  recorder.Answer("bad", {absl::InvalidArgumentError("no such user"), absl::OkStatus()});
  OutboxWorker worker(outbox_, HandlerOf(recorder), Quick());
  ASSERT_OK(Change(outbox_, "t", "bad"));
  ASSERT_OK(Change(outbox_, "t", "good"));
  ASSERT_TRUE(Eventually([&] { return recorder.done_count() == 1; }));
  EXPECT_EQ(recorder.done("cp:{t}:outbox"), (std::vector<std::string>{"good"}));
  const auto letters = outbox_.ListDeadLetters(10, Soon());
  ASSERT_OK(letters.status());
  ASSERT_EQ(letters->size(), 1U);
  const auto& letter = letters->front();
  EXPECT_EQ(letter.entry.id, "bad");
  EXPECT_EQ(letter.entry.payload, std::string("p\0q", 3));
  EXPECT_EQ(letter.stream, "cp:{t}:outbox");
  EXPECT_EQ(letter.attempts, 1);
  EXPECT_THAT(letter.reason, ::testing::HasSubstr("no such user"));
  EXPECT_TRUE(Eventually([&] { return worker.stats().dead_letters == 1; }));
  EXPECT_GT(letter.failed_at.count(), 1'600'000'000'000);

  ASSERT_OK(outbox_.ReplayDeadLetter(letter.stream, letter.id, Soon()));
  ASSERT_TRUE(Eventually([&] { return recorder.done_count() == 2; }));
  EXPECT_EQ(recorder.deliveries().back().entry.request_id, "r1");
  EXPECT_TRUE(Eventually([&] { return worker.stats().handled == 2 && worker.stats().dead_letters == 0; }));
  EXPECT_EQ(worker.stats().buried, 1U);
  EXPECT_TRUE(outbox_.ListDeadLetters(10, Soon())->empty());
  EXPECT_EQ(outbox_.ReplayDeadLetter(letter.stream, letter.id, Soon()).code(), absl::StatusCode::kNotFound);
}

TEST_P(OutboxTest, WhatWaitsAndForHowLongIsTold) {
  Recorder recorder;
  recorder.Answer("stuck", {absl::UnavailableError("away")});
  OutboxWorker worker(outbox_, HandlerOf(recorder), Quick());
  ASSERT_OK(Change(outbox_, "t", "stuck"));
  ASSERT_OK(Change(outbox_, "t", "behind"));
  ASSERT_TRUE(Eventually([&] { return worker.stats().entries == 2 && worker.stats().retried >= 2; }));
  const auto age = worker.stats().oldest_retry;
  EXPECT_TRUE(Eventually([&] { return worker.stats().oldest_retry > age; }));
  recorder.Answer("stuck", {absl::OkStatus()});
  EXPECT_TRUE(Eventually([&] { return worker.stats().handled == 2 && worker.stats().entries == 0; }));
  EXPECT_EQ(worker.stats().oldest_retry.count(), 0);
}

TEST_P(OutboxTest, EntryThatNeverSucceedsIsDeadAfterItsAttempts) {
  Recorder recorder;
  recorder.Answer("stuck", {absl::UnavailableError("away")});
  auto options = Quick();
  options.max_attempts = 4;
  OutboxWorker worker(outbox_, HandlerOf(recorder), options);
  ASSERT_OK(Change(outbox_, "t", "stuck"));
  ASSERT_TRUE(Eventually([&] { return !outbox_.ListDeadLetters(10, Soon())->empty(); }));
  EXPECT_EQ(outbox_.ListDeadLetters(10, Soon())->front().attempts, 4);
  EXPECT_EQ(recorder.deliveries().size(), 4U);
}

TEST_P(OutboxTest, ReplayOfAForeignStreamIsNotFound) {
  server_.Command({"XADD", "cp:{directory:acme}:dead", "1-1", "type", "x"});
  EXPECT_EQ(outbox_.ReplayDeadLetter("cp:{directory:acme}:outbox", "1-1", Soon()).code(), absl::StatusCode::kNotFound);
}

TEST_P(OutboxTest, WorkOfADeadProcessIsTakenOverInOrder) {
  const auto child = fork();
  if (child == 0) {
    // A worker that dies in the middle of its first entry.
    RedisClient client(server_.config());
    Outbox outbox(client, "presence");
    OutboxWorker worker(
        outbox, [](const OutboxDelivery&, Deadline) -> absl::Status { _exit(7); }, Quick());
    for (const auto* id : {"1", "2", "3"}) {
      if (!Change(outbox, "t", id).ok()) _exit(1);
    }
    std::this_thread::sleep_for(seconds(20));
    _exit(2);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 7);
  for (const auto* id : {"4", "5"}) ASSERT_OK(Change(outbox_, "t", id));
  Recorder recorder;
  OutboxWorker worker(outbox_, HandlerOf(recorder), Quick());
  ASSERT_TRUE(Eventually(
      [&] { return !recorder.done("cp:{t}:outbox").empty() && recorder.done("cp:{t}:outbox").back() == "5"; }));
  const auto deliveries = recorder.deliveries();
  EXPECT_EQ(deliveries.front().entry.id, "1");
  EXPECT_EQ(deliveries.front().attempt, 2) << "the dead worker's attempt counts";
  const auto done = recorder.done("cp:{t}:outbox");
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
}

TEST_P(OutboxTest, LongHandlerKeepsItsStream) {
  Outbox other_outbox(client_, "presence");
  Recorder recorder;
  const auto slow = [&](const OutboxDelivery& delivery, Deadline) {
    std::this_thread::sleep_for(milliseconds(900));  // three times claim_after
    return recorder.Handle(delivery);
  };
  OutboxWorker one(outbox_, slow, Quick());
  OutboxWorker two(other_outbox, slow, Quick());
  ASSERT_OK(Change(outbox_, "t", "e"));
  ASSERT_TRUE(Eventually([&] { return recorder.done_count() == 1; }));
  one.Stop();
  two.Stop();
  EXPECT_EQ(recorder.deliveries().size(), 1U);
}

TEST_P(OutboxTest, EverythingIsHandledThoughRedisIsKilledUnderLoad) {
  Recorder recorder;
  OutboxWorker worker(outbox_, HandlerOf(recorder), Quick());
  std::set<std::string> accepted;
  for (int i = 0; i < 300; ++i) {
    const auto id = std::to_string(i);
    if (Change(outbox_, "t" + std::to_string(i % 7), id).ok()) accepted.insert(id);
    if (i % 100 == 50) {
      server_.Kill();
      server_.Restart();
    }
  }
  EXPECT_GE(accepted.size(), 290U);
  EXPECT_TRUE(Eventually(
      [&] {
        std::set<std::string> done;
        for (int tag = 0; tag < 7; ++tag) {
          for (auto& id : recorder.done("cp:{t" + std::to_string(tag) + "}:outbox")) done.insert(id);
        }
        return std::includes(done.begin(), done.end(), accepted.begin(), accepted.end());
      },
      seconds(20)));
}

TEST_P(OutboxTest, StopWaitsForTheHandlerAndGivesTheStreamBack) {
  std::latch begun(1);
  std::atomic<bool> finished{false};
  auto worker = std::make_unique<OutboxWorker>(
      outbox_,
      [&](const OutboxDelivery&, Deadline) {
        begun.count_down();
        std::this_thread::sleep_for(milliseconds(100));
        finished = true;
        return absl::OkStatus();
      },
      Quick());
  ASSERT_OK(Change(outbox_, "t", "1"));
  begun.wait();
  ASSERT_OK(Change(outbox_, "t", "2"));
  worker.reset();
  EXPECT_TRUE(finished);
  EXPECT_EQ(server_.Command({"EXISTS", "cp:{t}:outbox:owner"}).integer(), 0);
  EXPECT_EQ(server_.Command({"XLEN", "cp:{t}:outbox"}).integer(), 1);
  Recorder recorder;
  OutboxWorker next(outbox_, HandlerOf(recorder), Quick());
  ASSERT_TRUE(Eventually([&] { return recorder.done_count() == 1; }));
  EXPECT_EQ(recorder.deliveries().front().entry.id, "2");
}

TEST_P(OutboxTest, StreamIdleForLongLeavesTheRegistryAndComesBack) {
  Recorder recorder;
  ASSERT_OK(Change(outbox_, "t", "1"));
  ASSERT_OK(Change(outbox_, "busy", "1"));
  // As if registered an hour ago.
  for (const auto* stream : {"cp:{t}:outbox", "cp:{gone}:outbox"}) {
    server_.Command({"ZADD", outbox_.registry_key(), "1000", stream});
  }
  OutboxWorker worker(outbox_, HandlerOf(recorder), Quick());
  ASSERT_TRUE(Eventually([&] { return recorder.done_count() == 2; }));
  ASSERT_TRUE(Eventually([&] { return server_.Command({"ZCARD", outbox_.registry_key()}).integer() == 1; }));
  EXPECT_FALSE(server_.Command({"ZSCORE", outbox_.registry_key(), "cp:{busy}:outbox"}).is_nil());
  Outbox later(client_, "presence");
  ASSERT_OK(Change(later, "t", "2"));
  ASSERT_TRUE(Eventually([&] { return recorder.done_count() == 3; }));
}

TEST_P(OutboxTest, ScriptThatFailsItsFenceAppendsNothing) {
  const RedisScript fenced("fenced", std::string(kOutboxLua) + "return redis.error_reply('FENCED no')");
  const auto key = KeyOf("t");
  EXPECT_EQ(ReasonOf(outbox_.RunScript(fenced, {key, Outbox::StreamOf(key)}, {}, Soon()).status()), "FENCED");
  EXPECT_EQ(outbox_.RunScript(fenced, {key}, {}, Soon()).status().code(), absl::StatusCode::kInvalidArgument)
      << "without the stream among its keys";
}

}  // namespace
}  // namespace crosspoint::testing
