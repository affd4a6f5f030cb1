#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "common/log/log.h"
#include "meeting_sync/app/mailbox_sync.h"
#include "meeting_sync/app/ports.h"

namespace crosspoint::meeting_sync {

struct ReaderTiming {
  std::chrono::milliseconds reconcile{300'000};  // between two looks when nothing was told; +-10 %
  std::chrono::milliseconds first_retry{500};    // doubles with every failure, with jitter
  std::chrono::milliseconds max_retry{60'000};
  std::chrono::milliseconds lease_retry{1'000};  // at most this between two tries for a lease that another has
};

// Where reports go: metrics. Thread-safe, must not block.
class ReaderObserver {
 public:
  virtual ~ReaderObserver() = default;
  virtual void OnRun(const absl::Status& /*status*/, const SyncReport& /*report*/, std::chrono::milliseconds /*took*/) {
  }
  virtual void OnHeld(int /*change*/) {}  // +1 lease taken, -1 given up
};

// Reads one mailbox: takes its lease, joins the feed, synchronises when told, when anything may have changed and on
// schedule. It is a state machine driven on the shared task runner, never on two threads at once; between steps it
// costs no thread. Trouble is met with back-off: exactly as long as the server says, else growing with jitter.
class MailboxReader : public std::enable_shared_from_this<MailboxReader> {
 public:
  struct Parts {
    MailboxLeases& leases;
    ChangeFeed& feed;
    MailboxSync& sync;
    SyncStore& store;
    FeedLog& feed_log;
    TaskRunner& tasks;
    ReaderObserver& observer;
    log::Logger& log;
    ReaderTiming timing;
    std::function<double()> random;  // [0, 1), thread-safe
  };

  // `parts` must outlive the reader. Made as a shared_ptr because tasks and the feed's callbacks hold weak ones.
  MailboxReader(const Parts& parts, Mailbox mailbox);
  ~MailboxReader();

  void Start();
  // The address changed: begins anew.
  void SetMailbox(const Mailbox& mailbox);
  // Reads everything anew soon; the request itself is kept in the store.
  void Resync();
  // Ends reading and gives the lease back; `done` runs afterwards, exactly once, on a task thread.
  void Stop(std::function<void()> done = {});
  // Ends reading for good: takes the claims back and forgets the mailbox, retried until it succeeds or Stop.
  void Retire(std::function<void()> done = {});

  bool holding() const;

 private:
  enum class Goal { kRead, kStop, kRetire };
  using Delay = std::chrono::milliseconds;
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Inputs;

  void Wake();
  void Drive();
  Delay Step(const Inputs& inputs);
  Delay StepLease();
  Delay StepFeed();
  Delay StepSync();
  Delay StepStop(bool retire);
  void NoteFeedTrouble(const absl::Status& status);
  Delay AfterTrouble(const absl::Status& status, int failures);
  void NoteProblem(const std::string& problem);
  void DropLease(bool lost);
  void CloseStream();
  Delay Jittered(Delay delay) const;
  void Arm(Delay delay);

  const Parts& parts_;

  mutable std::mutex mu_;
  Mailbox mailbox_;                           // guarded by mu_
  Goal goal_ = Goal::kRead;                   // guarded by mu_
  std::function<void()> done_;                // guarded by mu_
  bool driving_ = false;                      // guarded by mu_
  bool woken_ = false;                        // guarded by mu_
  bool lease_lost_ = false;                   // guarded by mu_
  bool address_changed_ = false;              // guarded by mu_
  bool look_ = false;                         // guarded by mu_; synchronise at the next step
  bool gap_ = false;                          // guarded by mu_; anything may have changed
  std::optional<absl::Status> feed_trouble_;  // guarded by mu_
  std::set<MailboxFolder> dirty_;             // guarded by mu_
  uint64_t stream_generation_ = 0;            // guarded by mu_; callbacks of an earlier stream do not count
  uint64_t timer_generation_ = 0;             // guarded by mu_
  SteadyTime timer_due_ = SteadyTime::max();  // guarded by mu_; when the timer that counts runs out
  std::optional<MailboxLease> lease_;         // written by the driving thread under mu_

  // Of the driving thread alone.
  Mailbox reading_;
  std::unique_ptr<ChangeStream> stream_;
  std::set<MailboxFolder> to_log_;
  bool sync_due_ = false;
  int failures_ = 0;            // in a row, of steps
  bool awaiting_feed_ = false;  // the first look waits for the feed to begin
  SteadyTime feed_patience_{};  // but not for longer
  std::string feed_problem_;    // why changes are not told now; empty when they are
  std::string noted_problem_;
  SteadyTime not_before_{};
  SteadyTime next_look_{};
};

}  // namespace crosspoint::meeting_sync
