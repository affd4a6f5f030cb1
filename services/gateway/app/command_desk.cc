#include "gateway/app/command_desk.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/status/status.h"
#include "gateway/app/refusals.h"

namespace crosspoint::gateway {
namespace {

using std::chrono::steady_clock;

// Between the end of the command and that of the call that waits for it: for saying so.
constexpr milliseconds kForTheAnswer{250};
// A hint may be lost; then the record is looked at.
constexpr milliseconds kLook{1'000};
constexpr std::chrono::seconds kStoreTime{2};

std::string ContentOf(const CommandDesk::Order& order) {
  return std::to_string(static_cast<int>(order.kind)) + "\n" + order.device + "\n" + order.target;
}

}  // namespace

absl::StatusOr<CommandResult> CommandDesk::Dispatch(const Order& order, Deadline deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()) - kForTheAnswer;
  const auto expiry = std::min(kCommandExpiry, left);
  if (expiry <= milliseconds{0}) {
    return Refused(absl::StatusCode::kDeadlineExceeded, "DEADLINE_TOO_NEAR",
                   "the deadline leaves no time for a command");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto sessions, sessions_.List(order.user, deadline));
  const auto* const chosen = ChooseProgram(sessions, order.kind, order.device);
  Command command{order.request_id, order.kind, order.target, "", order.device, {}};
  if (chosen != nullptr) {
    command.session = chosen->id;
    command.device = chosen->device;
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto recorded, commands_.Record(order.user, command, ContentOf(order),
                                                                    mail_.own_address(), expiry, deadline));
  CommandResult result;
  if (recorded.result) {
    result = *recorded.result;
  } else {
    CROSSPOINT_ASSIGN_OR_RETURN(result, Await(order, command, recorded.fresh ? chosen : nullptr, expiry, deadline));
  }
  counters_.by_outcome[static_cast<size_t>(result.outcome)].fetch_add(1, std::memory_order_relaxed);
  return result;
}

absl::StatusOr<CommandResult> CommandDesk::Await(const Order& order, const Command& command,
                                                 const SessionRecord* send_to, milliseconds left, Deadline deadline) {
  const auto end = steady_clock::now() + left;
  std::unique_lock lock(mu_);
  const auto at = waiting_.try_emplace({order.user, order.request_id}).first;
  auto& waiting = at->second;
  ++waiting.callers;
  // Sent only now that an answer, however quick, finds somebody waiting. What was there before may be answered already.
  bool known = send_to == nullptr;
  if (!known) {
    mail_.Send(send_to->replica, {Letter::Kind::kCommand, order.user, send_to->id, order.request_id, ""});
  }
  uint64_t seen = waiting.answers;
  absl::StatusOr<CommandResult> result = absl::UnavailableError("the command's record could not be read");
  while (true) {
    if (!known)
      answered_.wait_until(lock, std::min(end, steady_clock::now() + kLook), [&] { return waiting.answers != seen; });
    known = false;
    seen = waiting.answers;
    const bool over = steady_clock::now() >= end;
    lock.unlock();
    if (const auto now = commands_.Record(order.user, command, ContentOf(order), mail_.own_address(), left, deadline);
        now.ok() && now->result) {
      result = *now->result;
    } else if (over) {
      result = commands_.Settle(order.user, order.request_id, deadline);
    }
    lock.lock();
    if (result.ok() || over) break;
  }
  if (--waiting.callers == 0) waiting_.erase(at);
  return result;
}

void CommandDesk::OnAnswered(const UserId& user, const std::string& request_id) {
  const std::lock_guard lock(mu_);
  const auto it = waiting_.find({user, request_id});
  if (it == waiting_.end()) return;
  ++it->second.answers;
  answered_.notify_all();
}

void CommandDesk::Deliver(LiveSession& session, const std::string& request_id) {
  const auto command = commands_.Claim(session.record().owner, request_id, steady_clock::now() + kStoreTime);
  // Not given out means not sent: the dispatcher's wait says how it ended.
  if (command.ok() && *command) session.Send(**command);
}

void CommandDesk::DeliverWaiting(LiveSession& session) {
  const auto& record = session.record();
  const auto waiting = commands_.Pending(record.owner, record.device, steady_clock::now() + kStoreTime);
  if (!waiting.ok()) return;
  for (const auto& request_id : *waiting) Deliver(session, request_id);
}

absl::Status CommandDesk::Answer(const SessionRecord& by, const std::string& request_id, const CommandResult& result,
                                 Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto dispatcher, commands_.Answer(by.owner, request_id, by, result, deadline));
  if (!dispatcher) {
    return Refused(absl::StatusCode::kNotFound, "COMMAND_UNKNOWN", "outcome.command_id: no command of this session");
  }
  mail_.Send(*dispatcher, {Letter::Kind::kOutcome, by.owner, by.id, request_id, ""});
  return absl::OkStatus();
}

}  // namespace crosspoint::gateway
