#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/clock/clock.h"
#include "tests/support/stack/stack.h"

namespace crosspoint::story {

class PresenceWatcher;

// Plays the story step by step, each step printed with what happened and how long it took.
class Story {
 public:
  explicit Story(testing::Stack& stack);
  ~Story();

  // False when a step failed; what failed is printed.
  bool Play();

  const std::string& user_name() const { return user_name_; }
  std::string user_id() const { return user_name_.substr(user_name_.rfind('/') + 1); }

 private:
  // Prints the title, runs `step`, prints its findings, its time and what went wrong.
  bool Step(const std::string& title, const std::function<absl::Status()>& step);
  void Say(const std::string& finding);

  absl::Status StartEverything();
  absl::Status ImportUsers();
  absl::Status SearchFindsAPersonInBothDirectories();
  absl::Status ShowPhoto();
  absl::Status WatchOnEveryReplica();
  absl::Status PutAMeetingIntoTheMailbox();
  absl::Status ListTheMeeting();
  absl::Status TheMeetingBegins();
  absl::Status TheMeetingEnds();
  absl::Status WatchersSee(const std::string& state, TimePoint due);

  testing::Stack& stack_;
  int step_ = 0;
  std::string user_name_;  // the person the story is about
  std::string email_;
  TimePoint meeting_start_;
  TimePoint meeting_end_;
  std::vector<std::unique_ptr<PresenceWatcher>> watchers_;
};

}  // namespace crosspoint::story
