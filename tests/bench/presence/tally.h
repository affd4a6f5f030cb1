#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::bench {

// Counts who has seen which update. Every update carries a mark in its note that is found in the received bytes, in
// whatever format they are, so that all sides are counted in the same way and cheaply. Thread-safe.
class Tally {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr size_t kMarkBytes = 8;  // "~000042~"

  Tally() : seen_(kMarks) {}

  // From now on so many must see an update. Not while one is under way.
  void Expect(int watchers) { watchers_ = watchers; }
  // The next update.
  int NewMark();
  static std::string Text(int mark);

  // Somebody received this.
  void See(std::string_view bytes);
  // Until all have seen it; when the last did. Ends the program when that takes a minute.
  Time WaitFor(int mark);

 private:
  static constexpr int kMarks = 1'000'000;

  std::vector<std::atomic<int>> seen_;
  std::atomic<int> watchers_{0};
  int next_ = 0;
  std::mutex mu_;
  std::condition_variable changed_;
  std::vector<std::pair<int, Time>> complete_;  // guarded by mu_; not yet asked for
};

// The value below which `part` of them lie; 0 when there are none.
double Quantile(std::vector<double> values, double part);

}  // namespace crosspoint::bench
