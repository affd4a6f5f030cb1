#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include "absl/status/statusor.h"
#include "presence/app/ports.h"
#include "presence/app/presence_feed.h"

namespace crosspoint::presence {

// Takes what PBX and programs report of on-phone and IM state. Thread-safe.
class SignalKeeper {
 public:
  using Done = std::function<void(absl::StatusOr<Presence>)>;

  // All must outlive the keeper.
  SignalKeeper(SignalStore& store, ChangePublisher& publisher, PresenceFeed& feed)
      : store_(store), publisher_(publisher), feed_(feed) {}
  ~SignalKeeper();  // waits for the answers to what is under way

  // Does not wait; `done` runs on any thread, exactly once, and must not block. See SignalStore::Report.
  void Report(const UserId& user, const SignalReport& report, Deadline deadline, Done done);
  absl::StatusOr<Presence> ReportAndWait(const UserId& user, const SignalReport& report, Deadline deadline);

 private:
  SignalStore& store_;
  ChangePublisher& publisher_;
  PresenceFeed& feed_;
  std::mutex mu_;
  std::condition_variable idle_;
  int under_way_ = 0;  // guarded by mu_
};

}  // namespace crosspoint::presence
