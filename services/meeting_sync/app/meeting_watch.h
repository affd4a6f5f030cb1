#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/log/log.h"
#include "common/tasks/task_runner.h"
#include "meeting_sync/app/feed_reader.h"
#include "meeting_sync/app/meeting_book.h"

namespace crosspoint::meeting_sync {

// A list as somebody has it: what each meeting said, as a digest, by its name.
using ListVersion = std::map<std::string, std::string>;

// Names a version; equal lists have equal tokens.
std::string TokenOf(const ListVersion& version);
std::string DigestOf(const Meeting& meeting);

// What lists were told under which token, for a while: a watcher comes back to any replica and is told the difference.
// Volatile: a lost one is a gap. Thread-safe.
class WatchMemory {
 public:
  virtual ~WatchMemory() = default;
  virtual absl::Status Remember(const UserId& user, const std::string& token, const ListVersion& version) = 0;
  virtual absl::StatusOr<std::optional<ListVersion>> Recall(const UserId& user, const std::string& token) = 0;
};

// How often what we keep of users' meetings has changed, as texts that differ when it has. Thread-safe.
class ListRevisions {
 public:
  virtual ~ListRevisions() = default;
  // In the order of `users`.
  virtual absl::StatusOr<std::vector<std::string>> Of(const std::vector<UserId>& users) = 0;
};

struct WatchNews {
  std::vector<Meeting> meetings;
  std::vector<std::string> removed;  // names
  std::string resume_token;          // empty but on the last part of what there is to tell
  bool synced = false;               // completes the state
  bool gap = false;                  // the state begins anew with this
};

// One watcher's end of it. Must not block.
class WatchSink {
 public:
  virtual ~WatchSink() = default;
  // False when there is no room now; what is then the difference is told later.
  virtual bool Tell(const WatchNews& news) = 0;
  virtual bool closed() const = 0;
  virtual void End(const absl::Status& status) = 0;
};

struct WatchTiming {
  std::chrono::milliseconds look{100};           // at feed and revisions
  std::chrono::milliseconds reconcile{300'000};  // the list is read again though nobody said anything
  std::chrono::milliseconds pause{250};          // between two readings of one list
  std::chrono::milliseconds first_retry{500};
  std::chrono::milliseconds max_retry{30'000};
  std::chrono::milliseconds patience{20'000};  // of one reading
};

// Tells watchers a user's list of meetings and then every change of it. When the mailbox feed names the user's
// calendar, or what we keep has another revision, the list is read anew, and each watcher is told how it differs from
// what it has. Watchers of one list share its readings. Thread-safe.
class MeetingWatch {
 public:
  using Lister = std::function<absl::StatusOr<MeetingPage>(const ListQuery&, Viewer, Deadline)>;
  struct Parts {
    Lister list;
    FeedReader& feed;
    ListRevisions& revisions;
    WatchMemory& memory;
    TaskRunner& tasks;  // reads lists, so waits for mail servers; must be stopped before this is destroyed
    log::Logger& log;
    WatchTiming timing;
  };

  explicit MeetingWatch(Parts parts) : parts_(std::move(parts)) {}

  // Waits for the store only.
  //   kInvalidArgument  the token is none of ours
  absl::Status Add(const UserId& user, Viewer viewer, const std::string& resume_token, std::shared_ptr<WatchSink> sink);

  // Follows the feed until stopped; for one background thread.
  void Run(std::stop_token stop);
  // One look at the feed and at what is due.
  void Look();

  size_t watchers() const;

 private:
  using ListId = std::pair<UserId, Viewer>;
  struct Watcher {
    std::shared_ptr<WatchSink> sink;  // shared with the stream it writes to
    ListVersion has;
    bool synced = false;
    bool gap = false;
  };
  // Only the task that reads the list touches what its watchers have.
  struct List {
    std::list<std::shared_ptr<Watcher>> watchers;  // shared with the reading under way
    std::string revision;                          // when it was last looked at
    bool dirty = true;
    bool reading = false;
    std::chrono::steady_clock::time_point not_before;
    std::chrono::steady_clock::time_point reconcile_at;
    std::chrono::milliseconds retry{0};
  };
  struct Reading {
    std::vector<Meeting> meetings;
    ListVersion version;
    std::string token;
  };

  void FollowFeed();
  void FollowRevisions();
  void MarkDirty(const UserId& user);         // with mu_ held
  void MarkAllDirty(const TenantId& tenant);  // with mu_ held
  void Read(const ListId& id);
  absl::StatusOr<Reading> ReadList(const ListId& id);
  // False when the watcher has to be told again.
  static bool TellDifference(const UserId& user, const Reading& reading, Watcher& watcher);

  Parts parts_;
  mutable std::mutex mu_;
  std::map<ListId, List> lists_;                // guarded by mu_
  std::map<TenantId, std::string> watermarks_;  // guarded by mu_; of the feeds of tenants that are watched
};

}  // namespace crosspoint::meeting_sync
