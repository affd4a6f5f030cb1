#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "connectors/ews/client.h"

namespace crosspoint::ews {

// Keeps what a stream tells, and waits for it.
class StreamRecorder {
 public:
  EwsStreamCallbacks Callbacks() {
    return {.on_event = [this](const StreamEvent& event) { Change([&] { events_.push_back(event); }); },
            .on_alive = [this] { Change([&] { ++alive_; }); },
            .on_lost = [this](const std::vector<std::string>& ids) { Change([&] { lost_ = ids; }); },
            .on_end = [this](const absl::Status& status) { Change([&] { end_ = status; }); }};
  }

  std::vector<StreamEvent> WaitForEvents(size_t count) {
    return WaitUntil([&] { return events_.size() >= count; }), events();
  }
  // Waits for an event about that item.
  StreamEvent WaitForItem(const std::string& item_id) {
    std::optional<StreamEvent> found;
    WaitUntil([&] {
      for (const StreamEvent& event : events_) {
        if (event.item_id == item_id) found = event;
      }
      return found.has_value();
    });
    return *found;
  }
  std::vector<std::string> WaitForLost() {
    WaitUntil([&] { return !lost_.empty(); });
    const std::lock_guard lock(mu_);
    return lost_;
  }
  void WaitForAlive(int count) {
    WaitUntil([&] { return alive_ >= count; });
  }
  absl::Status WaitForEnd() {
    WaitUntil([&] { return end_.has_value(); });
    const std::lock_guard lock(mu_);
    return *end_;
  }
  std::vector<StreamEvent> events() {
    const std::lock_guard lock(mu_);
    return events_;
  }
  bool ended() {
    const std::lock_guard lock(mu_);
    return end_.has_value();
  }

 private:
  template <class Action>
  void Change(const Action& action) {
    const std::lock_guard lock(mu_);
    action();
    changed_.notify_all();
  }
  void WaitUntil(const std::function<bool()>& condition) {
    std::unique_lock lock(mu_);
    if (changed_.wait_for(lock, std::chrono::seconds(60), condition)) return;
    std::fprintf(stderr, "what the test waits for does not come\n");
    std::abort();
  }

  std::mutex mu_;
  std::condition_variable changed_;
  std::vector<StreamEvent> events_;
  std::vector<std::string> lost_;
  int alive_ = 0;
  std::optional<absl::Status> end_;
};

}  // namespace crosspoint::ews
