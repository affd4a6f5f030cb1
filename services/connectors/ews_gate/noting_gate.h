#pragma once

#include <functional>
#include <string>
#include <utility>

#include "connectors/ews/gate.h"

namespace crosspoint::ews {

// A gate that tells what every call about a mailbox came to. Thread-safe.
class NotingGate final : public EwsGate {
 public:
  // Called on the threads of the calls, never for the account's own.
  using Note = std::function<void(const std::string& mailbox, const absl::Status& outcome)>;

  // `gate` must outlive this.
  NotingGate(EwsGate& gate, Note note) : gate_(gate), note_(std::move(note)) {}

  absl::StatusOr<std::unique_ptr<EwsPass>> Enter(const std::string& mailbox, Urgency urgency,
                                                 Deadline deadline) override;
  absl::Status MayOpenStream(const std::string& mailbox) override { return gate_.MayOpenStream(mailbox); }
  void StreamEnded(const std::string& mailbox, const absl::Status& outcome) override;

 private:
  class Pass;

  EwsGate& gate_;
  const Note note_;
};

}  // namespace crosspoint::ews
