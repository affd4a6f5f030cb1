#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "common/tasks/task_runner.h"
#include "voicemail/app/ports.h"

namespace crosspoint::voicemail {

// Who watches which mailbox. Changes made by this process wake its watchers at once; those made by others are found by
// comparing revisions every `look`. Thread-safe.
class MailboxWatches final : public ChangeListener {
 public:
  // Runs on a thread of `tasks`; must be quick, the store may be asked.
  using Wake = std::function<void()>;

  MailboxWatches(MailboxStore& store, TaskRunner& tasks, std::chrono::milliseconds look)
      : store_(store), tasks_(tasks), look_(look) {}

  void Start();
  // The watch ends when the last owner of `wake` but this one is gone.
  void Add(const UserId& user, const std::shared_ptr<Wake>& wake);
  void Changed(const UserId& user) override;
  int watchers() const;

 private:
  struct Watched {
    uint64_t revision = 0;  // last seen
    std::vector<std::weak_ptr<Wake>> wakes;
  };
  void Look();

  MailboxStore& store_;
  TaskRunner& tasks_;
  const std::chrono::milliseconds look_;
  mutable std::mutex mu_;
  std::map<UserId, Watched> watched_;  // guarded by mu_
};

}  // namespace crosspoint::voicemail
