#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <span>
#include <thread>
#include <unordered_map>
#include <utility>

#include "common/ids/ids.h"
#include "common/log/log.h"
#include "common/redis/blocking_connection.h"
#include "common/redis/outbox.h"
#include "common/redis/outbox_format.h"
#include "common/redis/outbox_scripts.h"
#include "common/status/status.h"
#include "common/tracing/open_span.h"

namespace crosspoint {
namespace {

using Time = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr milliseconds kForgetAfter{5 * 60'000};  // see Outbox: an idle stream leaves the registry
constexpr milliseconds kScriptDeadline{2000};
constexpr int kEntriesPerTurn = 32;  // then other streams get their turn
constexpr size_t kSweepChunk = 500;  // streams asked about at once, leaving room for other commands
constexpr int kSweepsPerCount = 5;   // dead letters are counted that seldom

Time In(milliseconds time) { return std::chrono::steady_clock::now() + time; }

bool IsRetryable(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status) ||
         absl::IsAborted(status);
}

// What a take script answered.
struct Taken {
  bool entry = false;
  OutboxDelivery delivery;
};

Taken ParseTaken(const RedisReply& reply, const std::string& stream) {
  const auto& answer = reply.array();
  if (answer.size() != 4 || answer[0].text() != "entry") return {};
  return {.entry = true,
          .delivery = {.entry = ParseOutboxEntry(answer[3]),
                       .stream = stream,
                       .stream_id = answer[1].text(),
                       .attempt = static_cast<int>(answer[2].integer())}};
}

struct Registered {
  std::string stream;
  std::string score;
  bool old = false;
};

// Entries in each of `streams`, asked for together; -1 where Redis did not say. Empty when it did not answer in time.
std::vector<int64_t> Lengths(RedisClient& redis, const std::vector<std::string>& streams) {
  struct Answers {
    std::mutex mu;
    std::condition_variable complete;
    size_t open = 0;               // guarded by mu
    std::vector<int64_t> lengths;  // guarded by mu
  };
  const auto answers = std::make_shared<Answers>();  // callbacks may come after this function has given up
  answers->open = streams.size();
  answers->lengths.assign(streams.size(), -1);
  for (size_t i = 0; i < streams.size(); ++i) {
    redis.CallAsync({"XLEN", streams[i]}, In(kScriptDeadline), [answers, i](const absl::StatusOr<RedisReply>& length) {
      const std::lock_guard lock(answers->mu);
      if (length.ok()) answers->lengths[i] = length->integer();
      if (--answers->open == 0) answers->complete.notify_one();
    });
  }
  std::unique_lock lock(answers->mu);
  if (!answers->complete.wait_until(lock, In(2 * kScriptDeadline), [&] { return answers->open == 0; })) return {};
  return std::move(answers->lengths);
}

// When Redis made the stream entry `id`, "<milliseconds since 1970>-<number>".
std::chrono::system_clock::time_point TimeOf(const std::string& id) {
  return std::chrono::system_clock::time_point(milliseconds(std::strtoll(id.c_str(), nullptr, 10)));
}

}  // namespace

class OutboxWorker::Impl {
 public:
  Impl(Outbox& outbox, Handler handler, OutboxWorkerOptions options);
  ~Impl() { Stop(); }

  void Stop();
  void Wake(const std::string& stream);
  OutboxStats stats() const;

 private:
  // What this worker knows about a stream that is queued, worked on or waiting for its next attempt.
  struct Stream {
    bool queued = false;
    bool working = false;
    bool again = false;                                     // woken while worked on
    Time not_before{};                                      // backing off
    std::chrono::system_clock::time_point failing_since{};  // when the entry that fails was added
  };

  void HandleLoop();
  void SweepLoop();
  void BellLoop();

  void Work(const std::string& stream);
  absl::StatusOr<Taken> Take(const std::string& stream);
  absl::StatusOr<Taken> HandleAndTakeNext(const OutboxDelivery& delivery, bool turn_over);
  absl::StatusOr<Taken> Bury(const OutboxDelivery& delivery, const absl::Status& why, const char* more);
  absl::Status Postpone(const OutboxDelivery& delivery);
  milliseconds Backoff(int attempt);

  void Sweep();
  void CountDeadLetters();
  void NoteOutcome(const std::string& stream, uint64_t OutboxStats::*counter);
  void RenewOwnership();
  void QueueDue();
  void QueueLocked(const std::string& stream);
  void BackOff(const std::string& stream, milliseconds pause);
  bool stopping();

  Outbox& outbox_;
  RedisClient& redis_;
  const Handler handler_;
  const OutboxWorkerOptions options_;
  const std::string me_;
  const std::string ttl_;
  RedisBlockingConnection bell_;

