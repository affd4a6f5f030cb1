#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "common/ids/ids.h"
#include "common/log/log.h"
#include "gateway/app/command_desk.h"
#include "gateway/app/live_session.h"

namespace crosspoint::gateway {

struct HelloWish {
  ProgramKind program = ProgramKind::kDesktopWindows;
  std::string device;
  std::string version;
  std::vector<Channel> channels;
  std::string resume_token;
  std::vector<Subscription> subscriptions;
};

// What a program says after its hello.
struct AcknowledgeMessage {
  int64_t number = 0;
};
struct OutcomeMessage {
  std::string command_id;
  CommandResult result;
};
struct HeartbeatMessage {};
struct CloseMessage {};
using ProgramMessage = std::variant<AcknowledgeMessage, OutcomeMessage, HeartbeatMessage, CloseMessage, Subscription>;

struct HubCounters {
  std::atomic<uint64_t> opened{0};
  std::atomic<uint64_t> resumed{0};
  std::atomic<uint64_t> expired{0};
  std::atomic<uint64_t> taken_over{0};
};

// The sessions whose streams are at this replica, and what reaches this replica for them. Thread-safe; all methods but
// Detach may wait for the store.
class SessionHub {
 public:
  struct Parts {
    SessionStore& sessions;
    RoleStore& roles;
    ChannelSource& channels;
    ReplicaMail& mail;
    CommandDesk& desk;
    TaskRunner& tasks;
    IdSource& ids;
    log::Logger& log;
  };

  SessionHub(Parts parts, SessionSettings settings) : parts_(parts), settings_(settings) {}

  // A stream's hello: a new session, or the one of its resume token with a new stream.
  absl::StatusOr<std::shared_ptr<LiveSession>> Open(const HelloWish& hello, const Caller& caller,
                                                    std::shared_ptr<SessionSink> sink, Deadline deadline);
  // What the program said on its stream.
  absl::Status Take(LiveSession& session, const ProgramMessage& message, Deadline deadline);
  // What the program of session `id` said elsewhere; `serialized` is handed on when its stream is at another replica.
  //   kNotFound  SESSION_UNKNOWN
  absl::Status TakeFor(const UserId& owner, const std::string& id, const ProgramMessage& message,
                       const std::string& serialized, Deadline deadline);
  // The stream is gone; the session stays for its lease.
  void Detach(const std::shared_ptr<LiveSession>& session);
  // From another replica, or this one. `message` is the letter's body, understood.
  void Deliver(const Letter& letter, const std::optional<ProgramMessage>& message);

  // First come keeps it until it closes; see RoleStore.
  //   kFailedPrecondition  PROGRAM_NOT_ALLOWED
  absl::StatusOr<RoleGrant> AcquireRole(const UserId& owner, const std::string& session, ClientRole role,
                                        Deadline deadline);
  absl::StatusOr<RoleGrant> RenewRole(const UserId& owner, const std::string& session, ClientRole role,
                                      int64_t fencing_token, Deadline deadline);
  absl::Status ReleaseRole(const UserId& owner, const std::string& session, ClientRole role, int64_t fencing_token,
                           Deadline deadline);

  // The live session `id` of `owner` if its stream is here: costs no call to the store.
  std::shared_ptr<LiveSession> Find(const UserId& owner, const std::string& id) const;
  size_t size() const;
  const HubCounters& counters() const { return counters_; }
  const SessionCounters& session_counters() const { return session_counters_; }
  const SessionSettings& settings() const { return settings_; }

 private:
  absl::StatusOr<SessionRecord> OpenRecord(const HelloWish& hello, const Caller& caller, WelcomeEvent& welcome,
                                           Deadline deadline);
  absl::Status Touch(LiveSession& session, Deadline deadline);
  void Beat(const std::weak_ptr<LiveSession>& weak);
  absl::Status CloseSession(const SessionRecord& record, Deadline deadline);
  // Tells every replica that holds sessions of the user, this one too.
  void TellRoles(const UserId& owner, Deadline deadline);
  void CheckRolesOf(const UserId& owner);
  void End(const std::shared_ptr<LiveSession>& session, const absl::Status& status);

  const Parts parts_;
  const SessionSettings settings_;
  HubCounters counters_;
  SessionCounters session_counters_;
  mutable std::mutex mu_;
  std::unordered_map<std::string, std::shared_ptr<LiveSession>> sessions_;  // guarded by mu_; shared with streams
};

}  // namespace crosspoint::gateway
