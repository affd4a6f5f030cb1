#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "common/log/log.h"
#include "common/tasks/task_runner.h"
#include "voicemail/app/copy_sync.h"
#include "voicemail/app/user_book.h"

namespace crosspoint::voicemail {

struct SyncTiming {
  std::chrono::milliseconds reconcile{300'000};  // between two looks at a mailbox when nothing was told
  std::chrono::milliseconds first_retry{500};
  std::chrono::milliseconds max_retry{60'000};
};

// Told after every run.
class SyncObserver {
 public:
  virtual ~SyncObserver() = default;
  virtual void OnRun(const absl::Status& status, const CopySyncReport& report) = 0;
};

// Decides when which mailbox is looked at: when the feed told of a folder with copies, when the feed may have lost
// something, when a copy was not as expected, and all that have copies every few minutes. Runs of one mailbox never
// overlap; wishes that come meanwhile are one more run. Thread-safe.
class SyncKeeper {
 public:
  struct Parts {
    CopySync& sync;
    CopyStore& copies;
    UserBook& users;
    TaskRunner& tasks;
    SyncObserver& observer;
    log::Logger& log;
    SyncTiming timing;
    std::function<double()> random;  // 0 to 1
  };
  explicit SyncKeeper(Parts parts) : parts_(std::move(parts)) {}

  void Start();
  // The Inbox changed; mailboxes without copies are left alone.
  void InboxChanged(const UserId& user);
  // Another folder did; only mailboxes with copies outside of the Inbox are looked at.
  void OtherFolderChanged(const UserId& user);
  void Look(const UserId& user) { Want(user, false); }
  // Everything of the tenant may have changed.
  void LookAtAll(const TenantId& tenant);
  // Mailboxes whose deletions the brake stopped.
  int braked() const;

 private:
  struct Seat {
    bool running = false;
    bool wanted = false;   // once more
    bool confirm = false;  // then with a look into other folders
    int failures = 0;      // in a row
    bool braked = false;
  };
  void Want(const UserId& user, bool confirm);
  void WantIfCopies(const UserId& user, bool confirm);
  void Run(const UserId& user);
  void Reconcile();
  std::chrono::milliseconds RetryAfter(int failures, const absl::Status& why) const;

  const Parts parts_;
  mutable std::mutex mu_;
  std::map<UserId, Seat> seats_;  // guarded by mu_; mailboxes with copies, as far as known
};

}  // namespace crosspoint::voicemail
