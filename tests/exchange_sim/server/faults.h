#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace crosspoint::exchange_sim {

// Trouble ordered in advance.
struct InjectedFault {
  std::string operation;  // "*" for any
  std::string kind;       // server_busy, http_503, http_500, delay, drop_connection, http200_fault
  int back_off_ms = 0;    // server_busy, http200_fault; 0: the answer names none
  int delay_ms = 0;       // delay
  int count = 1;          // how many requests it hits
};

// Thread-safe.
class Faults {
 public:
  // From {"operation", "kind", "back_off_ms", "delay_ms", "count"}.
  //   kInvalidArgument  naming the field
  absl::Status AddJson(std::string_view json);
  void Clear();
  // The oldest that fits, used up by one.
  std::optional<InjectedFault> Take(std::string_view operation);

 private:
  std::mutex mu_;
  std::list<InjectedFault> waiting_;  // guarded by mu_
};

}  // namespace crosspoint::exchange_sim
