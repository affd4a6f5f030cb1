#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/tasks/task_runner.h"
#include "connectors/ews/feed/feed_server.h"

namespace crosspoint::ews {

// Hears about one mailbox, on threads of the hub's tasks and of the client, never on two at once. Must neither block
// nor give up its own FeedSeat.
class FeedListener {
 public:
  virtual ~FeedListener() = default;
  // Something happened. May come twice, late, in another order, or not at all when OnGap comes instead.
  virtual void OnEvent(const StreamEvent& event) = 0;
  // What happens from now on is told, but anything may have changed before: read everything. Comes once the mailbox is
  // subscribed to and after every loss.
  virtual void OnGap() = 0;
  // Changes are not told for the time being; tried again until OnGap.
  virtual void OnTrouble(const absl::Status& status) = 0;
};

// A mailbox's place in the feed. Destroying it ends the feed of that mailbox: no call to the listener begins, and none
// is running, once the destructor has returned.
class FeedSeat {
 public:
  virtual ~FeedSeat() = default;
};

struct FeedMailbox {
  std::string address;           // primary SMTP address
  FeedServer* server = nullptr;  // must outlive the hub; one object for one EWS URL and account
  std::string grouping;          // GroupingInformation of Autodiscover; mailboxes with another never share a connection
};

struct FeedOptions {
  size_t group_size = 200;                           // mailboxes on one connection; more are refused by servers
  std::chrono::minutes life{29};                     // ConnectionTimeout asked for, 1 to 30
  int parallel_subscribes = 4;                       // at a time, of one server
  std::chrono::milliseconds gather{200};             // newcomers are collected for so long before they get a group
  std::chrono::milliseconds longest_gather{2'000};   // a connection waits at most so long for slow newcomers
  std::chrono::milliseconds reopen_interval{2'000};  // between two openings of a connection because of newcomers
  std::chrono::milliseconds overlap{10'000};   // a connection that was replaced and does not end by itself is cut then
  std::chrono::milliseconds first_retry{500};  // doubles with every failure, with jitter
  std::chrono::milliseconds max_retry{60'000};
};

struct FeedStats {
  size_t mailboxes = 0;
  size_t fed = 0;  // whose changes are told now
  size_t groups = 0;
  size_t connections = 0;
};

// Watches any number of mailboxes over few streaming connections: one per group of mailboxes, with the affinity that
// keeps a group on one server. Loss of any kind is met by subscribing again what is affected and by telling its
// listeners that anything may have changed; trouble with one mailbox never stops its group. It has no threads of its
// own: a blocking Subscribe holds one of `tasks`, of which there must be more than `parallel_subscribes`. Thread-safe.
class FeedHub {
 public:
  // `tasks` and the servers must outlive it; `random` gives [0, 1), thread-safe.
  FeedHub(TaskRunner& tasks, FeedOptions options, std::function<double()> random);
  ~FeedHub();  // Stop
  FeedHub(const FeedHub&) = delete;
  FeedHub& operator=(const FeedHub&) = delete;

  // Never waits. Seats may outlive the hub.
  std::unique_ptr<FeedSeat> Add(const FeedMailbox& mailbox, std::unique_ptr<FeedListener> listener);
  // Closes all connections. A Subscribe under way ends by itself. Idempotent.
  void Stop();
  FeedStats stats() const;

 private:
  class Impl;
  const std::shared_ptr<Impl> impl_;  // shared with seats and tasks, which may come later
};

}  // namespace crosspoint::ews