  mutable std::mutex mu_;
  std::condition_variable ready_changed_;            // for handler threads
  std::condition_variable sweep_changed_;            // for the sweeper
  std::deque<std::string> ready_;                    // guarded by mu_
  std::unordered_map<std::string, Stream> streams_;  // guarded by mu_
  bool stopping_ = false;                            // guarded by mu_
  OutboxStats stats_;                                // guarded by mu_; oldest_retry comes from streams_
  std::minstd_rand random_{std::random_device{}()};  // guarded by mu_

  std::mutex stop_mu_;  // one Stop at a time
  std::vector<std::thread> threads_;
};

OutboxWorker::Impl::Impl(Outbox& outbox, Handler handler, OutboxWorkerOptions options)
    : outbox_(outbox),
      redis_(outbox.redis()),
      handler_(std::move(handler)),
      options_(std::move(options)),
      me_(options_.consumer.empty() ? RandomIdSource().NewId("w") : options_.consumer),
      ttl_(std::to_string(options_.claim_after.count())),
      bell_(redis_.config(), "crosspoint-outbox-bell") {
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { HandleLoop(); });
  threads_.emplace_back([this] { SweepLoop(); });
  threads_.emplace_back([this] { BellLoop(); });
}

void OutboxWorker::Impl::Stop() {
  const std::lock_guard stopping(stop_mu_);
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
    ready_changed_.notify_all();
    sweep_changed_.notify_all();
  }
  bell_.Interrupt();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool OutboxWorker::Impl::stopping() {
  const std::lock_guard lock(mu_);
  return stopping_;
}

void OutboxWorker::Impl::Wake(const std::string& stream) {
  const std::lock_guard lock(mu_);
  auto& state = streams_[stream];
  if (state.working) {
    state.again = true;
  } else if (std::chrono::steady_clock::now() >= state.not_before) {
    QueueLocked(stream);
  }
}

void OutboxWorker::Impl::QueueLocked(const std::string& stream) {
  auto& state = streams_[stream];
  if (state.queued || state.working) return;
  state.queued = true;
  ready_.push_back(stream);
  ready_changed_.notify_one();
}

void OutboxWorker::Impl::BackOff(const std::string& stream, milliseconds pause) {
  const std::lock_guard lock(mu_);
  streams_[stream].not_before = In(pause);
  sweep_changed_.notify_all();
}

void OutboxWorker::Impl::HandleLoop() {
  std::unique_lock lock(mu_);
  while (true) {
    ready_changed_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
    if (stopping_) return;
    const auto stream = std::move(ready_.front());
    ready_.pop_front();
    auto& taken = streams_[stream];
    taken = Stream{.working = true, .failing_since = taken.failing_since};
    lock.unlock();
    Work(stream);
    lock.lock();
    auto& state = streams_[stream];
    state.working = false;
    const bool again = std::exchange(state.again, false);
    if (state.not_before != Time{}) {
      sweep_changed_.notify_all();  // QueueDue starts it again
    } else if (again) {
      QueueLocked(stream);
    } else {
      streams_.erase(stream);
    }
  }
}

void OutboxWorker::Impl::Work(const std::string& stream) {
  auto taken = Take(stream);
  for (int count = 1; taken.ok() && taken->entry; ++count) {
    const bool turn_over = count == kEntriesPerTurn;
    const auto delivery = std::move(taken->delivery);
    taken = HandleAndTakeNext(delivery, turn_over);
    if (turn_over) {
      const std::lock_guard lock(mu_);
      streams_[stream].again = true;
      return;
    }
  }
  if (!taken.ok()) {
    // Redis does not answer; what was handled but not acknowledged comes again.
    if (options_.log) {
      options_.log->Debug("outbox_postponed", {{"stream", stream}, {"error", MessageOf(taken.status())}});
    }
    BackOff(stream, milliseconds(200));
  }
}

absl::StatusOr<Taken> OutboxWorker::Impl::Take(const std::string& stream) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.RunScript(OutboxTakeScript(), {stream, OutboxOwnerKey(stream)},
                                                                 {me_, ttl_}, In(kScriptDeadline)));
  return ParseTaken(reply, stream);
}

// The stream's first entry is done with, one way or the other.
void OutboxWorker::Impl::NoteOutcome(const std::string& stream, uint64_t OutboxStats::*counter) {
  const std::lock_guard lock(mu_);
  ++(stats_.*counter);
  streams_[stream].failing_since = {};
}

