#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "gateway/app/live_session.h"
#include "gateway/app/ports.h"

namespace crosspoint::gateway {

struct CommandCounters {
  std::atomic<uint64_t> by_outcome[8] = {};  // by Outcome
};

// Commands from whoever gives them to the program that carries them out, on whichever replicas the two are. What is
// sent at most once is written before it is sent and given out once; see CommandStore. Thread-safe.
class CommandDesk {
 public:
  CommandDesk(SessionStore& sessions, CommandStore& commands, ReplicaMail& mail)
      : sessions_(sessions), commands_(commands), mail_(mail) {}

  struct Order {
    UserId user;
    CommandKind kind = CommandKind::kPlaceCall;
    std::string target;
    std::string device;      // empty: any
    std::string request_id;  // is also the command's id
  };
  // Waits for the outcome, at most kCommandExpiry or until shortly before `deadline`.
  //   kInvalidArgument  REQUEST_ID_REUSED
  absl::StatusOr<CommandResult> Dispatch(const Order& order, Deadline deadline);

  // The session is at this replica and the command was recorded for it: sends it, unless that must not be done any
  // more.
  void Deliver(LiveSession& session, const std::string& request_id);
  // What waits for the program of a session that has just connected.
  void DeliverWaiting(LiveSession& session);
  // What a program said.
  //   kNotFound  COMMAND_UNKNOWN, not sent to this session or device
  absl::Status Answer(const SessionRecord& by, const std::string& request_id, const CommandResult& result,
                      Deadline deadline);
  // Somebody answered a command dispatched here.
  void OnAnswered(const UserId& user, const std::string& request_id);

  const CommandCounters& counters() const { return counters_; }

 private:
  using Key = std::pair<UserId, std::string>;
  struct Waiting {
    int callers = 0;
    uint64_t answers = 0;
  };
  // Sends the command first, unless `send_to` is null: then the record was there before.
  absl::StatusOr<CommandResult> Await(const Order& order, const Command& command, const SessionRecord* send_to,
                                      milliseconds left, Deadline deadline);

  SessionStore& sessions_;
  CommandStore& commands_;
  ReplicaMail& mail_;
  CommandCounters counters_;
  std::mutex mu_;
  std::condition_variable answered_;
  std::map<Key, Waiting> waiting_;  // guarded by mu_
};

}  // namespace crosspoint::gateway
