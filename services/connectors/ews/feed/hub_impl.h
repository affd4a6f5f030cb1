#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "connectors/ews/feed/feed_hub.h"

namespace crosspoint::ews {

using FeedTime = std::chrono::steady_clock::time_point;

// The hub: members (mailboxes) sit in groups, groups belong to a site (server and grouping). Every change of state is
// made under one mutex by DriveGroup and PumpSite, which are safe to run at any time; calls to servers and listeners
// are collected as Effects and made afterwards without it.
class FeedHub::Impl : public std::enable_shared_from_this<FeedHub::Impl> {
 public:
  struct Group;
  struct Site;

  struct Member {
    enum class State : uint8_t { kWaiting, kQueued, kSubscribing, kSubscribed };

    Member(std::string address, std::unique_ptr<FeedListener> listener, Site& site)
        : address(std::move(address)), site(site), listener(std::move(listener)) {}

    const std::string address;
    Site& site;

    // Held while the listener runs, so that giving up the seat waits for it. Only ever locked without the hub's mutex.
    std::mutex calling;
    std::unique_ptr<FeedListener> listener;  // guarded by calling; null once the seat is given up

    // Guarded by the hub's mutex.
    State state = State::kWaiting;
    bool removed = false;
    bool gap_owed = false;  // to be told as soon as a connection carries it again
    bool fed = false;
    int failures = 0;         // in a row, without a subscription that lived long
    int bad_speeches = 0;     // connections refused when opened in its name
    uint64_t connection = 0;  // number of the newest connection that carries its subscription; 0: none
    Group* group = nullptr;   // null: waits for one
    FeedTime not_before{};    // of the next Subscribe
    FeedTime subscribed_at{};
    int subscriptions = 0;     // made so far
    std::string subscription;  // id of the latest; the key in by_subscription_ looks into it
  };
  using MemberPtr = std::shared_ptr<Member>;  // shared by group, connections, tasks and seat

  // One GetStreamingEvents. `stream` is destroyed without the mutex only.
  struct Connection {
    struct Carried {
      MemberPtr member;
      int subscription;  // which of the member's it carries
    };
    uint64_t number = 0;
    std::vector<Carried> carried;
    MemberPtr speaker;                  // in whose name it was opened
    std::unique_ptr<EwsStream> stream;  // null until OpenStream has returned
    FeedTime opened_at;
    FeedTime cut_at = FeedTime::max();  // replaced: when it is no longer waited for
    bool alive = false;                 // a sign of life has come
    bool noted = false;                 // and was acted upon
    bool named_losses = false;          // the server has named subscriptions that it lost
    bool discarded = false;
    std::vector<std::string> lost;  // named by the server, not yet acted upon
    std::optional<absl::Status> end;
  };
  using ConnectionPtr = std::shared_ptr<Connection>;  // shared with the callbacks of its stream

  // A subscription that nobody listens to any more.
  struct Leftover {
    std::string subscription;
    std::string mailbox;
    Affinity affinity;
    uint64_t after = 0;  // connections with a higher number do not carry it
  };

  struct Group {
    Group(uint64_t id, Site& site) : id(id), site(site) {}
    const uint64_t id;
    Site& site;
    std::vector<MemberPtr> members;  // by address
    Affinity affinity;               // anchor and cookie; the cookie is valid while `anchored`
    bool anchored = false;           // a subscription of the group lives
    ConnectionPtr current;
    std::vector<ConnectionPtr> replaced;  // oldest first; read until the server ends them
    std::vector<Leftover> leftovers;      // still on a connection
    FeedTime unserved_since = FeedTime::max();
    FeedTime not_before{};  // of the next connection
    FeedTime armed = FeedTime::max();
    int failures = 0;  // in a row, of connections
    bool woken = false;
  };

  struct Site {
    FeedServer* server = nullptr;
    std::vector<MemberPtr> newcomers;
    bool gathering = false;
    std::vector<std::unique_ptr<Group>> groups;
    std::deque<MemberPtr> queue;  // to be subscribed
    std::deque<Leftover> leftovers;
    int active = 0;    // calls under way
    int failures = 0;  // in a row, that are the server's and not a mailbox's
    FeedTime not_before{};
    FeedTime armed = FeedTime::max();
  };

