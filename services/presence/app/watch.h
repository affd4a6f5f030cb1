#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "presence/app/resume_token.h"
#include "presence/app/watch_hub.h"

namespace crosspoint::presence {

struct WatchHub::Watched {
  static constexpr uint64_t kNothing = UINT64_MAX;
  uint64_t sent = kNothing;  // visible revision last sent; guarded by the watch
  SharedPresence next;       // to be sent; null: nothing. Guarded by the watch
  size_t position = 0;       // in the index's list of the user; guarded by the hub's index
};

// One caller's watch; only the hub looks inside. Lives as long as the stream or the hub needs it.
class Watch : public std::enable_shared_from_this<Watch> {
 public:
  Watch(std::shared_ptr<WatchSink> sink, std::optional<ResumeToken> resume, bool gap)
      : sink_(std::move(sink)), gap_(gap), resume_(std::move(resume)) {}

 private:
  friend class WatchHub;
  using Users = std::unordered_map<UserKey, WatchHub::Watched>;

  // The sink's backlog up to which the newest states are still handed on.
  static constexpr size_t kMaxBacklog = 8;

  void MarkDirty(Users::value_type& user, SharedPresence next);
  void MakeDue(WatchHub::Due& due);
  // Whether the caller of an earlier watch knows the state of `user` already.
  bool Knows(const PresenceTable& table, const UserKey& user, const PresenceRecord& record) const;
  // One message of what is to be told; false when the sink has no room.
  bool WriteOne(const Standpoint& standpoint, bool current, WatchHub::Counters& counters);
  // Whether there is anything to be told. A watch without a first message has not begun.
  bool Owes(bool current) const { return !dirty_.empty() || sync_owed_ || (begun_ && told_stale_ == current); }
  void TakeBack(WatchUpdate& update);  // what was not written
  void CountShard(uint8_t shard, int change);

  // What every change touches comes first.
  std::mutex mu_;
  bool due_ = false;                                    // of the hub's thread; it will be flushed
  std::chrono::steady_clock::time_point not_before_{};  // of the hub's thread; when it may be flushed next
  std::vector<Users::value_type*> dirty_;               // guarded by mu_; users to be told, in order of change
  std::shared_ptr<WatchSink> sink_;                     // guarded by mu_; shared with the stream; null once closed
  SharedText last_token_;                               // guarded by mu_; true once all before it was sent
  bool sync_owed_ = false;                              // guarded by mu_; the next complete message says `synced`
  bool gap_ = false;                                    // guarded by mu_; the next message says `gap`
  bool begun_ = false;                                  // guarded by mu_; a complete message was sent
  bool told_stale_ = false;                             // guarded by mu_; what the last message said
  Standpoint::Shards shards_;                           // guarded by mu_; those with any watched user
  std::array<uint16_t, kShards> shard_users_{};         // guarded by mu_; how many lie in each
  std::optional<ResumeToken> resume_;                   // guarded by mu_; until the first Add
  Users users_;                                         // guarded by mu_
};

}  // namespace crosspoint::presence
