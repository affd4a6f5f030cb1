#include "common/redis/slots.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "common/ids/ids.h"
#include "common/redis/blocking_connection.h"
#include "common/redis/errors.h"
#include "common/redis/slots_scripts.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

// A script answers in a fraction of a millisecond; a Redis that does not is away as far as slots go.
constexpr milliseconds kScriptLimit{500};
constexpr seconds kGrace{1};
constexpr int kGiveAttempts = 3;
// Between two looks of one who waits, should a message be lost.
constexpr microseconds kLongestSleep{seconds(5)};
constexpr microseconds kShortestSleep{milliseconds(20)};
// Those who wait beyond this number are refused: each holds a thread and a connection.
constexpr size_t kMaxWaiting = 64;
constexpr size_t kMaxIdleConnections = 8;

microseconds Until(Deadline deadline) {
  return std::max(std::chrono::floor<microseconds>(deadline - SteadyClock::now()), microseconds(0));
}

std::string Number(microseconds time) { return std::to_string(time.count()); }

absl::Status Paused(microseconds left) {
  const auto whole = std::chrono::ceil<milliseconds>(left);
  return ErrorWithInfo(absl::StatusCode::kResourceExhausted, fmt::format("paused for {} ms yet", whole.count()),
                       {.reason = "SLOTS_PAUSED",
                        .domain = kRedisErrorDomain,
                        .metadata = {{"remaining_ms", std::to_string(whole.count())}}});
}

absl::Status Taken(std::string_view why) {
  return RedisError(absl::StatusCode::kResourceExhausted, "SLOTS_TAKEN", why);
}

double RandomFraction() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<>(0, 1)(random);
}

// Connections on which threads wait for their turn; made when needed, a few kept.
class TurnConnections {
 public:
  explicit TurnConnections(const RedisConfig& config) : config_(config) {}

  // Null when too many wait already.
  std::unique_ptr<RedisBlockingConnection> Borrow() {
    const std::lock_guard lock(mu_);
    if (borrowed_ >= kMaxWaiting) return nullptr;
    ++borrowed_;
    if (idle_.empty()) return std::make_unique<RedisBlockingConnection>(config_, "crosspoint-slots");
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  void Return(std::unique_ptr<RedisBlockingConnection> connection) {
    const std::lock_guard lock(mu_);
    --borrowed_;
    if (idle_.size() < kMaxIdleConnections) idle_.push_back(std::move(connection));
  }

 private:
  const RedisConfig config_;
  std::mutex mu_;
  size_t borrowed_ = 0;                                         // guarded by mu_
  std::vector<std::unique_ptr<RedisBlockingConnection>> idle_;  // guarded by mu_
};

}  // namespace

class SharedSlots::Impl {
 public:
  Impl(RedisClient& redis, std::string pool, SlotLimits limits)
      : redis_(redis), pool_(std::move(pool)), limits_(limits), turns_(redis.config()) {}

  absl::StatusOr<TakenSlot> Take(const SlotRequest& request) {
    TakenSlot slot{.id = ids_.NewId(""), .lane = request.lane};
    absl::Status status = Queue(request, slot);
    if (status.ok()) return slot;
    // What has been asked for may have been given meanwhile, or by an answer that was lost.
    Give(slot, false);
    return status;
  }

  void Give(const TakenSlot& slot, bool success) {
    GiveBack(redis_, Keys(),
             {pool_, std::to_string(limits_.total), std::to_string(limits_.per_lane), std::to_string(limits_.reserved),
              Member(slot), success ? "1" : "0"},
             SteadyClock::now() + seconds(5), kGiveAttempts);
  }

  std::vector<std::string> PauseArgs(const std::string& lane, std::optional<milliseconds> length,
                                     const PauseGrowth& growth) const {
    return {pool_,
            lane,
            length ? Number(*length) : "-1",
            Number(growth.first),
            Number(growth.most),
            fmt::format("{:.6f}", RandomFraction())};
  }
  std::vector<std::string> Keys() const {
    return {pool_ + ":taken", pool_ + ":urgent", pool_ + ":background", pool_ + ":wants", pool_ + ":pause"};
  }

  RedisClient& redis_;

 private:
  struct Answer {
    std::string kind;
    microseconds pause{};
    microseconds next_lease{};
  };

  // What went down with a connection is said again on the next: a slot not given back is nobody's until its lease ends.
  static void GiveBack(RedisClient& redis, const std::vector<std::string>& keys, const std::vector<std::string>& args,
                       Deadline deadline, int attempts) {
    redis.RunScriptAsync(GiveSlotScript(), keys, args, deadline,
                         [&redis, keys, args, deadline, attempts](const absl::StatusOr<RedisReply>& reply) {
                           if (attempts > 1 && absl::IsUnavailable(reply.status())) {
                             GiveBack(redis, keys, args, deadline, attempts - 1);
                           }
                         });
  }

  static std::string Member(const TakenSlot& slot) { return slot.id + ":" + slot.lane; }

