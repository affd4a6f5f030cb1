#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/clock/clock.h"
#include "presence/domain/claim.h"

namespace crosspoint::presence {

// Which user's state changes next: at most one edge per user. Not thread-safe.
class EdgeQueue {
 public:
  // `salt` decides which of the edges of one moment comes first.
  explicit EdgeQueue(uint64_t salt = 0) : salt_(salt) {}

  // The user's edge from now on; kOpenEnd: none.
  void Arm(const std::string& user, TimePoint edge);

  // The earliest edge; nullopt when there is none.
  std::optional<TimePoint> Next();

  // Takes out up to `limit` users whose edge is not after `now`, earliest first.
  std::vector<std::string> TakeDue(TimePoint now, size_t limit);

  size_t size() const { return armed_.size(); }

 private:
  // Stale when the user's edge is another by now; dropped when it comes up.
  struct Entry {
    TimePoint edge;
    uint64_t turn;  // among those of one moment
    std::string user;
    bool operator>(const Entry& other) const { return edge != other.edge ? edge > other.edge : turn > other.turn; }
  };
  Entry EntryOf(const std::string& user, TimePoint edge) const;
  void DropStale();
  void Compact();

  const uint64_t salt_;
  std::unordered_map<std::string, TimePoint> armed_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
};

}  // namespace crosspoint::presence
