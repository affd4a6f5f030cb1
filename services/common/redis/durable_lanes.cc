#include "common/redis/durable_lanes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/redis/errors.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

constexpr int kLanes = 2;  // one group is written while the other waits for its replicas
constexpr size_t kMaxGroup = 256;

absl::Status NotDurable(const std::string& why) {
  return ErrorWithInfo(absl::StatusCode::kUnavailable, why + "; it may be lost",
                       {.reason = "NOT_DURABLE", .domain = kRedisErrorDomain, .metadata = {{"happened", "unknown"}}});
}

}  // namespace

struct DurableLanes::Lane {
  enum class State { kIdle, kWriting, kWaiting, kWaitingForFile };

  struct Write {
    RedisOperation operation;
    RedisReply reply;
  };

  State state = State::kIdle;
  std::vector<Write> group;  // those whose operation has no `done` need no answer any more
  size_t replied = 0;
  Time expect_by = Time::max();  // when a silent connection is given up
  std::unique_ptr<RedisLink> link;
};

// How long the most patient caller of the group still waits; nullopt when all have gone.
std::optional<std::chrono::milliseconds> DurableLanes::Patience(const Lane& lane) const {
  const auto now = std::chrono::steady_clock::now();
  auto latest = now;
  for (const auto& write : lane.group) {
    if (write.operation.done) latest = std::max(latest, write.operation.deadline);
  }
  if (latest == now) return std::nullopt;
  return std::clamp(std::chrono::ceil<std::chrono::milliseconds>(latest - now), std::chrono::milliseconds(1),
                    std::chrono::milliseconds(10'000));
}

std::string DurableMarkKey(std::string_view key) {
  const auto open = key.find('{');
  const auto close = open == std::string_view::npos ? open : key.find('}', open);
  return std::string(key.substr(0, close == std::string_view::npos ? key.size() : close + 1)) + ":durable";
}

DurableLanes::DurableLanes(const RedisConfig& config, const std::string& client_name, int epoll_fd,
                           RedisOperationSink& sink)
    : config_(config),
      sink_(sink),
      wanted_replicas_(config.durability == RedisDurability::kWaitAll ? config.replicas : 1),
      file_too_(!config.allow_volatile) {
  for (int i = 0; i < kLanes; ++i) {
    auto& lane = *lanes_.emplace_back(std::make_unique<Lane>());
    lane.link = std::make_unique<RedisLink>(
        config, client_name + "-durable", epoll_fd,
        RedisLink::Events{.on_up = [this, &lane] { StartGroup(lane); },
                          .on_down =
                              [this, &lane](const absl::Status& why) {
                                EndGroup(lane, RedisUnavailable(MessageOf(why), Happened::kUnknown));
                              },
                          .on_reply = [this, &lane](RedisReply reply) { OnReply(lane, std::move(reply)); }});
  }
}

DurableLanes::~DurableLanes() = default;

void DurableLanes::Submit(RedisOperation operation) {
  next_expiry_ = std::min(next_expiry_, operation.deadline);
  pending_.push_back(std::move(operation));
}

void DurableLanes::Flush() {
  for (auto& lane : lanes_) {
    if (lane->link->up() && lane->state == Lane::State::kIdle) StartGroup(*lane);
    lane->link->Flush();
  }
}

void DurableLanes::StartGroup(Lane& lane) {
  const auto now = std::chrono::steady_clock::now();
  while (!pending_.empty() && lane.group.size() < kMaxGroup) {
    auto operation = std::move(pending_.front());
    pending_.pop_front();
    if (operation.deadline <= now) {
      sink_.Finish(operation, RedisDeadline("waited too long for its turn", Happened::kNo));
      continue;
    }
    lane.link->Send(operation.bytes);
    std::string().swap(operation.bytes);
    lane.group.push_back({std::move(operation), {}});
  }
  if (lane.group.empty()) return;
  lane.link->Send(EncodeRedisCommand({"SET", lane.group.back().operation.mark_key, "1", "PX", "1000"}));
  lane.replied = 0;
  lane.expect_by = now + config_.stall_timeout;
  lane.state = Lane::State::kWriting;
}

void DurableLanes::OnReply(Lane& lane, RedisReply reply) {
  if (reply.is_error() && RedisErrorCode(reply.text()) == "READONLY") {
    lane.link->RequestDrop(absl::UnavailableError("Redis is a read-only replica"));
  }
  switch (lane.state) {
    case Lane::State::kIdle:
      lane.link->RequestDrop(absl::UnavailableError("protocol error: a reply nobody asked for"));
      return;
    case Lane::State::kWriting:
      if (lane.replied < lane.group.size()) {
        auto& write = lane.group[lane.replied++];
        if (reply.is_error()) {
          OnWriteReply(lane, write.operation, std::move(reply));
        } else {
          write.reply = std::move(reply);
        }
      } else if (reply.is_error()) {
        EndGroup(lane, NotDurable("Redis: " + reply.text()));
      } else {
        AskReplicas(lane);
      }
      return;
    case Lane::State::kWaiting:
      OnReplicas(lane, reply);
      return;
    case Lane::State::kWaitingForFile:
      OnFile(lane, reply);
      return;
  }
}

void DurableLanes::OnWriteReply(Lane&, RedisOperation& operation, RedisReply reply) {
  if (operation.done && FallBackToEval(operation, reply)) {
    pending_.push_front(std::move(operation));
    operation.done = nullptr;
    return;
  }
  sink_.Finish(operation, StatusOfRedisError(reply.text()));
}

void DurableLanes::AskReplicas(Lane& lane) {
  if (const auto patience = Patience(lane)) {
    lane.link->Send(EncodeRedisCommand({"WAIT", std::to_string(wanted_replicas_), std::to_string(patience->count())}));
    lane.expect_by = std::chrono::steady_clock::now() + *patience + config_.stall_timeout;
    lane.state = Lane::State::kWaiting;
  } else {
    EndGroup(lane, absl::OkStatus());
  }
}

void DurableLanes::OnReplicas(Lane& lane, const RedisReply& reply) {
  if (reply.is_error()) {
    EndGroup(lane, NotDurable("Redis: " + reply.text()));
  } else if (!file_too_ || reply.integer() < wanted_replicas_) {
    EndByReplicas(lane, reply.integer());
  } else if (const auto patience = Patience(lane)) {
    lane.link->Send(
        EncodeRedisCommand({"WAITAOF", "1", std::to_string(wanted_replicas_), std::to_string(patience->count())}));
    lane.expect_by = std::chrono::steady_clock::now() + *patience + config_.stall_timeout;
    lane.state = Lane::State::kWaitingForFile;
  } else {
    EndGroup(lane, absl::OkStatus());
  }
}

void DurableLanes::OnFile(Lane& lane, const RedisReply& reply) {
  if (reply.is_error() && reply.text().starts_with("ERR unknown command")) {
    file_too_ = false;
    EndGroup(lane, absl::OkStatus());  // WAIT has said yes already
  } else if (reply.is_error()) {
    EndGroup(lane, NotDurable("Redis: " + reply.text()));
  } else if (reply.array().size() != 2 || reply.array()[0].integer() < 1) {
    EndGroup(lane, NotDurable("the primary has not synced its file"));
  } else {
    EndByReplicas(lane, reply.array()[1].integer());
  }
}

void DurableLanes::EndByReplicas(Lane& lane, int64_t replicas) {
  if (replicas >= wanted_replicas_) {
    EndGroup(lane, absl::OkStatus());
  } else {
    EndGroup(lane, NotDurable(fmt::format("{} of {} replicas have the write", replicas, wanted_replicas_)));
  }
}

void DurableLanes::EndGroup(Lane& lane, const absl::Status& status) {
  lane.state = Lane::State::kIdle;
  lane.expect_by = Time::max();
  for (auto& write : std::exchange(lane.group, {})) {
    if (!write.operation.done) continue;
    if (status.ok()) {
      sink_.Finish(write.operation, std::move(write.reply));
    } else {
      sink_.Finish(write.operation, status);
    }
  }
  if (lane.link && lane.link->up()) StartGroup(lane);
}

void DurableLanes::OnTime(Time now) {
  for (auto& lane : lanes_) {
    lane->link->OnTime(now);
    if (lane->link->up() && now >= lane->expect_by) {
      lane->link->RequestDrop(absl::UnavailableError("no answer from Redis"));
    }
  }
  if (now >= next_expiry_) Expire(now);
  Flush();
}

void DurableLanes::Expire(Time now) {
  next_expiry_ = Time::max();
  for (auto& lane : lanes_) {
    for (auto& [operation, reply] : lane->group) {
      if (!operation.done) continue;
      if (operation.deadline <= now) {
        sink_.Finish(operation, RedisDeadline("replicas did not confirm in time", Happened::kUnknown));
      } else {
        next_expiry_ = std::min(next_expiry_, operation.deadline);
      }
    }
  }
  std::deque<RedisOperation> still_pending;
  for (auto& operation : pending_) {
    if (operation.deadline > now) {
      next_expiry_ = std::min(next_expiry_, operation.deadline);
      still_pending.push_back(std::move(operation));
    } else if (lanes_.front()->link->up()) {
      sink_.Finish(operation, RedisDeadline("waited too long for its turn", Happened::kNo));
    } else {
      sink_.Finish(operation, RedisUnavailable(MessageOf(lanes_.front()->link->last_error()), Happened::kNo));
    }
  }
  pending_ = std::move(still_pending);
}

DurableLanes::Time DurableLanes::next_time() const {
  auto next = next_expiry_;
  for (const auto& lane : lanes_) next = std::min({next, lane->link->next_time(), lane->expect_by});
  return next;
}

void DurableLanes::FailAll(const absl::Status& why) {
  for (auto& lane : lanes_) {
    for (auto& write : std::exchange(lane->group, {})) {
      sink_.Finish(write.operation, RedisUnavailable(MessageOf(why), Happened::kUnknown));
    }
    lane->state = Lane::State::kIdle;
  }
  for (auto& operation : std::exchange(pending_, {})) {
    sink_.Finish(operation, RedisUnavailable(MessageOf(why), Happened::kNo));
  }
}

}  // namespace crosspoint
