#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/troubles/cluster.h"

namespace crosspoint::troubles {

using Steady = std::chrono::steady_clock;

// The state each user was last acknowledged to be in, and since when. Thread-safe.
class Truth {
 public:
  struct Entry {
    std::string state = "available";
    Steady::time_point since{};
    bool certain = true;  // false: a change was sent and not answered yet
  };

  explicit Truth(int users) : entries_(static_cast<size_t>(users)) {}

  int users() const { return static_cast<int>(entries_.size()); }
  Entry Get(int user) const {
    const std::lock_guard lock(mu_);
    return entries_[static_cast<size_t>(user)];
  }
  void Doubt(int user) {
    const std::lock_guard lock(mu_);
    entries_[static_cast<size_t>(user)].certain = false;
  }
  void Set(int user, const std::string& state) {
    const std::lock_guard lock(mu_);
    entries_[static_cast<size_t>(user)] = {state, Steady::now(), true};
  }

 private:
  mutable std::mutex mu_;
  std::vector<Entry> entries_;  // guarded by mu_
};

inline std::string UserId(int user) { return "u" + std::to_string(user); }
inline std::string UserName(int user) { return "tenants/acme/users/" + UserId(user); }

// Sets states by hand on all replicas in turn, from a few threads, until told to stop; what was not answered is
// repeated under its request id until it is, so that the truth is known at the end.
class Writers {
 public:
  Writers(Cluster& cluster, Truth& truth, int threads);
  ~Writers() { Finish(); }

  void Finish();  // no new changes; waits for those under way
  uint64_t acknowledged() const { return acknowledged_; }

 private:
  void Run(int number, int of);

  Cluster& cluster_;
  Truth& truth_;
  std::atomic<bool> finishing_{false};
  std::atomic<uint64_t> acknowledged_{0};
  std::vector<std::thread> threads_;
};

// A watch of some users on one replica, as a careful client holds it: opened again elsewhere with its resume token when
// it ends.
class Watcher {
 public:
  Watcher(Cluster& cluster, int replica, int first_user, int users);
  ~Watcher();

  int replica() const { return replica_; }
  // Reads nothing until told to go on.
  void Stall(bool stalled) { stalled_ = stalled; }
  // Whether it shows what is true; users in doubt are left out.
  bool Equals(const Truth& truth) const;
  // Users shown wrongly though the truth is older than `age`, while the watch says nothing of being stale.
  int SilentlyWrong(const Truth& truth, std::chrono::milliseconds age) const;
  bool KnowsItMayBeStale() const;
  int reopened() const { return reopened_; }

  struct Seen {
    std::chrono::system_clock::time_point when{};
    int changes = 0;  // after the first state
    bool on_the_phone = false;
    std::string state;
  };
  std::vector<Seen> seen() const;

 private:
  void Run();
  void ReadStream(int replica);

  Cluster& cluster_;
  const int home_;
  const int first_;
  const std::string token_;
  std::atomic<int> replica_;
  std::atomic<bool> stalled_{false};
  std::atomic<bool> closing_{false};
  std::atomic<int> reopened_{0};
  mutable std::mutex mu_;
  std::vector<Seen> seen_;               // guarded by mu_
  std::string resume_token_;             // guarded by mu_
  bool connected_ = false;               // guarded by mu_; told all once on this stream
  bool stale_ = false;                   // guarded by mu_
  grpc::ClientContext* open_ = nullptr;  // guarded by mu_; of the stream that is open
  std::thread thread_;
};

}  // namespace crosspoint::troubles
