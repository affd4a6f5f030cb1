#include "connectors/ews_gate/noting_gate.h"

namespace crosspoint::ews {

class NotingGate::Pass final : public EwsPass {
 public:
  Pass(std::unique_ptr<EwsPass> pass, const Note& note, std::string mailbox)
      : pass_(std::move(pass)), note_(note), mailbox_(std::move(mailbox)) {}

  void End(const absl::Status& outcome) override {
    note_(mailbox_, outcome);
    pass_->End(outcome);
  }

 private:
  const std::unique_ptr<EwsPass> pass_;
  const Note& note_;
  const std::string mailbox_;
};

absl::StatusOr<std::unique_ptr<EwsPass>> NotingGate::Enter(const std::string& mailbox, Urgency urgency,
                                                           Deadline deadline) {
  auto pass = gate_.Enter(mailbox, urgency, deadline);
  if (!pass.ok() || mailbox.empty()) return pass;
  return std::make_unique<Pass>(*std::move(pass), note_, mailbox);
}

void NotingGate::StreamEnded(const std::string& mailbox, const absl::Status& outcome) {
  if (!mailbox.empty()) note_(mailbox, outcome);
  gate_.StreamEnded(mailbox, outcome);
}

}  // namespace crosspoint::ews
