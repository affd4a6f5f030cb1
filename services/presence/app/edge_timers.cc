#include "presence/app/edge_timers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

using std::chrono::microseconds;

// Added to every sleep: waking a moment early would cost a call that finds nothing to do.
constexpr microseconds kMargin{500};
// Before the same edge is tried again: the store's clock was not there yet, or the table is about to be replaced.
constexpr std::chrono::milliseconds kPause{2};
// Corrections of the clock by less leave nothing behind that a new edge would not put right.
constexpr std::chrono::seconds kClockStep{1};

}  // namespace

EdgeTimers::EdgeTimers(EdgeStore& store, log::Logger& log, EdgeConfig config)
    : store_(store), log_(log), config_(config), queue_(config.salt) {}

EdgeTimers::~EdgeTimers() { Stop(); }

void EdgeTimers::Start(const PresenceTable& table, Fired fired) {
  table_ = &table;
  fired_ = std::move(fired);
  store_.RefreshClock();
  thread_ = std::thread([this] { Run(); });
}

void EdgeTimers::Stop() {
  {
    std::unique_lock lock(mu_);
    stopping_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return in_flight_ == 0; });
  }
  if (thread_.joinable()) thread_.join();
}

void EdgeTimers::OnRecord(const UserKey& user, TimePoint next_edge) {
  const std::lock_guard lock(mu_);
  const auto before = queue_.Next();
  queue_.Arm(user, next_edge);
  if (queue_.Next() != before) changed_.notify_all();
}

size_t EdgeTimers::armed() const {
  const std::lock_guard lock(mu_);
  return queue_.size();
}

void EdgeTimers::Run() {
  auto refreshed = std::chrono::steady_clock::now();
  for (;;) {
    const auto wait = FireDue();
    std::unique_lock lock(mu_);
    if (stopping_) return;
    if (wait > microseconds{0}) changed_.wait_for(lock, std::min<microseconds>(wait, config_.recheck));
    if (stopping_) return;
    lock.unlock();
    const auto now = std::chrono::steady_clock::now();
    if (now - refreshed >= config_.recheck) {
      refreshed = now;
      store_.RefreshClock();
    }
  }
}

void EdgeTimers::NoteClock(TimePoint now) {
  const bool went_back = now + kClockStep < std::exchange(latest_, now);
  if (!went_back) return;
  log_.Warn("presence_clock_went_back", {{"to", now.time_since_epoch().count() / 1'000'000}});
  const auto users = table_->ChangedAfter(now);
  const std::lock_guard lock(mu_);
  for (const auto& user : users) queue_.Arm(user, now);
}

microseconds EdgeTimers::FireDue() {
  const auto now = store_.StoreNow();
  if (!now) {
    store_.RefreshClock();
    return config_.retry;
  }
  NoteClock(*now);
  std::vector<std::string> due;
  microseconds wait = config_.recheck;
  {
    const std::lock_guard lock(mu_);
    if (stopping_) return wait;
    const auto steady = std::chrono::steady_clock::now();
    if (steady < not_before_) return std::chrono::ceil<microseconds>(not_before_ - steady);
    const int room = config_.max_in_flight - in_flight_;
    if (room <= 0) return wait;  // woken when one comes back
    due = queue_.TakeDue(*now, static_cast<size_t>(room));
    in_flight_ += static_cast<int>(due.size());
    if (const auto next = queue_.Next())
      wait = std::min<microseconds>(wait, std::max(*next - *now, microseconds{0}) + kMargin);
  }
  for (const auto& user : due) {
    const auto edge = table_->Get(user).next_edge;
    store_.FireEdge(
        user, [this, user, edge](absl::StatusOr<ChangeResult> result) { OnFired(user, edge, std::move(result)); });
  }
  return due.empty() ? wait : microseconds{0};
}

void EdgeTimers::OnFired(const UserKey& user, TimePoint edge, absl::StatusOr<ChangeResult> result) {
  bool say_failing = false;
  bool say_working = false;
  if (result.ok()) {
    auto& counter = result->changed ? counters_.fired : counters_.repeated;
    counter.fetch_add(1, std::memory_order_relaxed);
    fired_(user, edge, *result);
  } else {
    counters_.failed.fetch_add(1, std::memory_order_relaxed);
  }
  table_->Repeat(user);  // arms what is to come, or the same edge again
  const bool same_again = edge != kOpenEnd && table_->Get(user).next_edge == edge;
  const std::lock_guard lock(mu_);
  if (result.ok()) {
    say_working = std::exchange(failing_, false);
    if (same_again) not_before_ = std::chrono::steady_clock::now() + kPause;
  } else {
    say_failing = !std::exchange(failing_, true);
    not_before_ = std::chrono::steady_clock::now() + config_.retry;
  }
  if (say_failing) log_.Warn("presence_edges_waiting", {{"error", MessageOf(result.status())}});
  if (say_working) log_.Info("presence_edges_firing_again");
  --in_flight_;
  changed_.notify_all();  // under the lock: Stop may destroy this right after
}

}  // namespace crosspoint::presence
