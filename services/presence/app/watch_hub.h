#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "presence/app/ports.h"
#include "presence/app/presence_table.h"
#include "presence/app/resume_token.h"

namespace crosspoint::presence {

inline constexpr size_t kMaxUsersPerMessage = 1'000;
inline constexpr size_t kMaxUsersPerWatch = 10'000;

class Watch;

// Carries changes to those who watch. Of each user a watch holds the newest state alone until it is sent, so a slow
// reader waits in no queue; all watches hold the same one, which is rendered once. One thread tells everybody; watches
// whose reader lags are looked at again every few milliseconds. Thread-safe.
class WatchHub {
 public:
  struct Counters {
    std::atomic<int64_t> watches{0};
    std::atomic<int64_t> watched_users{0};  // over all watches
    std::atomic<uint64_t> presences_sent{0};
    std::atomic<uint64_t> coalesced{0};  // changes that a later one overtook before the reader took them
  };

  // `table` must outlive the hub. Changes are spread within `together`, some dozens of watches at a time.
  explicit WatchHub(
      const PresenceTable& table, WriteTogether together = [](const auto& write) { write(); });
  ~WatchHub();  // stops the thread; open watches fall silent

  // Opens a watch that writes to `sink` until Close. `resume_token` of an earlier watch, or empty.
  std::shared_ptr<Watch> Open(std::shared_ptr<WatchSink> sink, std::string_view resume_token);
  // Users to watch from now on: their states are sent first. Those of the first Add which have not changed since the
  // resume token are not sent. Already watched ones are left as they are.
  //   kResourceExhausted  TOO_MANY_WATCHED_USERS
  absl::Status Add(const std::shared_ptr<Watch>& watch, const std::vector<UserKey>& users);
  void Remove(const std::shared_ptr<Watch>& watch, const std::vector<UserKey>& users);
  // The sink has room again.
  void Resume(const std::shared_ptr<Watch>& watch);
  // Nothing is written once this has returned. Idempotent.
  void Close(const std::shared_ptr<Watch>& watch);

  // The table has a new record of `user` (empty: nothing others see), and the shard has come to `revision` (0:
  // unknown). Never blocks.
  void OnChange(uint8_t shard, uint64_t revision, UserKey user);
  // The tenant's states look different now; `look` names the looks of all tenants together.
  void OnTable(const TenantId& tenant, std::string look);
  // False: the table may be behind the store, and all watches are told so. True: told behind all that was missed.
  void OnCurrent(bool current);
  // The table has replaced a shard.
  void OnReplace(uint8_t shard, uint64_t revision, const PresenceTable::Reset& reset);

  const Counters& counters() const { return counters_; }

 private:
  friend class Watch;
  struct Watched;
  struct Event {
    uint8_t shard = 0;
    uint64_t revision = 0;
    bool new_epoch = false;  // of all users of the shard nothing is certain
    UserKey user;
    std::optional<std::string> look;  // `user` is a tenant and '/': all its users are told again
    std::optional<bool> current;
  };
  using Due = std::deque<std::shared_ptr<Watch>>;  // each once; to be flushed in this order
  // Why a user is told again.
  enum class Why { kChanged, kLook, kGap };
  using User = std::pair<const UserKey, Watched>;  // of a watch
  struct Entry {
    Watch* watch;
    User* user;
  };

  void Run();
  // Some of those that may be flushed, so that what changes meanwhile goes to the others in the same message.
  void FlushSome(Due& due, std::chrono::steady_clock::time_point now);
  void Spread(const Event& event, Due& due);
  void Mark(const UserKey& user, const std::vector<Entry>& entries, Why why, Due& due);
  SharedPresence Told(const UserKey& user, const PresenceRecord& record) const;
  void Unindex(const User& user);
  // What a resume token must have been made under to be good: the store's epoch and the look of the states.
  std::string TokenEpoch() const;
  // After marking: tokens are of now.
  void MoveOn();
  std::shared_ptr<const Standpoint> CurrentStandpoint() const;
  void Flush(const std::shared_ptr<Watch>& watch);

  const PresenceTable& table_;
  const WriteTogether together_;
  Counters counters_;

  std::mutex index_mu_;                                    // taken before any watch's mutex
  std::unordered_map<UserKey, std::vector<Entry>> index_;  // guarded by index_mu_
  Standpoint::Revisions told_{};                           // up to which all watches are marked; of the hub's thread
  std::map<Watch*, std::weak_ptr<Watch>> open_;            // guarded by index_mu_; all that are not closed
  std::atomic<bool> current_{true};                        // what all watches are to be told

  mutable std::mutex look_mu_;
  std::string look_;                              // guarded by look_mu_; under which all watches are marked
  std::shared_ptr<const Standpoint> standpoint_;  // guarded by look_mu_; shared with watches that write under it

  std::mutex mu_;
  std::condition_variable wake_;
  std::vector<Event> events_;                           // guarded by mu_
  std::unordered_set<std::shared_ptr<Watch>> lagging_;  // guarded by mu_; shared with their streams
  bool stopping_ = false;                               // guarded by mu_
  std::thread thread_;
};

}  // namespace crosspoint::presence
