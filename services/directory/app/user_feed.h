#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/ids/ids.h"
#include "directory/app/ports.h"
#include "directory/domain/user_index.h"

namespace crosspoint::directory {

// Where a reader of a tenant's users stands.
struct FeedPosition {
  std::string epoch;  // empty: nothing read yet
  uint64_t revision = 0;

  // "<epoch>.<revision>"; kInvalidArgument for anything else.
  std::string Token() const;
  static absl::StatusOr<FeedPosition> Parse(const std::string& token);
};

// Every tenant's users in memory, kept equal to the store: Refresh reads what is new. Thread-safe.
class UserFeed {
 public:
  UserFeed(UserStore& store, const std::vector<TenantId>& tenants);

  // Another tenant from now on; idempotent.
  void Admit(const TenantId& tenant);
  // Reads the tenant's changes until there are none. Calls listeners when something was new. May wait for the store.
  absl::Status Refresh(const TenantId& tenant, Deadline deadline);
  // OK from the moment on when every tenant known then had been read completely.
  absl::Status Loaded() const;
  // Whether this tenant has been. kUnavailable also for one that is not known.
  absl::Status Loaded(const TenantId& tenant) const;

  bool Knows(const TenantId& tenant) const;
  std::vector<TenantId> tenants() const;
  // Of all tenants together.
  size_t user_count() const;

  // Except Loaded, Knows and Admit, everything is about tenants that are known.

  std::vector<User> Search(const TenantId& tenant, std::string_view query, size_t limit) const;
  // The users that own any of `emails`, each once.
  std::vector<User> FindByEmails(const TenantId& tenant, const std::vector<std::string>& emails) const;

  // What a reader at `position` lacks, at most `limit` users by revision, and moves `position` behind them. `gap` is
  // set when the reader must forget what it knows; deleted users are left out for a reader that begins.
  struct News {
    std::vector<User> users;
    bool gap = false;
    bool complete = true;
  };
  News ReadNews(const TenantId& tenant, FeedPosition& position, size_t limit) const;

  // `listener` runs after each change of the tenant, on the refreshing thread, until the subscription is dropped; it
  // may run once more while that happens. It must not wait or call Subscribe.
  class Subscription;
  std::unique_ptr<Subscription> Subscribe(const TenantId& tenant, std::function<void()> listener);

 private:
  struct TenantState {
    UserIndex index;
    std::map<uint64_t, UserId> by_revision;  // last revision of every user, deleted ones too
    std::map<UserId, uint64_t> revision_of;
    std::map<UserId, User> deleted;
    std::string epoch;
    uint64_t revision = 0;
    bool loaded = false;
    std::map<uint64_t, std::function<void()>> listeners;
  };
  void Apply(TenantState& state, UserChanges changes);

  UserStore& store_;
  mutable std::mutex mu_;
  mutable bool was_loaded_ = false;         // guarded by mu_
  std::map<TenantId, TenantState> states_;  // guarded by mu_
  uint64_t next_listener_ = 1;              // guarded by mu_
  std::mutex refresh_mu_;                   // one reader at a time; taken before mu_
};

class UserFeed::Subscription {
 public:
  Subscription(UserFeed& feed, TenantId tenant, uint64_t id) : feed_(feed), tenant_(std::move(tenant)), id_(id) {}
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

 private:
  UserFeed& feed_;
  const TenantId tenant_;
  const uint64_t id_;
};

}  // namespace crosspoint::directory
