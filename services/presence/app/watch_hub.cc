#include "presence/app/watch_hub.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "presence/app/watch.h"

namespace crosspoint::presence {
namespace {

constexpr std::chrono::milliseconds kLaggingPause{10};

}  // namespace

WatchHub::WatchHub(const PresenceTable& table) : table_(table) {
  for (size_t shard = 0; shard < kShards; ++shard) told_[shard] = table.Revisions(static_cast<uint8_t>(shard)).first;
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
  return std::make_shared<Watch>(std::move(sink), std::move(token), gap);
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
      ++watch->shard_users_[table_.ShardOf(user)];
      counters_.watched_users.fetch_add(1, std::memory_order_relaxed);
      const auto record = table_.Get(user);
      if (watch->Knows(table_, user, record)) {
        at->second.sent = record.visible_revision;
      } else {
        watch->MarkDirty(*at);
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
    --watch->shard_users_[table_.ShardOf(user)];
    if (at->second.dirty) std::erase(watch->dirty_, &*at);
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
  }
  counters_.watches.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard lock(mu_);
  lagging_.erase(watch);
}

void WatchHub::Resume(const std::shared_ptr<Watch>& watch) { Flush(watch); }

void WatchHub::Flush(const std::shared_ptr<Watch>& watch) {
  bool lagging = false;
  {
    const std::lock_guard lock(watch->mu_);
    while (watch->sink_ != nullptr && (!watch->dirty_.empty() || watch->sync_owed_)) {
      lagging =
          watch->sink_->Backlog() >= Watch::kMaxBacklog || !watch->WriteOne(table_, TokenEpoch(), told_, counters_);
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
  events_.push_back({shard, revision, false, std::move(user), {}});
}

void WatchHub::OnTable(const TenantId& tenant, std::string look) {
  const std::lock_guard lock(mu_);
  if (events_.empty()) wake_.notify_all();
  events_.push_back({0, 0, false, tenant.value + "/", std::move(look)});
}

std::string WatchHub::TokenEpoch() const {
  auto epoch = table_.CommonEpoch();
  const std::lock_guard lock(look_mu_);
  return epoch.empty() || look_.empty() ? epoch : epoch + "~" + look_;
}

void WatchHub::OnReplace(uint8_t shard, uint64_t revision, const PresenceTable::Reset& reset) {
  const std::lock_guard lock(mu_);
  if (events_.empty()) wake_.notify_all();
  for (const auto& user : reset.users) events_.push_back({shard, 0, false, user, {}});
  events_.push_back({shard, revision, reset.new_epoch, {}, {}});
}

void WatchHub::Mark(const std::vector<Entry>& entries, Why why, std::unordered_set<std::shared_ptr<Watch>>& touched) {
  for (const auto& [watch, user] : entries) {
    const std::lock_guard lock(watch->mu_);
    if (why == Why::kGap) watch->gap_ = true;
    if (why != Why::kChanged) user->second.sent = Watched::kNothing;
    if (user->second.dirty) counters_.coalesced.fetch_add(1, std::memory_order_relaxed);
    watch->MarkDirty(*user);
    touched.insert(watch->shared_from_this());
  }
}

void WatchHub::Spread(const Event& event, std::unordered_set<std::shared_ptr<Watch>>& touched) {
  const std::lock_guard index_lock(index_mu_);
  if (event.look) {
    for (const auto& [user, entries] : index_) {
      if (user.starts_with(event.user)) Mark(entries, Why::kLook, touched);
    }
    const std::lock_guard look_lock(look_mu_);
    look_ = *event.look;
    return;
  }
  if (!event.user.empty()) {
    if (const auto at = index_.find(event.user); at != index_.end()) Mark(at->second, Why::kChanged, touched);
  }
  if (event.new_epoch) {
    for (const auto& [user, entries] : index_) {
      if (table_.ShardOf(user) == event.shard) Mark(entries, Why::kGap, touched);
    }
  }
  if (event.new_epoch || event.revision > told_[event.shard]) told_[event.shard] = event.revision;
}

void WatchHub::Run() {
  std::vector<Event> events;
  std::unordered_set<std::shared_ptr<Watch>> touched;
  std::unique_lock lock(mu_);
  while (!stopping_) {
    if (events_.empty()) {
      if (lagging_.empty()) {
        wake_.wait(lock);
      } else {
        wake_.wait_for(lock, kLaggingPause);
      }
    }
    if (stopping_) break;
    events.clear();
    events.swap(events_);
    touched.clear();
    touched.swap(lagging_);
    lock.unlock();
    for (const auto& event : events) Spread(event, touched);
    for (const auto& watch : touched) Flush(watch);
    touched.clear();
    lock.lock();
  }
}

}  // namespace crosspoint::presence
