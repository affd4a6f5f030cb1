#include "common/redis/client.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include "common/log/log.h"
#include "common/redis/durable_lanes.h"
#include "common/redis/errors.h"
#include "common/redis/observer.h"
#include "common/redis/operation.h"
#include "common/redis/pipeline.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

using Time = std::chrono::steady_clock::time_point;

enum class Safety { kPlain, kDurable };

// A caller that waits. Shared, because the caller leaves at its deadline while the answer may still come.
struct Waiter {
  std::mutex mu;
  std::condition_variable answered;
  std::optional<absl::StatusOr<RedisReply>> answer;  // guarded by mu
};

std::vector<std::string> ScriptCommand(std::string verb, std::string script, const std::vector<std::string>& keys,
                                       const std::vector<std::string>& args) {
  std::vector<std::string> command;
  command.reserve(3 + keys.size() + args.size());
  command.push_back(std::move(verb));
  command.push_back(std::move(script));
  command.push_back(std::to_string(keys.size()));
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), args.begin(), args.end());
  return command;
}

std::string InCapitals(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

class RedisClient::Impl final : public RedisOperationSink {
 public:
  Impl(RedisConfig config, RedisClientOptions options);
  ~Impl() override { Stop(); }

  void Stop();
  void Submit(RedisOperation operation, Safety safety, Deadline deadline, Callback done);
  absl::StatusOr<RedisReply> Wait(const std::function<void(Callback)>& submit, Deadline deadline);
  void Finish(RedisOperation& operation, absl::StatusOr<RedisReply> result) override;

  RedisOperation Command(const std::vector<std::string>& args) const;
  RedisOperation Script(const RedisScript& script, const std::vector<std::string>& keys,
                        const std::vector<std::string>& args) const;
  absl::Status Disconnected() const;

  const RedisConfig config_;
  const RedisClientOptions options_;
  std::atomic<bool> connected_{false};

 private:
  void Run();
  void WaitForEvents();
  void TakeInbox();
  void OnUp();
  void OnDown(const absl::Status& why);
  absl::Status Refusal(size_t cost);

  const int epoll_fd_;
  const int wake_fd_;
  std::atomic<size_t> pending_{0};
  std::atomic<size_t> pending_bytes_{0};

  mutable std::mutex mu_;
  std::vector<std::pair<Safety, RedisOperation>> inbox_;  // guarded by mu_
  bool stopping_ = false;                                 // guarded by mu_
  absl::Status last_error_;                               // guarded by mu_

  // I/O thread only.
  RedisPipeline pipeline_;
  std::unique_ptr<DurableLanes> lanes_;  // wait modes only
  bool outage_told_ = false;
  bool was_connected_ = false;
  Time down_since_ = std::chrono::steady_clock::now();

  std::mutex stop_mu_;  // one Stop at a time
  std::thread thread_;  // last: starts when the rest stands
};

RedisClient::Impl::Impl(RedisConfig config, RedisClientOptions options)
    : config_(std::move(config)),
      options_(std::move(options)),
      epoll_fd_(epoll_create1(EPOLL_CLOEXEC)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      last_error_(RedisUnavailable("not connected yet", Happened::kNo)),
      pipeline_(config_, options_.client_name, epoll_fd_, *this,
                {.on_up = [this] { OnUp(); }, .on_down = [this](const absl::Status& why) { OnDown(why); }}) {
  if (epoll_fd_ < 0 || wake_fd_ < 0) std::abort();  // out of descriptors at start
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = nullptr;
  epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event);
  if (config_.durability != RedisDurability::kSingle) {
    lanes_ = std::make_unique<DurableLanes>(config_, options_.client_name, epoll_fd_, *this);
  }
  thread_ = std::thread([this] { Run(); });
}

void RedisClient::Impl::Stop() {
  const std::lock_guard stopping(stop_mu_);
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
    last_error_ = RedisUnavailable("client stopped", Happened::kNo);
  }
  const uint64_t one = 1;
  if (write(wake_fd_, &one, sizeof one) < 0) std::abort();
  thread_.join();
  connected_ = false;
  close(wake_fd_);
  close(epoll_fd_);
}

void RedisClient::Impl::Run() {
  while (true) {
    WaitForEvents();
    {
      const std::lock_guard lock(mu_);
      if (stopping_) break;
    }
    TakeInbox();
    const auto now = std::chrono::steady_clock::now();
    pipeline_.OnTime(now);
    if (lanes_) lanes_->OnTime(now);
  }
  const auto why = absl::UnavailableError("client stopped");
  pipeline_.FailAll(why);
  if (lanes_) lanes_->FailAll(why);
  std::vector<std::pair<Safety, RedisOperation>> rest;
  {
    const std::lock_guard lock(mu_);
    rest.swap(inbox_);
  }
  for (auto& [safety, operation] : rest) Finish(operation, RedisUnavailable("client stopped", Happened::kNo));
}