absl::StatusOr<Taken> OutboxWorker::Impl::HandleAndTakeNext(const OutboxDelivery& delivery, bool turn_over) {
  absl::Status status;
  {
    tracing::OpenSpan span("outbox " + delivery.entry.type, tracing::SpanKind::kConsumer, delivery.entry.traceparent);
    const tracing::Scope scope(span.context(), delivery.entry.request_id);
    status = handler_(delivery, In(options_.handler_timeout));
    span.SetStatus(status);
  }
  const char* more = turn_over || stopping() ? "0" : "1";
  if (status.ok()) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                                redis_.RunScript(OutboxDoneScript(), {delivery.stream, OutboxOwnerKey(delivery.stream)},
                                                 {me_, ttl_, delivery.stream_id, more}, In(kScriptDeadline)));
    NoteOutcome(delivery.stream, &OutboxStats::handled);
    return ParseTaken(reply, delivery.stream);
  }
  if (!IsRetryable(status) || delivery.attempt >= options_.max_attempts) return Bury(delivery, status, more);
  if (options_.log) {
    options_.log->Debug("outbox_retry", {{"stream", delivery.stream},
                                         {"type", delivery.entry.type},
                                         {"id", delivery.entry.id},
                                         {"attempt", delivery.attempt},
                                         {"error", MessageOf(status)}});
  }
  CROSSPOINT_RETURN_IF_ERROR(Postpone(delivery));
  return Taken{};
}

absl::Status OutboxWorker::Impl::Postpone(const OutboxDelivery& delivery) {
  const auto pause = Backoff(delivery.attempt);
  {
    const std::lock_guard lock(mu_);
    ++stats_.retried;
    streams_[delivery.stream].failing_since = TimeOf(delivery.stream_id);
  }
  BackOff(delivery.stream, pause);
  return redis_
      .RunScript(OutboxPostponeScript(), {OutboxOwnerKey(delivery.stream)}, {me_, std::to_string(pause.count())},
                 In(kScriptDeadline))
      .status();
}

absl::StatusOr<Taken> OutboxWorker::Impl::Bury(const OutboxDelivery& delivery, const absl::Status& why,
                                               const char* more) {
  const auto reason = fmt::format("{}: {}", absl::StatusCodeToString(why.code()), MessageOf(why));
  if (options_.log) {
    options_.log->Error("outbox_dead_letter", {{"stream", delivery.stream},
                                               {"type", delivery.entry.type},
                                               {"id", delivery.entry.id},
                                               {"attempts", delivery.attempt},
                                               {"error", reason}});
  }
  // The list of streams with dead letters lies in another tag, so it is written first: listed without a letter is
  // harmless, a letter nobody lists is not.
  CROSSPOINT_RETURN_IF_ERROR(
      redis_.CallDurable({"SADD", outbox_.dead_registry_key(), delivery.stream}, In(kScriptDeadline)).status());
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScriptDurable(
          OutboxBuryScript(), {delivery.stream, OutboxOwnerKey(delivery.stream), OutboxDeadStream(delivery.stream)},
          {me_, ttl_, delivery.stream_id, more, reason, std::to_string(delivery.attempt)}, In(kScriptDeadline)));
  NoteOutcome(delivery.stream, &OutboxStats::buried);
  return ParseTaken(reply, delivery.stream);
}

milliseconds OutboxWorker::Impl::Backoff(int attempt) {
  const auto factor = int64_t{1} << std::clamp(attempt - 1, 0, 20);
  const auto longest = std::min<milliseconds>(options_.max_backoff, options_.first_backoff * factor).count();
  const std::lock_guard lock(mu_);
  return milliseconds(std::uniform_int_distribution<int64_t>(std::max<int64_t>(longest / 2, 1), longest)(random_));
}

void OutboxWorker::Impl::SweepLoop() {
  Time next_sweep{};  // at once
  int sweeps = 0;
  Time next_renewal = In(options_.claim_after / 3);
  while (true) {
    if (std::chrono::steady_clock::now() >= next_sweep) {
      Sweep();
      if (sweeps++ % kSweepsPerCount == 0) CountDeadLetters();
      next_sweep = In(options_.sweep_interval);
    }
    if (std::chrono::steady_clock::now() >= next_renewal) {
      RenewOwnership();
      next_renewal = In(options_.claim_after / 3);
    }
    QueueDue();
    std::unique_lock lock(mu_);
    if (stopping_) return;
    auto next = std::min(next_sweep, next_renewal);
    for (const auto& [stream, state] : streams_) {
      if (state.not_before != Time{} && !state.working && !state.queued) next = std::min(next, state.not_before);
    }
    sweep_changed_.wait_until(lock, next);
    if (stopping_) return;
  }
}

// Starts the streams whose pause is over.
void OutboxWorker::Impl::QueueDue() {
  const std::lock_guard lock(mu_);
  const auto now = std::chrono::steady_clock::now();
  std::vector<std::string> due;
  for (const auto& [stream, state] : streams_) {
    if (state.not_before != Time{} && state.not_before <= now && !state.working) due.push_back(stream);
  }
  for (const auto& stream : due) {
    streams_[stream].not_before = {};
    QueueLocked(stream);
  }
}

