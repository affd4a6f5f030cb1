#include "presence/app/watch_hub.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "presence/app/watch.h"

namespace crosspoint::presence {
namespace {

constexpr std::chrono::milliseconds kLaggingPause{10};
constexpr int kWatchesPerTurn = 32;
// What changes so soon after a message goes into the next one together with what comes until then.
constexpr std::chrono::milliseconds kGathering{10};
// So long waits a change for others for each watch it goes to, up to kGathering in all: a part of what telling them
// takes.
constexpr std::chrono::microseconds kGatheringPerWatch{10};

}  // namespace

WatchHub::WatchHub(const PresenceTable& table, WriteTogether together) : table_(table), together_(std::move(together)) {
  for (size_t shard = 0; shard < kShards; ++shard) told_[shard] = table.Revisions(static_cast<uint8_t>(shard)).first;
  MoveOn();
  thread_ = std::thread([this] { Run(); });
}

WatchHub::~WatchHub() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::shared_ptr<Watch> WatchHub::Open(std::shared_ptr<WatchSink> sink, std::string_view resume_token) {
  auto token = ResumeToken::Decode(resume_token);
  bool gap = !resume_token.empty() && !token;
  if (token) {
    // Of another life of the store: nothing the caller knows can be compared.
    gap = token->epoch != TokenEpoch();
    if (gap) {
      token.reset();
    } else {
      token->epoch = table_.CommonEpoch();
    }
  }
  counters_.watches.fetch_add(1, std::memory_order_relaxed);
  auto watch = std::make_shared<Watch>(std::move(sink), std::move(token), gap);
  const std::lock_guard lock(index_mu_);
  open_.insert_or_assign(watch.get(), watch);
  return watch;
}

absl::Status WatchHub::Add(const std::shared_ptr<Watch>& watch, const std::vector<UserKey>& users) {
  {
    const std::lock_guard index_lock(index_mu_);
    const std::lock_guard lock(watch->mu_);
    if (watch->sink_ == nullptr) return absl::OkStatus();
    const auto added = static_cast<size_t>(
        std::count_if(users.begin(), users.end(), [&](const UserKey& user) { return !watch->users_.contains(user); }));
    if (watch->users_.size() + added > kMaxUsersPerWatch) {
      return ErrorWithInfo(absl::StatusCode::kResourceExhausted, "a stream watches at most 10,000 users",
                           {"TOO_MANY_WATCHED_USERS", "presence.crosspoint", {}});
    }
    for (const auto& user : users) {
      const auto [at, inserted] = watch->users_.try_emplace(user);
      if (!inserted) continue;
      auto& entries = index_[user];
      at->second.position = entries.size();
      entries.push_back({watch.get(), &*at});
      watch->CountShard(table_.ShardOf(user), 1);
      counters_.watched_users.fetch_add(1, std::memory_order_relaxed);
      const auto record = table_.Get(user);
      if (watch->Knows(table_, user, record)) {
        at->second.sent = record.visible_revision;
      } else {
        watch->MarkDirty(*at, Told(user, record));
      }
    }
    watch->resume_.reset();
    watch->sync_owed_ = true;
  }
  Flush(watch);
  return absl::OkStatus();
}

void WatchHub::Unindex(const User& user) {
  const auto at = index_.find(user.first);
  auto& entries = at->second;
  const size_t position = user.second.position;
  entries[position] = entries.back();
  entries[position].user->second.position = position;
  entries.pop_back();
  if (entries.empty()) index_.erase(at);
  counters_.watched_users.fetch_sub(1, std::memory_order_relaxed);
}

void WatchHub::Remove(const std::shared_ptr<Watch>& watch, const std::vector<UserKey>& users) {
  const std::lock_guard index_lock(index_mu_);
  const std::lock_guard lock(watch->mu_);
  for (const auto& user : users) {
    const auto at = watch->users_.find(user);
    if (at == watch->users_.end()) continue;
    Unindex(*at);
    watch->CountShard(table_.ShardOf(user), -1);
    if (at->second.next != nullptr) std::erase(watch->dirty_, &*at);
    watch->users_.erase(at);
  }
}

void WatchHub::Close(const std::shared_ptr<Watch>& watch) {
  {
    const std::lock_guard index_lock(index_mu_);
    const std::lock_guard lock(watch->mu_);
    if (watch->sink_ == nullptr) return;
    for (const auto& user : watch->users_) Unindex(user);
    watch->dirty_.clear();
    watch->users_.clear();
    watch->sink_.reset();
    open_.erase(watch.get());
  }
  counters_.watches.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard lock(mu_);
  lagging_.erase(watch);
}

void WatchHub::Resume(const std::shared_ptr<Watch>& watch) { Flush(watch); }

void WatchHub::Flush(const std::shared_ptr<Watch>& watch) {
  bool lagging = false;
  {
    // Taken before the states are: what is sent is at least as new as the token says.
    const auto standpoint = CurrentStandpoint();
    const std::lock_guard lock(watch->mu_);
    while (watch->sink_ != nullptr && watch->Owes(current_)) {
      lagging = watch->sink_->Backlog() >= Watch::kMaxBacklog || !watch->WriteOne(*standpoint, current_, counters_);
      if (lagging) break;
    }
  }
  if (!lagging) return;
  const std::lock_guard lock(mu_);
  lagging_.insert(watch);
  wake_.notify_all();
}

void WatchHub::OnChange(uint8_t shard, uint64_t revision, UserKey user) {
  const std::lock_guard lock(mu_);
  if (events_.empty()) wake_.notify_all();
  events_.push_back({shard, revision, false, std::move(user), {}, {}});
}

void WatchHub::OnTable(const TenantId& tenant, std::string look) {
  const std::lock_guard lock(mu_);
  if (events_.empty()) wake_.notify_all();
  events_.push_back({0, 0, false, tenant.value + "/", std::move(look), {}});
}

void WatchHub::OnCurrent(bool current) {
  const std::lock_guard lock(mu_);
  if (events_.empty()) wake_.notify_all();
  events_.push_back({0, 0, false, {}, {}, current});
}

std::string WatchHub::TokenEpoch() const {
  auto epoch = table_.CommonEpoch();
  const std::lock_guard lock(look_mu_);
  return epoch.empty() || look_.empty() ? epoch : epoch + "~" + look_;
}

std::shared_ptr<const Standpoint> WatchHub::CurrentStandpoint() const {
  const std::lock_guard lock(look_mu_);
  return standpoint_;
}

void WatchHub::MoveOn() {
  auto epoch = TokenEpoch();
  const std::lock_guard lock(look_mu_);
  if (standpoint_ != nullptr && standpoint_->Is(epoch, told_)) return;
  standpoint_ = std::make_shared<const Standpoint>(std::move(epoch), told_);
}

SharedPresence WatchHub::Told(const UserKey& user, const PresenceRecord& record) const {
  return std::make_shared<const ToldPresence>(PresenceOf(UserOf(user), record));
}

void WatchHub::OnReplace(uint8_t shard, uint64_t revision, const PresenceTable::Reset& reset) {
  const std::lock_guard lock(mu_);
  if (events_.empty()) wake_.notify_all();
  for (const auto& user : reset.users) events_.push_back({shard, 0, false, user, {}, {}});
  events_.push_back({shard, revision, reset.new_epoch, {}, {}, {}});
}

void WatchHub::Mark(const UserKey& name, const std::vector<Entry>& entries, Why why, Due& due) {
  const auto told = Told(name, table_.Get(name));
  for (const auto& [watch, user] : entries) {
    const std::lock_guard lock(watch->mu_);
    if (why == Why::kGap) watch->gap_ = true;
    if (why != Why::kChanged) user->second.sent = Watched::kNothing;
    if (user->second.next != nullptr) counters_.coalesced.fetch_add(1, std::memory_order_relaxed);
    watch->MarkDirty(*user, told);
    watch->MakeDue(due);
  }
}

void WatchHub::Spread(const Event& event, Due& due) {
  const std::lock_guard index_lock(index_mu_);
  if (event.current) {
    current_ = *event.current;
    for (const auto& [watch, owned] : open_) {
      if (const auto open = owned.lock()) open->MakeDue(due);
    }
    return;
  }
  if (event.look) {
    for (const auto& [user, entries] : index_) {
      if (user.starts_with(event.user)) Mark(user, entries, Why::kLook, due);
    }
    const std::lock_guard look_lock(look_mu_);
    look_ = *event.look;
    return;
  }
  if (!event.user.empty()) {
    if (const auto at = index_.find(event.user); at != index_.end()) Mark(event.user, at->second, Why::kChanged, due);
  }
  if (event.new_epoch) {
    for (const auto& [user, entries] : index_) {
      if (table_.ShardOf(user) == event.shard) Mark(user, entries, Why::kGap, due);
    }
  }
  if (event.new_epoch || event.revision > told_[event.shard]) told_[event.shard] = event.revision;
}

void WatchHub::Run() {
  using SteadyClock = std::chrono::steady_clock;
  std::vector<Event> events;
  std::unordered_set<std::shared_ptr<Watch>> lagging;
  Due due;
  auto look_again = SteadyClock::now();  // at those that lag
  auto gathered = look_again;            // when the first of those due may be flushed
  std::unique_lock lock(mu_);
  while (!stopping_) {
    if (events_.empty()) {
      auto next = due.empty() ? SteadyClock::time_point::max() : std::max(due.front()->not_before_, gathered);
      if (!lagging_.empty()) next = std::min(next, look_again);
      if (next == SteadyClock::time_point::max()) {
        wake_.wait(lock);
      } else if (next > SteadyClock::now()) {
        wake_.wait_until(lock, next);
      }
    }
    if (stopping_) break;
    events.clear();
    events.swap(events_);
    lagging.clear();
    const auto now = SteadyClock::now();
    if (now >= look_again && !lagging_.empty()) {
      lagging.swap(lagging_);
      look_again = now + kLaggingPause;
    }
    lock.unlock();
    const bool idle = due.empty();
    for (const auto& event : events) Spread(event, due);
    MoveOn();
    for (const auto& watch : lagging) watch->MakeDue(due);
    if (idle) gathered = now + std::min<SteadyClock::duration>(kGathering, kGatheringPerWatch * due.size());
    if (gathered > SteadyClock::now()) {
      lock.lock();
      continue;
    }
    together_([&] { FlushSome(due, now); });
    lock.lock();
  }
}

void WatchHub::FlushSome(Due& due, std::chrono::steady_clock::time_point now) {
  for (int i = 0; i < kWatchesPerTurn && !due.empty() && due.front()->not_before_ <= now; ++i) {
    const auto watch = std::move(due.front());
    due.pop_front();
    watch->due_ = false;
    watch->not_before_ = now + kGathering;
    Flush(watch);
  }
}

}  // namespace crosspoint::presence