void RedisClient::Impl::WaitForEvents() {
  auto next = pipeline_.next_time();
  if (lanes_) next = std::min(next, lanes_->next_time());
  int timeout = -1;
  if (next != Time::max()) {
    // Rounded up: waking a moment early would only mean waking twice.
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
    timeout = static_cast<int>(std::clamp<int64_t>(wait.count(), 0, 60'000));
  }
  std::array<epoll_event, 8> events;
  const int count = epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()), timeout);
  for (int i = 0; i < count; ++i) {
    if (auto* link = static_cast<RedisLink*>(events[static_cast<size_t>(i)].data.ptr)) {
      link->OnReady();
    } else {
      uint64_t ignored = 0;
      if (read(wake_fd_, &ignored, sizeof ignored) < 0) continue;  // already drained
    }
  }
}

void RedisClient::Impl::TakeInbox() {
  std::vector<std::pair<Safety, RedisOperation>> taken;
  {
    const std::lock_guard lock(mu_);
    taken.swap(inbox_);
  }
  for (auto& [safety, operation] : taken) {
    if (safety == Safety::kDurable && lanes_) {
      lanes_->Submit(std::move(operation));
    } else {
      pipeline_.Submit(std::move(operation));
    }
  }
  pipeline_.Flush();
  if (lanes_) lanes_->Flush();
}

