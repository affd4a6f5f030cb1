#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/domain/command.h"
#include "gateway/domain/session.h"

namespace crosspoint::gateway {

using Deadline = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

inline constexpr char kDomain[] = "gateway.crosspoint";

// Sessions of all replicas. Errors of the store itself (kUnavailable, kDeadlineExceeded) besides those named.
class SessionStore {
 public:
  enum class Lease { kAlive, kGone, kTakenOver };

  virtual ~SessionStore() = default;
  // Keeps a new session; `connected`, `expires` are set by the store's clock. `secret` is what a resume must show.
  //   kAlreadyExists       PROGRAM_EXCLUDED, a program that excludes this one runs on the device
  //   kResourceExhausted   TOO_MANY_SESSIONS
  virtual absl::StatusOr<SessionRecord> Open(const SessionRecord& wish, const std::string& secret, milliseconds lease,
                                             Deadline deadline) = 0;
  // Takes the live session `wish.id` over for a new stream on `wish.replica` with `wish.channels`, and tells where it
  // was before; nullopt when it is gone, the secret is another, or it is of another program or device.
  struct Resumed {
    SessionRecord session;
    std::string previous_replica;
  };
  virtual absl::StatusOr<std::optional<Resumed>> Resume(const SessionRecord& wish, const std::string& secret,
                                                        milliseconds lease, Deadline deadline) = 0;
  // The program was heard of. `attachment` 0: whichever stream it has.
  virtual absl::StatusOr<Lease> Touch(const UserId& owner, const std::string& id, uint64_t attachment,
                                      milliseconds lease, Deadline deadline) = 0;
  // Ends the session and its roles; nothing when it has another stream by now (`attachment` 0: whichever).
  virtual absl::Status Close(const UserId& owner, const std::string& id, uint64_t attachment, Deadline deadline) = 0;
  virtual absl::StatusOr<std::optional<SessionRecord>> Find(const UserId& owner, const std::string& id,
                                                            Deadline deadline) = 0;
  // A user's live sessions, by id.
  virtual absl::StatusOr<std::vector<SessionRecord>> List(const UserId& owner, Deadline deadline) = 0;
  // Owners in the tenant who had a session lately, sorted.
  virtual absl::StatusOr<std::vector<UserId>> Owners(const TenantId& tenant, Deadline deadline) = 0;
};

struct RoleGrant {
  ClientRole role = ClientRole::kOutlookPresence;
  std::string device;
  std::string session;  // of the holder
  int64_t fencing_token = 0;
  TimePoint expires;
  milliseconds remaining{0};  // until then, by the store's clock
};

// Who holds which role on which device of a user. A role ends with its lease or its holder's session.
class RoleStore {
 public:
  virtual ~RoleStore() = default;
  //   kAlreadyExists  ROLE_HELD, metadata session, expire_time_ms
  //   kNotFound       SESSION_UNKNOWN
  virtual absl::StatusOr<RoleGrant> Acquire(const UserId& owner, const std::string& session, ClientRole role,
                                            milliseconds lease, Deadline deadline) = 0;
  //   kAborted  ROLE_LOST
  virtual absl::StatusOr<RoleGrant> Renew(const UserId& owner, const std::string& session, ClientRole role,
                                          int64_t fencing_token, milliseconds lease, Deadline deadline) = 0;
  virtual absl::Status Release(const UserId& owner, const std::string& session, ClientRole role, int64_t fencing_token,
                               Deadline deadline) = 0;
  // Who holds it now; nullopt when nobody does.
  virtual absl::StatusOr<std::optional<RoleGrant>> Holder(const UserId& owner, const std::string& device,
                                                          ClientRole role, Deadline deadline) = 0;
};

// Commands, written before they are sent.
class CommandStore {
 public:
  virtual ~CommandStore() = default;
  struct Recorded {
    bool fresh = false;                   // written just now; else what an earlier call with the id wrote
    std::optional<CommandResult> result;  // of an earlier one that is over
  };
  // Writes the command under its id, to be begun within `expiry`; `content` is what the same id must not come with in
  // another form, `dispatcher` the replica to tell the outcome. A command without session is not written: when its id
  // is new too, the result is kNoProgram.
  //   kInvalidArgument  REQUEST_ID_REUSED
  virtual absl::StatusOr<Recorded> Record(const UserId& user, const Command& command, const std::string& content,
                                          const std::string& dispatcher, milliseconds expiry, Deadline deadline) = 0;
  // Marks it as sent and gives it out: once, or for kinds sent at least once until it is answered. nullopt: not to be
  // sent.
  virtual absl::StatusOr<std::optional<Command>> Claim(const UserId& user, const std::string& request_id,
                                                       Deadline deadline) = 0;
  // What a program said of a command sent to its session or device, and which replica waits for it; nullopt when it was
  // not sent there.
  virtual absl::StatusOr<std::optional<std::string>> Answer(const UserId& user, const std::string& request_id,
                                                            const SessionRecord& by, const CommandResult& result,
                                                            Deadline deadline) = 0;
  // Ends the wait: how it ended, or how it counts without an answer.
  virtual absl::StatusOr<CommandResult> Settle(const UserId& user, const std::string& request_id,
                                               Deadline deadline) = 0;
  // Request ids of commands for the device that may still have to be sent.
  virtual absl::StatusOr<std::vector<std::string>> Pending(const UserId& user, const std::string& device,
                                                           Deadline deadline) = 0;
};

// What replicas tell each other. Lost when the other one is away: always a hint to what the stores know, except
// messages of programs that reached the wrong replica, which the program repeats when it sees no effect.
struct Letter {
  enum class Kind {
    kCommand = 1,    // a command for `session` is recorded under `request_id`
    kOutcome = 2,    // the command recorded under `request_id` was answered
    kMessage = 3,    // `body` is what the program of `session` said, serialized
    kTakenOver = 4,  // `session` has a stream elsewhere
    kRoles = 5,      // a role of the owner ended
  };
  Kind kind = Kind::kCommand;
  UserId owner;
  std::string session;
  std::string request_id;
  std::string body;
};

class ReplicaMail {
 public:
  virtual ~ReplicaMail() = default;
  virtual const std::string& own_address() const = 0;
  // Does not wait.
  virtual void Send(const std::string& replica, const Letter& letter) = 0;
};

// On whose behalf a channel is watched.
struct Caller {
  UserId owner;
  std::string token;  // bearer token as it came; never logged
  std::string request_id;
  std::string traceparent;
};

struct ChannelPayload {
  std::string bytes;         // serialized answer of the watch method
  std::string resume_token;  // in it; empty when the service gives none
  bool gap = false;          // the service says that the state starts again
};

// One watch at a service. Gives one payload for each ReadNext. The destructor cancels it; what was under way may still
// be told. Calls nothing back from inside its methods. Thread-safe.
class ChannelWatch {
 public:
  virtual ~ChannelWatch() = default;
  virtual void ReadNext() = 0;
  // Presence: names to watch and to watch no more.
  virtual void Change(const std::vector<std::string>& add, const std::vector<std::string>& remove) = 0;
};

class ChannelSource {
 public:
  struct Events {
    std::function<void(ChannelPayload)> on_payload;
    std::function<void(absl::Status)> on_end;  // last, once
  };
  virtual ~ChannelSource() = default;
  // `names` for presence. Events come on threads of the source.
  virtual std::unique_ptr<ChannelWatch> Open(Channel channel, const Caller& caller,
                                             const std::vector<std::string>& names, const std::string& resume_token,
                                             Events events) = 0;
};

// What a program is told.
struct WelcomeEvent {
  std::string session;
  milliseconds lease{0};
  std::string resume_token;
  bool resumed = false;
};
struct ChannelTold {
  Channel channel = Channel::kPresence;
  std::string payload;
  bool gap = false;
};
struct ChannelEnded {
  Channel channel = Channel::kPresence;
  absl::Status why;
};
struct HeartbeatEvent {};
using Event = std::variant<WelcomeEvent, Command, ChannelTold, ChannelEnded, HeartbeatEvent>;

// A program's stream. Calls nothing back from inside its methods. Thread-safe.
class SessionSink {
 public:
  virtual ~SessionSink() = default;
  // False when it takes nothing now (the owner then hears of room again) or is closed.
  virtual bool Write(int64_t number, const Event& event) = 0;
  virtual size_t Backlog() const = 0;
  virtual void Finish(const absl::Status& status) = 0;
};

}  // namespace crosspoint::gateway