void OutboxWorker::Impl::RenewOwnership() {
  std::vector<std::string> working;
  {
    const std::lock_guard lock(mu_);
    for (const auto& [stream, state] : streams_) {
      if (state.working) working.push_back(stream);
    }
  }
  for (const auto& stream : working) {
    redis_.RunScriptAsync(OutboxRenewScript(), {OutboxOwnerKey(stream)}, {me_, ttl_}, In(options_.claim_after / 3),
                          [](const auto&) {});
  }
}

// Finds entries whose nudge was lost with its process, and drops idle streams from the registry.
void OutboxWorker::Impl::Sweep() {
  const auto registered = redis_.RunScript(OutboxRegisteredScript(), {outbox_.registry_key()},
                                           {std::to_string(kForgetAfter.count())}, In(kScriptDeadline));
  if (!registered.ok()) return;
  std::vector<Registered> streams;
  const auto& list = registered->array();
  for (size_t i = 0; i + 2 < list.size(); i += 3) {
    streams.push_back({list[i].text(), list[i + 1].text(), list[i + 2].integer() == 1});
  }
  const std::span<const Registered> all(streams);
  uint64_t entries = 0;
  for (size_t at = 0; at < all.size() && !stopping(); at += kSweepChunk) {
    const auto chunk = all.subspan(at, std::min(kSweepChunk, all.size() - at));
    std::vector<std::string> names;
    for (const auto& [name, score, old] : chunk) names.push_back(name);
    const auto lengths = Lengths(redis_, names);
    for (size_t i = 0; i < lengths.size(); ++i) {
      entries += static_cast<uint64_t>(std::max<int64_t>(lengths[i], 0));
      if (lengths[i] > 0) Wake(chunk[i].stream);
      if (lengths[i] != 0 || !chunk[i].old) continue;
      redis_.RunScriptAsync(OutboxForgetScript(), {outbox_.registry_key()}, {chunk[i].stream, chunk[i].score},
                            In(kScriptDeadline), [](const auto&) {});
    }
  }
  const std::lock_guard lock(mu_);
  stats_.entries = entries;
}

void OutboxWorker::Impl::CountDeadLetters() {
  const auto listed = redis_.Call({"SMEMBERS", outbox_.dead_registry_key()}, In(kScriptDeadline));
  if (!listed.ok()) return;
  std::vector<std::string> streams;
  for (const auto& stream : listed->array()) streams.push_back(OutboxDeadStream(stream.text()));
  uint64_t letters = 0;
  for (size_t at = 0; at < streams.size() && !stopping(); at += kSweepChunk) {
    const auto end = std::min(at + kSweepChunk, streams.size());
    const auto lengths =
        Lengths(redis_, {streams.begin() + static_cast<ptrdiff_t>(at), streams.begin() + static_cast<ptrdiff_t>(end)});
    if (lengths.empty()) return;  // better the last count than half of one
    for (const auto length : lengths) letters += static_cast<uint64_t>(std::max<int64_t>(length, 0));
  }
  const std::lock_guard lock(mu_);
  stats_.dead_letters = letters;
}

OutboxStats OutboxWorker::Impl::stats() const {
  const auto now = std::chrono::system_clock::now();
  const std::lock_guard lock(mu_);
  auto stats = stats_;
  for (const auto& [stream, state] : streams_) {
    if (state.failing_since == std::chrono::system_clock::time_point{}) continue;
    const auto age = std::chrono::duration_cast<milliseconds>(now - state.failing_since);
    stats.oldest_retry = std::max(stats.oldest_retry, age);
  }
  return stats;
}

void OutboxWorker::Impl::BellLoop() {
  while (!stopping()) {
    const auto rung = bell_.Call({"BLPOP", outbox_.bell_key(), "5"}, In(milliseconds(7000)));
    if (rung.ok()) {
      if (rung->array().size() == 2) Wake(rung->array()[1].text());
      continue;
    }
    std::unique_lock lock(mu_);
    sweep_changed_.wait_for(lock, milliseconds(300), [this] { return stopping_; });
  }
}

OutboxWorker::OutboxWorker(Outbox& outbox, Handler handler, OutboxWorkerOptions options)
    : outbox_(outbox), impl_(std::make_unique<Impl>(outbox, std::move(handler), std::move(options))) {
  outbox_.AttachWorker(this);
}

OutboxWorker::~OutboxWorker() { Stop(); }

void OutboxWorker::Stop() {
  outbox_.AttachWorker(nullptr);
  impl_->Stop();
}

OutboxStats OutboxWorker::stats() const { return impl_->stats(); }

void OutboxWorker::Wake(const std::string& stream) { impl_->Wake(stream); }

}  // namespace crosspoint