void RedisClient::Impl::OnUp() {
  connected_ = true;
  if (options_.observer) options_.observer->OnConnected();
  if (options_.log && (outage_told_ || !was_connected_)) {
    const auto took = std::chrono::steady_clock::now() - down_since_;
    options_.log->Info("redis_connected",
                       {{"address", config_.address},
                        {"after_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
  }
  outage_told_ = false;
  was_connected_ = true;
}

void RedisClient::Impl::OnDown(const absl::Status& why) {
  if (connected_.exchange(false)) down_since_ = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(mu_);
    last_error_ = RedisUnavailable(MessageOf(why), Happened::kNo);
  }
  if (options_.observer) options_.observer->OnDisconnected(why);
  if (options_.log && !outage_told_) {
    options_.log->Warn("redis_unavailable", {{"address", config_.address}, {"error", MessageOf(why)}});
  }
  outage_told_ = true;
}

absl::Status RedisClient::Impl::Disconnected() const {
  const std::lock_guard lock(mu_);
  return last_error_;
}

absl::Status RedisClient::Impl::Refusal(size_t cost) {
  if (pending_.load() >= config_.max_pending || pending_bytes_.load() + cost > config_.max_pending_bytes) {
    return RedisError(absl::StatusCode::kResourceExhausted, "REDIS_OVERLOADED", "too many commands wait for Redis");
  }
  return absl::OkStatus();
}

void RedisClient::Impl::Submit(RedisOperation operation, Safety safety, Deadline deadline, Callback done) {
  operation.started = std::chrono::steady_clock::now();
  operation.deadline = deadline;
  operation.cost = operation.bytes.size();
  auto refusal = operation.started >= deadline ? RedisDeadline("the deadline has passed already", Happened::kNo)
                                               : Refusal(operation.cost);
  if (refusal.ok()) {
    operation.done = std::move(done);
    pending_.fetch_add(1);
    pending_bytes_.fetch_add(operation.cost);
    const std::lock_guard lock(mu_);
    if (!stopping_) {
      inbox_.emplace_back(safety, std::move(operation));
      const uint64_t one = 1;
      if (inbox_.size() == 1 && write(wake_fd_, &one, sizeof one) < 0) std::abort();
      return;
    }
    refusal = last_error_;
    done = std::move(operation.done);
    pending_.fetch_sub(1);
    pending_bytes_.fetch_sub(operation.cost);
  }
  done(std::move(refusal));
}

void RedisClient::Impl::Finish(RedisOperation& operation, absl::StatusOr<RedisReply> result) {
  if (!operation.done) return;
  const auto done = std::exchange(operation.done, nullptr);
  pending_.fetch_sub(1);
  pending_bytes_.fetch_sub(operation.cost);
  if (options_.observer) {
    options_.observer->OnCommand(operation.name, result.status(), std::chrono::steady_clock::now() - operation.started);
  }
  done(std::move(result));
}

absl::StatusOr<RedisReply> RedisClient::Impl::Wait(const std::function<void(Callback)>& submit, Deadline deadline) {
  if (std::this_thread::get_id() == thread_.get_id()) {
    std::fputs("RedisClient: a blocking call from a callback would wait for itself\n", stderr);
    std::abort();
  }
  const auto waiter = std::make_shared<Waiter>();
  submit([waiter](absl::StatusOr<RedisReply> result) {
    const std::lock_guard lock(waiter->mu);
    waiter->answer = std::move(result);
    waiter->answered.notify_one();
  });
  std::unique_lock lock(waiter->mu);
  // The I/O thread answers at the deadline and knows more; the margin only covers it being held up (name resolution).
  constexpr std::chrono::milliseconds kMargin{50};
  const auto until = deadline < Deadline::max() - kMargin ? deadline + kMargin : deadline;
  if (!waiter->answered.wait_until(lock, until, [&] { return waiter->answer.has_value(); })) {
    return RedisDeadline("no reply from Redis in time", Happened::kUnknown);
  }
  return *std::move(waiter->answer);
}

RedisOperation RedisClient::Impl::Command(const std::vector<std::string>& args) const {
  RedisOperation operation;
  operation.bytes = EncodeRedisCommand(args);
  if (options_.observer && !args.empty()) operation.name = InCapitals(args[0]);
  if (lanes_ && args.size() > 1) operation.mark_key = DurableMarkKey(args[1]);
  return operation;
}

RedisOperation RedisClient::Impl::Script(const RedisScript& script, const std::vector<std::string>& keys,
                                         const std::vector<std::string>& args) const {
  RedisOperation operation;
  operation.bytes = EncodeRedisCommand(ScriptCommand("EVALSHA", script.sha1(), keys, args));
  operation.eval = std::make_unique<std::vector<std::string>>(ScriptCommand("EVAL", script.source(), keys, args));
  if (options_.observer) operation.name = "script:" + script.name();
  if (lanes_ && !keys.empty()) operation.mark_key = DurableMarkKey(keys[0]);
  return operation;
}

RedisClient::RedisClient(RedisConfig config, RedisClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(config), std::move(options))) {}

RedisClient::~RedisClient() = default;

void RedisClient::Stop() { impl_->Stop(); }

void RedisClient::CallAsync(std::vector<std::string> args, Deadline deadline, Callback done) {
  impl_->Submit(impl_->Command(args), Safety::kPlain, deadline, std::move(done));
}

void RedisClient::CallDurableAsync(std::vector<std::string> args, Deadline deadline, Callback done) {
  impl_->Submit(impl_->Command(args), Safety::kDurable, deadline, std::move(done));
}

absl::StatusOr<RedisReply> RedisClient::Call(std::vector<std::string> args, Deadline deadline) {
  return impl_->Wait([&](Callback done) { CallAsync(std::move(args), deadline, std::move(done)); }, deadline);
}

absl::StatusOr<RedisReply> RedisClient::CallDurable(std::vector<std::string> args, Deadline deadline) {
  return impl_->Wait([&](Callback done) { CallDurableAsync(std::move(args), deadline, std::move(done)); }, deadline);
}

void RedisClient::RunScriptAsync(const RedisScript& script, std::vector<std::string> keys,
                                 std::vector<std::string> args, Deadline deadline, Callback done) {
  if (auto status = CheckOneTag(keys); !status.ok()) {
    done(std::move(status));
    return;
  }
  impl_->Submit(impl_->Script(script, keys, args), Safety::kPlain, deadline, std::move(done));
}

void RedisClient::RunScriptDurableAsync(const RedisScript& script, std::vector<std::string> keys,
                                        std::vector<std::string> args, Deadline deadline, Callback done) {
  if (auto status = CheckOneTag(keys); !status.ok()) {
    done(std::move(status));
    return;
  }
  impl_->Submit(impl_->Script(script, keys, args), Safety::kDurable, deadline, std::move(done));
}

absl::StatusOr<RedisReply> RedisClient::RunScript(const RedisScript& script, std::vector<std::string> keys,
                                                  std::vector<std::string> args, Deadline deadline) {
  return impl_->Wait(
      [&](Callback done) { RunScriptAsync(script, std::move(keys), std::move(args), deadline, std::move(done)); },
      deadline);
}

absl::StatusOr<RedisReply> RedisClient::RunScriptDurable(const RedisScript& script, std::vector<std::string> keys,
                                                         std::vector<std::string> args, Deadline deadline) {
  return impl_->Wait(
      [&](Callback done) {
        RunScriptDurableAsync(script, std::move(keys), std::move(args), deadline, std::move(done));
      },
      deadline);
}

absl::Status RedisClient::Ping() {
  if (!connected()) return impl_->Disconnected();
  return Call({"PING"}, std::chrono::steady_clock::now() + std::chrono::milliseconds(500)).status();
}

bool RedisClient::connected() const { return impl_->connected_; }

Deadline RedisClient::DefaultDeadline() const {
  return std::chrono::steady_clock::now() + impl_->config_.default_deadline;
}

const RedisConfig& RedisClient::config() const { return impl_->config_; }

}  // namespace crosspoint