  Impl(TaskRunner& tasks, FeedOptions options, std::function<double()> random)
      : tasks_(tasks), options_(options), random_(std::move(random)) {}

  MemberPtr Add(const FeedMailbox& mailbox, std::unique_ptr<FeedListener> listener);
  void Remove(const MemberPtr& member);
  void Stop();
  FeedStats stats() const;

 private:
  struct Opening {
    uint64_t group_id;
    FeedServer* server;
    ConnectionPtr connection;
    std::vector<std::string> ids;
    Affinity affinity;
  };
  // What is done once the mutex is free.
  struct Effects {
    std::vector<std::pair<MemberPtr, absl::Status>> tell;  // OK: a gap
    std::vector<std::unique_ptr<EwsStream>> closed;
    std::optional<Opening> opening;
  };
  void Perform(Effects effects);
  void Open(Opening opening);
  static void Tell(const MemberPtr& member, const absl::Status& status);
  template <class Task>
  void Post(std::chrono::milliseconds delay, Task task) {
    tasks_.PostAfter(delay, [weak = weak_from_this(), task = std::move(task)] {
      if (const auto self = weak.lock()) task(*self);
    });
  }
  std::chrono::milliseconds Pause(const absl::Status& status, int failures, std::chrono::milliseconds longest) const;

  // All below with mu_ held, except where a task begins.

  // Membership: hub_members.cc
  void GatherLater(Site& site);
  void Gather(Site& site);  // a task
  void Join(Group& group, const MemberPtr& member);
  void Dissolve(Group& group, Effects& effects);
  bool ShouldDissolve(const Group& group) const;
  void EraseGroup(Group& group, Effects& effects);
  void DropSubscription(Member& member);
  Group* FindGroup(uint64_t id) const;

  // Subscribing: hub_subscribe.cc
  void QueueSubscribes(Group& group, FeedTime& next);
  void PumpSite(Site& site);
  void Subscribe(const MemberPtr& member);  // a task
  // Whether it is the member's now; else nobody wants it any more.
  bool Subscribed(const MemberPtr& member, uint64_t group_id, const Affinity& asked, Subscription subscription);
  void Refused(const MemberPtr& member, const absl::Status& status);
  void EndLeftover(Site& site, const Leftover& leftover);  // a task

  // Connections: hub_connections.cc
  void DriveGroup(uint64_t id);  // a task
  void Wake(Group& group);
  void Arm(Group& group, FeedTime at);
  void TakeNews(Group& group, Effects& effects);
  void NoteAlive(Group& group, Connection& connection, Effects& effects);
  void EndReplaced(Group& group, const ConnectionPtr& connection, const absl::Status& status, Effects& effects);
  void EndCurrent(Group& group, Effects& effects);
  void AfterEnd(Group& group, const Connection& connection, const absl::Status& status, bool clean, Effects& effects);
  void Owe(const Group& group, const MemberPtr& member, Effects& effects);
  void MaybeOpen(Group& group, FeedTime& next, Effects& effects);
  Opening PrepareOpening(Group& group);
  MemberPtr Speaker(const Group& group) const;
  void ReleaseLeftovers(Group& group);
  static void Discard(const ConnectionPtr& connection, Effects& effects);
  EwsStreamCallbacks CallbacksOf(uint64_t group_id, const ConnectionPtr& connection);
  void OnEvent(const ConnectionPtr& connection, const StreamEvent& event);

  TaskRunner& tasks_;
  const FeedOptions options_;
  const std::function<double()> random_;

  mutable std::mutex mu_;
  bool stopped_ = false;                                                        // guarded by mu_
  uint64_t last_id_ = 0;                                                        // guarded by mu_
  size_t mailboxes_ = 0;                                                        // guarded by mu_
  std::map<std::pair<FeedServer*, std::string>, std::unique_ptr<Site>> sites_;  // guarded by mu_; never erased
  std::unordered_map<uint64_t, Group*> groups_;                                 // guarded by mu_
  std::unordered_map<std::string_view, MemberPtr> by_subscription_;             // guarded by mu_
};

}  // namespace crosspoint::ews
