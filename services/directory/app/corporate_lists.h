#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "directory/app/ports.h"
#include "directory/app/user_feed.h"

namespace crosspoint::directory {

struct PeoplePage {
  std::vector<Person> people;
  std::string next_token;  // empty on the last page
};

// The whole corporate list, page by page. A listing reads one state of it from beginning to end, on whichever replica,
// so it tells nobody twice and misses nobody while the list changes; the source is asked for all of it once, however
// many listings begin within a few minutes. Thread-safe.
class CorporateLists {
 public:
  CorporateLists(CorporateDirectory& corporate, ListSnapshots& snapshots, const UserFeed& users, IdSource& ids);

  // By name, then address. `token` empty: from the beginning.
  //   kInvalidArgument     page_token
  //   kAborted             LIST_EXPIRED: begin again
  //   kFailedPrecondition  LIST_NOT_ENUMERABLE
  absl::StatusOr<PeoplePage> Read(const TenantId& tenant, const std::string& token, size_t count, Deadline deadline);

 private:
  absl::StatusOr<std::string> Begin(const TenantId& tenant, Deadline deadline);
  std::shared_ptr<std::timed_mutex> Turn(const TenantId& tenant);

  CorporateDirectory& corporate_;
  ListSnapshots& snapshots_;
  const UserFeed& users_;
  IdSource& ids_;
  std::mutex mu_;
  // Guarded by mu_. Held while a tenant's list is read from its source; shared with those who wait for their turn.
  std::map<TenantId, std::shared_ptr<std::timed_mutex>> turns_;
};

}  // namespace crosspoint::directory
