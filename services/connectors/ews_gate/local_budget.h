#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

namespace crosspoint::ews {

// What one process knows by itself: the times of silence it was told, in force even before Redis has heard of them, and
// a few slots for people while Redis is away. Thread-safe.
class LocalBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit LocalBudget(int slots) : free_(slots) {}

  // `lane` empty: everything. A running silence is never shortened.
  void Silence(const std::string& lane, Time until);
  // When `lane` may be used; not later than now when it may.
  Time SilentUntil(const std::string& lane) const;

  // Waits for a slot; false when none became free by `give_up`.
  bool Take(Time give_up);
  void Give();

 private:
  mutable std::mutex mu_;
  std::condition_variable given_;
  int free_;                           // guarded by mu_
  std::map<std::string, Time> until_;  // guarded by mu_
};

}  // namespace crosspoint::ews
