#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/redis/slots.h"
#include "connectors/ews/gate.h"
#include "connectors/ews/settings.h"
#include "connectors/ews_gate/gate_metrics.h"
#include "connectors/ews_gate/local_budget.h"

namespace crosspoint::ews {

// Names the server account in Redis, the same in every service: by host and user, or by `tenant` when the login names
// no user. 16 hex digits.
std::string AccountOf(const EwsSettings& settings, std::string_view tenant);

// The gate of one server account, shared through Redis by everybody who uses the account (keys `cp:{ews:ACCOUNT}:…`).
// One slot is a request in flight; one of the account and one of each mailbox is kept for people. ErrorServerBusy for
// an impersonated mailbox silences that mailbox; without impersonation, and an HTTP 503 or 429, the whole account.
//
// While Redis is away nobody can tell what others send. People are let through by a small limit of each process, since
// a search that fails is worse than a few requests too many; background work is refused, because it can wait and is
// what would overrun the budget. Silence that this process was told holds in any case.
class RedisEwsGate final : public EwsGate {
 public:
  // `redis` and `metrics` must outlive it.
  RedisEwsGate(RedisClient& redis, const std::string& account, const PolitenessSettings& settings,
               GateMetrics& metrics);

  absl::StatusOr<std::unique_ptr<EwsPass>> Enter(const std::string& mailbox, Urgency urgency,
                                                 Deadline deadline) override;
  absl::Status MayOpenStream(const std::string& mailbox) override;
  void StreamEnded(const std::string& mailbox, const absl::Status& outcome) override;

 private:
  class SharedPass;
  class LocalPass;
  // What an outcome asks for.
  struct Demand {
    std::string lane;  // empty: the account
    std::optional<std::chrono::milliseconds> length;
  };
  static std::optional<Demand> DemandOf(const std::string& lane, const absl::Status& outcome);

  absl::StatusOr<std::unique_ptr<EwsPass>> EnterAlone(const std::string& lane, Urgency urgency, Deadline give_up,
                                                      const absl::Status& why);
  // Refuses as the metrics count it.
  absl::Status Refuse(Urgency urgency, const absl::Status& why);
  // In force here at once, and for everybody when this returns or soon after.
  void Heed(const Demand& demand, bool may_block);

  RedisClient& redis_;
  GateMetrics& metrics_;
  const std::chrono::milliseconds background_patience_;
  LocalBudget local_;
  SharedSlots slots_;
};

}  // namespace crosspoint::ews
