#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace crosspoint::exchange_sim {

// What one budget may do: that of an account, or the copy of it for each mailbox that the account impersonates.
struct Limits {
  int max_concurrency = 0;                   // requests in flight, streams not counted; 0: no limit
  int max_streams = 10;                      // open streaming connections
  int max_subscriptions = 5000;              // of one mailbox
  int find_count = 1000;                     // items of one answer to a find, whatever page was asked for
  double requests_per_second = 0;            // lasting rate; beyond it ErrorServerBusy; 0: no limit
  int burst = 20;                            // what may be saved up of it
  std::chrono::milliseconds back_off{1000};  // asked for when the rate is exceeded
};

// Who has to wait. Thread-safe.
class Throttle {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Throttle(const Limits& limits) : limits_(limits) {}

  // The key of the budget that a request is charged to.
  static std::string BudgetOf(std::string_view account, std::string_view impersonated);

  // Counts a request in; it leaves when the ticket is destroyed.
  //   ErrorServerBusy               over the rate, or inside of an enforced wait, which starts anew
  //   ErrorExceededConnectionCount  too many in flight
  absl::StatusOr<std::shared_ptr<void>> Admit(const std::string& budget);
  // An answer told `budget` to wait. Requests before the end are counted, and refused when `enforced`.
  void Told(const std::string& budget, std::chrono::milliseconds wait, bool enforced);

  Limits limits() const;
  //   kInvalidArgument  naming the field
  absl::Status SetJson(std::string_view json);
  nlohmann::json Json() const;

 private:
  struct Budget {
    int in_flight = 0;
    double saved = -1;  // requests that may come at once; below 0: not filled yet
    Clock::time_point filled;
    Clock::time_point wait_until;
    std::chrono::milliseconds wait{0};
    bool enforced = false;
    int64_t told = 0;
    int64_t early = 0;
  };
  absl::Status Charge(Budget& budget, Clock::time_point now);

  mutable std::mutex mu_;
  Limits limits_;                          // guarded by mu_
  std::map<std::string, Budget> budgets_;  // guarded by mu_
  int64_t told_ = 0;                       // guarded by mu_
  int64_t early_ = 0;                      // guarded by mu_
  int64_t too_many_ = 0;                   // guarded by mu_
  int most_in_flight_ = 0;                 // guarded by mu_
};

}  // namespace crosspoint::exchange_sim
