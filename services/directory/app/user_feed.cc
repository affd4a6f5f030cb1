#include "directory/app/user_feed.h"

#include <algorithm>
#include <charconv>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

constexpr size_t kChangesPerRead = 500;

absl::Status NotRead(const TenantId& tenant) {
  return absl::UnavailableError("users of " + tenant.Name() + " are not read yet");
}

}  // namespace

std::string FeedPosition::Token() const { return epoch + "." + std::to_string(revision); }

absl::StatusOr<FeedPosition> FeedPosition::Parse(const std::string& token) {
  FeedPosition position;
  if (token.empty()) return position;
  const auto dot = token.rfind('.');
  if (dot != std::string::npos && dot > 0 && token.size() <= 128) {
    position.epoch = token.substr(0, dot);
    const char* end = token.data() + token.size();
    const auto [parsed, error] = std::from_chars(token.data() + dot + 1, end, position.revision);
    if (error == std::errc() && parsed == end) return position;
  }
  return InvalidField("resume_token", "must be one that an earlier stream gave, or empty");
}

UserFeed::UserFeed(UserStore& store, const std::vector<TenantId>& tenants) : store_(store) {
  for (const auto& tenant : tenants) Admit(tenant);
}

void UserFeed::Admit(const TenantId& tenant) {
  const std::lock_guard lock(mu_);
  states_[tenant];
}

bool UserFeed::Knows(const TenantId& tenant) const {
  const std::lock_guard lock(mu_);
  return states_.contains(tenant);
}

std::vector<TenantId> UserFeed::tenants() const {
  const std::lock_guard lock(mu_);
  std::vector<TenantId> known;
  for (const auto& [tenant, state] : states_) known.push_back(tenant);
  return known;
}

size_t UserFeed::user_count() const {
  const std::lock_guard lock(mu_);
  size_t count = 0;
  for (const auto& [tenant, state] : states_) count += state.index.size();
  return count;
}

void UserFeed::Apply(TenantState& state, UserChanges changes) {
  if (changes.epoch != state.epoch) {
    state.index.Clear();
    state.by_revision.clear();
    state.revision_of.clear();
    state.deleted.clear();
    state.epoch = changes.epoch;
    state.revision = 0;
  }
  for (auto& user : changes.users) {
    if (const auto known = state.revision_of.find(user.id); known != state.revision_of.end()) {
      state.by_revision.erase(known->second);
    }
    state.revision_of[user.id] = user.revision;
    state.by_revision[user.revision] = user.id;
    state.revision = std::max(state.revision, user.revision);
    if (user.deleted()) {
      state.deleted[user.id] = user;
    } else {
      state.deleted.erase(user.id);
    }
    state.index.Apply(std::move(user));
  }
}

absl::Status UserFeed::Refresh(const TenantId& tenant, Deadline deadline) {
  const std::lock_guard refreshing(refresh_mu_);
  std::vector<std::function<void()>> listeners;
  bool complete = false;
  while (!complete) {
    FeedPosition at;
    {
      const std::lock_guard lock(mu_);
      const auto& state = states_.at(tenant);
      at = {state.epoch, state.revision};
    }
    CROSSPOINT_ASSIGN_OR_RETURN(auto changes,
                                store_.ReadChanges(tenant, at.epoch, at.revision, kChangesPerRead, deadline));
    complete = changes.complete;
    const std::lock_guard lock(mu_);
    auto& state = states_.at(tenant);
    const bool news = !changes.users.empty() || changes.epoch != state.epoch || (complete && !state.loaded);
    Apply(state, std::move(changes));
    state.loaded = state.loaded || complete;
    if (news) {
      listeners.clear();
      for (const auto& [id, listener] : state.listeners) listeners.push_back(listener);
    }
  }
  for (const auto& listener : listeners) listener();
  return absl::OkStatus();
}

absl::Status UserFeed::Loaded() const {
  const std::lock_guard lock(mu_);
  for (const auto& [tenant, state] : states_) {
    if (!state.loaded && !was_loaded_) return NotRead(tenant);
  }
  was_loaded_ = true;
  return absl::OkStatus();
}

absl::Status UserFeed::Loaded(const TenantId& tenant) const {
  const std::lock_guard lock(mu_);
  const auto it = states_.find(tenant);
  return it != states_.end() && it->second.loaded ? absl::OkStatus() : NotRead(tenant);
}

std::vector<User> UserFeed::Search(const TenantId& tenant, std::string_view query, size_t limit) const {
  const std::lock_guard lock(mu_);
  return states_.at(tenant).index.Search(query, limit);
}

std::vector<User> UserFeed::FindByEmails(const TenantId& tenant, const std::vector<std::string>& emails) const {
  const std::lock_guard lock(mu_);
  const auto& index = states_.at(tenant).index;
  std::map<UserId, User> found;
  for (const auto& email : emails) {
    if (const auto* user = index.FindByEmail(email)) found.emplace(user->id, *user);
  }
  std::vector<User> users;
  for (auto& [id, user] : found) users.push_back(std::move(user));
  return users;
}

UserFeed::News UserFeed::ReadNews(const TenantId& tenant, FeedPosition& position, size_t limit) const {
  const std::lock_guard lock(mu_);
  const auto& state = states_.at(tenant);
  News news;
  if (!state.loaded) {
    news.complete = false;
    return news;
  }
  // A position ahead of us comes from a replica that has read more: it is not a gap, we shall get there.
  const bool begins = position.epoch != state.epoch;
  if (begins) {
    news.gap = !position.epoch.empty();
    position = {state.epoch, 0};
  }
  const bool from_nothing = position.revision == 0;
  auto it = state.by_revision.upper_bound(position.revision);
  for (; it != state.by_revision.end() && news.users.size() < limit; ++it) {
    position.revision = it->first;
    if (const auto* user = state.index.Find(it->second)) {
      news.users.push_back(*user);
    } else if (!from_nothing) {
      news.users.push_back(state.deleted.at(it->second));
    }
  }
  news.complete = it == state.by_revision.end();
  return news;
}

std::unique_ptr<UserFeed::Subscription> UserFeed::Subscribe(const TenantId& tenant, std::function<void()> listener) {
  const std::lock_guard lock(mu_);
  const auto id = next_listener_++;
  states_.at(tenant).listeners.emplace(id, std::move(listener));
  return std::make_unique<Subscription>(*this, tenant, id);
}

UserFeed::Subscription::~Subscription() {
  const std::lock_guard lock(feed_.mu_);
  feed_.states_.at(tenant_).listeners.erase(id_);
}

}  // namespace crosspoint::directory
