#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "presence/app/resume_token.h"
#include "presence/app/watch_hub.h"

namespace crosspoint::presence {

struct WatchHub::Watched {
  static constexpr uint64_t kNothing = UINT64_MAX;
  uint64_t sent = kNothing;  // visible revision last sent; guarded by the watch
  bool dirty = false;        // guarded by the watch
  size_t position = 0;       // in the index's list of the user; guarded by the hub's index
};

// One caller's watch; only the hub looks inside. Lives as long as the stream or the hub needs it.
class Watch : public std::enable_shared_from_this<Watch> {
 public:
  Watch(std::shared_ptr<WatchSink> sink, std::optional<ResumeToken> resume, bool gap)
      : sink_(std::move(sink)), resume_(std::move(resume)), gap_(gap) {}

 private:
  friend class WatchHub;
  using Users = std::unordered_map<UserKey, WatchHub::Watched>;

  // The sink's backlog up to which the newest states are still handed on.
  static constexpr size_t kMaxBacklog = 8;

  void MarkDirty(Users::value_type& user);
  // Whether the caller of an earlier watch knows the state of `user` already.
  bool Knows(const PresenceTable& table, const UserKey& user, const PresenceRecord& record) const;
  // One message of what is to be told; false when the sink has no room.
  bool WriteOne(const PresenceTable& table, std::string epoch, const std::array<std::atomic<uint64_t>, kShards>& told,
                WatchHub::Counters& counters);
  std::string Token(std::string epoch, const std::array<std::atomic<uint64_t>, kShards>& told) const;

  std::mutex mu_;
  std::shared_ptr<WatchSink> sink_;              // guarded by mu_; shared with the stream; null once closed
  std::optional<ResumeToken> resume_;            // guarded by mu_; until the first Add
  Users users_;                                  // guarded by mu_
  std::deque<Users::value_type*> dirty_;         // guarded by mu_; users to be told, in order of change
  std::array<uint32_t, kShards> shard_users_{};  // guarded by mu_; how many watched users lie in each shard
  std::string last_token_;                       // guarded by mu_; true once all before it was sent
  bool sync_owed_ = false;                       // guarded by mu_; the next complete message says `synced`
  bool gap_ = false;                             // guarded by mu_; the next message says `gap`
};

}  // namespace crosspoint::presence
