#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "meeting_sync/app/mailbox_reader.h"
#include "meeting_sync/app/user_book.h"

namespace crosspoint::meeting_sync {

// Decides which mailboxes this replica reads: those that rendezvous hashing over the live replicas gives it. Every
// replica says every second that it lives; when one comes or goes, mailboxes are given back and taken over, the lease
// making sure that two never read one. Thread-safe.
class FeedKeeper {
 public:
  // References must outlive the keeper, and tasks must be stopped before it is destroyed.
  FeedKeeper(MailboxReader::Parts parts, UserBook& users, Replicas& replicas, std::chrono::milliseconds beat);
  ~FeedKeeper();

  void Start();
  // Gives every mailbox back, for at most `limit`, and takes the replica off the list. Idempotent.
  void Stop(std::chrono::milliseconds limit);

  // Reads the mailbox anew if it is this replica's; the others see the request in the store with their next look.
  void Resync(const UserId& user);
  // Mailboxes that other or this replica should be reading, and those this one holds.
  size_t holding() const;

 private:
  using Readers = std::map<UserId, std::shared_ptr<MailboxReader>>;  // shared with tasks in flight

  void Beat();
  void OnMailbox(const Mailbox& mailbox);
  void OnGone(const UserId& user, UserBook::Gone gone);
  void Rebalance();
  bool IsMine(const UserId& user) const;                  // with mu_ held
  void StartReader(const Mailbox& mailbox);               // with mu_ held
  void EndReader(Readers::iterator reader, bool retire);  // with mu_ held

  MailboxReader::Parts parts_;
  UserBook& users_;
  Replicas& replicas_;
  const std::chrono::milliseconds beat_;

  mutable std::mutex mu_;
  std::condition_variable ended_;
  std::vector<std::string> live_;  // guarded by mu_; empty until the first beat succeeded
  Readers readers_;                // guarded by mu_
  Readers ending_;                 // guarded by mu_; no longer wanted, still giving back
  std::set<UserId> again_;         // guarded by mu_; wanted again while ending
  bool stopped_ = false;           // guarded by mu_
  bool beating_ = false;           // guarded by mu_
};

}  // namespace crosspoint::meeting_sync
