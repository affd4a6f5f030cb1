#include "exchange_sim/server/faults.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace crosspoint::exchange_sim {

absl::Status Faults::AddJson(std::string_view text) {
  constexpr std::array<std::string_view, 6> kKinds = {"server_busy", "http_503",        "http_500",
                                                      "delay",       "drop_connection", "http200_fault"};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return absl::InvalidArgumentError("the body must be a JSON object");
  InjectedFault fault;
  try {
    fault.operation = json.value("operation", "*");
    fault.kind = json.value("kind", "");
    fault.back_off_ms = json.value("back_off_ms", 0);
    fault.delay_ms = json.value("delay_ms", 0);
    fault.count = json.value("count", 1);
  } catch (const nlohmann::json::exception&) {
    return absl::InvalidArgumentError("a field has the wrong type");
  }
  if (std::find(kKinds.begin(), kKinds.end(), fault.kind) == kKinds.end()) {
    return absl::InvalidArgumentError(
        "kind: one of server_busy, http_503, http_500, delay, drop_connection, http200_fault");
  }
  if (fault.count < 1) return absl::InvalidArgumentError("count: at least 1");
  if (fault.delay_ms < 0 || fault.delay_ms > 600'000) return absl::InvalidArgumentError("delay_ms: 0 to 600000");
  std::lock_guard lock(mu_);
  waiting_.push_back(std::move(fault));
  return absl::OkStatus();
}

void Faults::Clear() {
  std::lock_guard lock(mu_);
  waiting_.clear();
}

std::optional<InjectedFault> Faults::Take(std::string_view operation) {
  std::lock_guard lock(mu_);
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [operation](const InjectedFault& fault) {
    return fault.operation == "*" || fault.operation == operation;
  });
  if (found == waiting_.end()) return std::nullopt;
  const InjectedFault fault = *found;
  if (--found->count == 0) waiting_.erase(found);
  return fault;
}

}  // namespace crosspoint::exchange_sim
