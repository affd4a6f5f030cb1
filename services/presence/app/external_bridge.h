#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/clock/clock.h"
#include "common/log/log.h"
#include "common/tasks/task_runner.h"
#include "presence/app/claim_keeper.h"
#include "presence/app/external_presence.h"
#include "presence/app/presence_table.h"

namespace crosspoint::presence {

struct ExternalBridgeOptions {
  std::chrono::minutes session_lease{15};  // the outside forgets a session that was not renewed for so long
  std::chrono::minutes renew_before{5};    // its end
  std::chrono::seconds echo_grace{120};    // what was said may still be read for so long after it was taken back
  std::chrono::minutes claim_lease{15};    // a feed that is silent for longer no longer vouches for what it said
  std::chrono::seconds retry{15};
};

// Between a presence system outside and us: what it shows becomes a claim of class EXTERNAL, what is shown here becomes
// a session there. Neither goes round: a reading of what we said is no claim, and a claim of class EXTERNAL is not said
// outside. One replica does this at a time: who holds the turn calls Start.
class ExternalBridge {
 public:
  static constexpr char kClaimId[] = "external";
  static constexpr char kSource[] = "external";

  // All must outlive the bridge; `tasks` must have stopped before it goes.
  ExternalBridge(ExternalPresence& outside, ExternalMemoryStore& memories, ClaimKeeper& claims,
                 const PresenceTable& table, const Clock& clock, TaskRunner& tasks, log::Logger& log,
                 ExternalBridgeOptions options = {});

  // Looks at everybody of whom something was said outside before, by whichever replica; OnPresence tells of the rest.
  void Start();
  // What others see of the user may have changed. Does not wait.
  void OnPresence(const UserId& user);
  // What the outside shows; to be told again before `claim_lease` is over. Does not wait.
  void OnReading(const UserId& user, ExternalReading reading);

 private:
  // What waits to be done about a user; one task at a time does it.
  struct Pending {
    bool running = false;
    bool look = false;
    std::optional<ExternalReading> reading;
  };
  void Wake(const UserId& user, std::optional<ExternalReading> reading, bool look);
  void Run(const UserId& user);
  absl::Status Say(const UserId& user, ExternalMemory& memory);
  absl::Status Hear(const UserId& user, const ExternalReading& reading, ExternalMemory& memory);
  void LookAgainIn(const UserId& user, std::chrono::milliseconds delay);

  ExternalPresence& outside_;
  ExternalMemoryStore& memories_;
  ClaimKeeper& claims_;
  const PresenceTable& table_;
  const Clock& clock_;
  TaskRunner& tasks_;
  log::Logger& log_;
  const ExternalBridgeOptions options_;
  std::mutex mu_;
  std::map<UserKey, Pending> pending_;                               // guarded by mu_
  std::map<UserKey, std::chrono::steady_clock::time_point> alarms_;  // guarded by mu_; when to look again, one each
};

}  // namespace crosspoint::presence
