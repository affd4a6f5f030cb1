#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "common/log/log.h"
#include "common/tasks/task_runner.h"
#include "contact/app/mailbox_sync.h"

namespace crosspoint::contact {

// What happens, told to the metrics. Thread-safe.
class SyncObserver {
 public:
  virtual ~SyncObserver() = default;
  virtual void OnPull(const absl::StatusOr<SyncReport>& outcome) = 0;
  virtual void OnPush(const absl::Status& outcome) = 0;
};

// Reads mailboxes when told that their contacts may have changed, and each one on a schedule, because notifications get
// lost. Every replica is told of every change; the lease lets one read, and the others see that it has been done.
// Thread-safe.
class MailboxReader {
 public:
  struct Timing {
    std::chrono::milliseconds reconcile{std::chrono::hours{1}};
    std::chrono::milliseconds first_retry{500};
    std::chrono::milliseconds max_retry{60'000};
    std::chrono::milliseconds lease_retry{300};  // while another one reads
  };
  struct Parts {
    MailboxLeases& leases;
    MailboxSync& sync;
    SyncStore& store;
    const UserBook& users;
    TaskRunner& tasks;
    SyncObserver& observer;
    log::Logger& log;
    std::function<void(const UserId&)> on_change;  // contacts may have changed; must not wait
  };
  MailboxReader(Parts parts, Timing timing) : parts_(std::move(parts)), timing_(timing) {}

  // The mailbox may have changed.
  void Wake(const UserId& user);
  // So may all of the tenant.
  void WakeAll(const TenantId& tenant);
  // Nothing begins any more; stop the tasks to wait for what runs.
  void Stop();

 private:
  struct State {
    bool running = false;  // a task is posted or runs
    bool again = false;    // woken since it began
    int failures = 0;      // in a row
    int64_t heard_us =
        0;             // when the change was heard of that is to be read now, by the store's clock; 0: not yet asked
    uint64_t due = 0;  // which scheduled reading is the valid one
  };
  void Post(const UserId& user, std::chrono::milliseconds delay);
  void Run(const UserId& user);
  absl::Status Read(const Mailbox& mailbox, int64_t& heard_us);
  void Schedule(const UserId& user, State& state);

  const Parts parts_;
  const Timing timing_;
  std::mutex mu_;
  std::map<UserId, State> states_;  // guarded by mu_
  bool stopped_ = false;            // guarded by mu_
};

}  // namespace crosspoint::contact
