#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/grpcx/forward.h"
#include "common/tasks/task_runner.h"
#include "gateway/app/session_hub.h"

namespace crosspoint::gateway {

// What a method asks of the program that calls it; nullopt: nothing.
std::optional<Ability> AbilityFor(std::string_view service, std::string_view method);

// The table of what each kind of program may do, applied to forwarded calls that name their session. Thread-safe.
class ProgramGate final : public grpcx::ForwardGate {
 public:
  // All must outlive the gate.
  ProgramGate(SessionHub& hub, SessionStore& sessions, TaskRunner& tasks)
      : hub_(hub), sessions_(sessions), tasks_(tasks) {}
  //   kFailedPrecondition  PROGRAM_NOT_ALLOWED
  //   kNotFound            SESSION_UNKNOWN
  void Check(const grpcx::Call& call, const std::string& session, std::function<void(absl::Status)> then) override;

 private:
  SessionHub& hub_;
  SessionStore& sessions_;
  TaskRunner& tasks_;
};

}  // namespace crosspoint::gateway
