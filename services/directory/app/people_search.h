#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/log/log.h"
#include "directory/app/ports.h"
#include "directory/app/user_feed.h"

namespace crosspoint::directory {

struct SearchResult {
  std::vector<Person> people;
  bool partial = false;  // the corporate list was too slow or down
};

// Searches our users and the corporate list and merges what both know. Thread-safe.
class PeopleSearch {
 public:
  // `corporate_limit`: how long the corporate list may take.
  PeopleSearch(const UserFeed& users, CorporateDirectory& corporate, log::Logger& log,
               std::chrono::milliseconds corporate_limit);

  // `query` has been checked. Waits for the corporate list until its limit, or a little less than `deadline`.
  SearchResult Search(const TenantId& tenant, const std::string& query, size_t limit, Deadline deadline);

  struct Counters {
    std::atomic<uint64_t> all{0};
    std::atomic<uint64_t> partial{0};
  };
  const Counters& counters() const { return counters_; }

 private:
  const UserFeed& users_;
  CorporateDirectory& corporate_;
  log::Logger& log_;
  const std::chrono::milliseconds corporate_limit_;
  Counters counters_;
};

}  // namespace crosspoint::directory