  absl::StatusOr<Answer> Ask(const SlotRequest& request, const TakenSlot& slot) {
    CROSSPOINT_ASSIGN_OR_RETURN(
        const auto reply,
        redis_.RunScript(TakeSlotScript(), Keys(),
                         {pool_, std::to_string(limits_.total), std::to_string(limits_.per_lane),
                          std::to_string(limits_.reserved), Member(slot), request.urgent ? "urgent" : "background",
                          Number(Until(request.give_up)), Number(Until(request.hold_until) + kGrace)},
                         SteadyClock::now() + kScriptLimit));
    const auto& parts = reply.array();
    if (parts.empty()) return absl::InternalError("slots_take: unexpected reply");
    Answer answer{.kind = parts[0].text()};
    if (parts.size() > 1) answer.pause = microseconds(parts[1].integer());
    if (parts.size() > 2) answer.next_lease = microseconds(parts[2].integer());
    return answer;
  }

  // OK when the slot is ours.
  absl::Status Queue(const SlotRequest& request, TakenSlot& slot) {
    while (true) {
      CROSSPOINT_ASSIGN_OR_RETURN(const Answer answer, Ask(request, slot));
      if (answer.kind == "taken") return absl::OkStatus();
      if (answer.kind == "paused") return Paused(answer.pause);
      if (answer.kind != "wait") return Taken("too many wait for a slot");
      if (SteadyClock::now() >= request.give_up) return Taken("no slot became free in time");
      const auto begin = SteadyClock::now();
      if (answer.pause.count() > 0) {
        // Nothing can be given before; Redis's own timers are ten times a second and would be late.
        std::this_thread::sleep_for(answer.pause);
        slot.waited_for_pause += Since(begin);
        continue;
      }
      const auto turn = AwaitTurn(request, slot, answer.next_lease);
      slot.waited_for_slot += Since(begin);
      if (!turn.ok()) return turn.status();
      if (*turn) return absl::OkStatus();
    }
  }

  // True when the slot was handed over, false when it is time to look again.
  absl::StatusOr<bool> AwaitTurn(const SlotRequest& request, const TakenSlot& slot, microseconds next_lease) {
    auto connection = turns_.Borrow();
    if (connection == nullptr) return Taken("too many wait for a slot");
    const auto look_again =
        next_lease.count() == 0 ? kLongestSleep : std::clamp<microseconds>(next_lease, kShortestSleep, kLongestSleep);
    const auto wait = std::min(look_again, Until(request.give_up));
    const auto reply = connection->Call(
        {"BLPOP", pool_ + ":turn:" + slot.id, fmt::format("{:.3f}", std::max(0.001, wait.count() / 1e6))},
        std::min(request.give_up, SteadyClock::now() + wait + kScriptLimit));
    turns_.Return(std::move(connection));
    if (absl::IsDeadlineExceeded(reply.status())) return false;
    if (!reply.ok()) return reply.status();
    const auto& parts = reply->array();
    return parts.size() == 2 && parts[1].text() == "1";
  }

  static microseconds Since(SteadyClock::time_point begin) {
    return std::chrono::duration_cast<microseconds>(SteadyClock::now() - begin);
  }

  const std::string pool_;
  const SlotLimits limits_;
  TurnConnections turns_;
  RandomIdSource ids_;
};

SharedSlots::SharedSlots(RedisClient& redis, std::string pool, SlotLimits limits)
    : impl_(std::make_unique<Impl>(redis, std::move(pool), limits)) {}

SharedSlots::~SharedSlots() = default;

absl::StatusOr<TakenSlot> SharedSlots::Take(const SlotRequest& request) { return impl_->Take(request); }

void SharedSlots::Give(const TakenSlot& slot, bool success) { impl_->Give(slot, success); }

absl::StatusOr<milliseconds> SharedSlots::Pause(const std::string& lane, std::optional<milliseconds> length,
                                                const PauseGrowth& growth, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      impl_->redis_.RunScript(PauseSlotsScript(), impl_->Keys(), impl_->PauseArgs(lane, length, growth), deadline));
  return std::chrono::ceil<milliseconds>(microseconds(reply.integer()));
}

void SharedSlots::PauseAsync(const std::string& lane, std::optional<milliseconds> length, const PauseGrowth& growth) {
  impl_->redis_.RunScriptAsync(PauseSlotsScript(), impl_->Keys(), impl_->PauseArgs(lane, length, growth),
                               SteadyClock::now() + seconds(5), [](const absl::StatusOr<RedisReply>&) {});
}

absl::StatusOr<milliseconds> SharedSlots::PauseLeft(const std::string& lane, Deadline deadline) {
  // The script without anything to add tells how long it lasts.
  CROSSPOINT_ASSIGN_OR_RETURN(const auto everywhere, Pause("", milliseconds(0), {}, deadline));
  if (lane.empty()) return everywhere;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto here, Pause(lane, milliseconds(0), {}, deadline));
  return std::max(everywhere, here);
}

}  // namespace crosspoint
