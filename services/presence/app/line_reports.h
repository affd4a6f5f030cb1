#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "presence/app/ports.h"
#include "presence/app/signal_keeper.h"

namespace crosspoint::presence {

// Line states as one PBX sends them: many users at once, but of each user one after another, because two reports under
// way could overtake each other. Those that had to wait go together, the newest of each device. Thread-safe. Make it
// with make_shared: answers may come when the caller has gone.
class LineReports : public std::enable_shared_from_this<LineReports> {
 public:
  // What became of the report with this number; in no particular order. On any thread; must not block.
  using Answered = std::function<void(uint64_t number, const absl::Status& status)>;

  // `keeper` must outlive the last answer.
  LineReports(SignalKeeper& keeper, std::chrono::milliseconds patience, Answered answered)
      : keeper_(keeper), patience_(patience), answered_(std::move(answered)) {}

  // Each report is answered exactly once.
  void Add(const UserId& user, DeviceId device, LineState state, uint64_t number);

 private:
  struct Waiting {
    DeviceId device;
    LineState state;
    uint64_t number;
  };
  void Send(const UserId& user, std::vector<Waiting> reports);
  void OnAnswer(const UserId& user, const std::vector<Waiting>& reports, const absl::Status& status);

  SignalKeeper& keeper_;
  const std::chrono::milliseconds patience_;
  const Answered answered_;
  std::mutex mu_;
  std::unordered_map<UserKey, std::vector<Waiting>> waiting_;  // guarded by mu_; has an entry while one is under way
};

}  // namespace crosspoint::presence
