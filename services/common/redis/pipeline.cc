#include "common/redis/pipeline.h"

#include <algorithm>
#include <utility>

#include "common/redis/errors.h"
#include "common/status/status.h"

namespace crosspoint {

bool FallBackToEval(RedisOperation& operation, const RedisReply& reply) {
  if (!operation.eval || !reply.is_error() || RedisErrorCode(reply.text()) != "NOSCRIPT") return false;
  operation.bytes = EncodeRedisCommand(*std::exchange(operation.eval, nullptr));
  return true;
}

RedisPipeline::RedisPipeline(const RedisConfig& config, const std::string& client_name, int epoll_fd,
                             RedisOperationSink& sink, Events events)
    : config_(config),
      sink_(sink),
      events_(std::move(events)),
      link_(config, client_name, epoll_fd,
            {.on_up = [this] { OnUp(); },
             .on_down = [this](const absl::Status& why) { OnDown(why); },
             .on_reply = [this](RedisReply reply) { OnReply(std::move(reply)); }}) {}

void RedisPipeline::Submit(RedisOperation operation) {
  next_expiry_ = std::min(next_expiry_, operation.deadline);
  if (link_.up()) {
    Send(std::move(operation));
  } else {
    waiting_.push_back(std::move(operation));
  }
}

void RedisPipeline::Send(RedisOperation operation) {
  link_.Send(operation.bytes);
  std::string().swap(operation.bytes);
  operation.sent = std::chrono::steady_clock::now();
  in_flight_.push_back(std::move(operation));
}

void RedisPipeline::OnUp() {
  events_.on_up();
  auto waiting = std::exchange(waiting_, {});
  const auto now = std::chrono::steady_clock::now();
  for (auto& operation : waiting) {
    if (operation.deadline > now) {
      Send(std::move(operation));
    } else {
      sink_.Finish(operation, RedisDeadline("connected too late", Happened::kNo));
    }
  }
}

void RedisPipeline::OnDown(const absl::Status& why) {
  auto lost = std::exchange(in_flight_, {});
  for (auto& operation : lost) sink_.Finish(operation, RedisUnavailable(MessageOf(why), Happened::kUnknown));
  events_.on_down(why);
}

void RedisPipeline::OnReply(RedisReply reply) {
  if (in_flight_.empty()) {
    link_.RequestDrop(absl::UnavailableError("protocol error: a reply nobody asked for"));
    return;
  }
  auto operation = std::move(in_flight_.front());
  in_flight_.pop_front();
  if (!operation.done) return;  // its caller was answered at the deadline
  if (FallBackToEval(operation, reply)) {
    Send(std::move(operation));
    return;
  }
  if (!reply.is_error()) {
    sink_.Finish(operation, std::move(reply));
    return;
  }
  if (RedisErrorCode(reply.text()) == "READONLY") {
    // The primary has become a replica: resolve the address again.
    link_.RequestDrop(absl::UnavailableError("Redis is a read-only replica"));
  }
  sink_.Finish(operation, StatusOfRedisError(reply.text()));
}

void RedisPipeline::OnTime(Time now) {
  link_.OnTime(now);
  if (now >= next_expiry_) Expire(now);
  if (link_.up()) CheckLiveness(now);
}

void RedisPipeline::Expire(Time now) {
  next_expiry_ = Time::max();
  // Sent ones keep their place in the queue, since their replies will come.
  for (auto& operation : in_flight_) {
    if (!operation.done) continue;
    if (operation.deadline <= now) {
      sink_.Finish(operation, RedisDeadline("no reply from Redis in time", Happened::kUnknown));
    } else {
      next_expiry_ = std::min(next_expiry_, operation.deadline);
    }
  }
  std::deque<RedisOperation> still_waiting;
  for (auto& operation : waiting_) {
    if (operation.deadline <= now) {
      sink_.Finish(operation, RedisUnavailable(MessageOf(link_.last_error()), Happened::kNo));
    } else {
      next_expiry_ = std::min(next_expiry_, operation.deadline);
      still_waiting.push_back(std::move(operation));
    }
  }
  waiting_ = std::move(still_waiting);
}

// A peer that vanished without a word is noticed by a reply that stays away; an idle connection asks for one.
void RedisPipeline::CheckLiveness(Time now) {
  if (in_flight_.empty()) {
    if (now - link_.last_received() < config_.stall_timeout) return;
    RedisOperation ping;
    ping.bytes = EncodeRedisCommand({"PING"});
    ping.deadline = Time::max();
    Send(std::move(ping));
    link_.Flush();
    return;
  }
  if (now - std::max(link_.last_received(), in_flight_.front().sent) >= config_.stall_timeout) {
    link_.RequestDrop(absl::UnavailableError("no answer from Redis"));
    link_.Flush();
  }
}

RedisPipeline::Time RedisPipeline::next_time() const {
  auto next = std::min(link_.next_time(), next_expiry_);
  if (link_.up()) {
    auto heard = link_.last_received();
    if (!in_flight_.empty()) heard = std::max(heard, in_flight_.front().sent);
    next = std::min(next, heard + config_.stall_timeout);
  }
  return next;
}

void RedisPipeline::FailAll(const absl::Status& why) {
  for (auto& operation : std::exchange(in_flight_, {})) {
    sink_.Finish(operation, RedisUnavailable(MessageOf(why), Happened::kUnknown));
  }
  for (auto& operation : std::exchange(waiting_, {})) {
    sink_.Finish(operation, RedisUnavailable(MessageOf(why), Happened::kNo));
  }
}

}  // namespace crosspoint
