#include "exchange_sim/server/throttle.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "exchange_sim/error.h"
#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

using std::chrono::milliseconds;

absl::Status Busy(milliseconds wait) {
  return EwsError("ErrorServerBusy", "The server cannot service this request right now. Try again later.",
                  {{"BackOffMilliseconds", std::to_string(wait.count())}});
}

}  // namespace

std::string Throttle::BudgetOf(std::string_view account, std::string_view impersonated) {
  return impersonated.empty() ? std::string(account) : fmt::format("{}/{}", account, Lower(impersonated));
}

absl::Status Throttle::Charge(Budget& budget, Clock::time_point now) {
  if (now < budget.wait_until) {
    ++early_;
    ++budget.early;
    if (!budget.enforced) return absl::OkStatus();
    budget.wait_until = now + budget.wait;
    return Busy(budget.wait);
  }
  if (limits_.requests_per_second <= 0) return absl::OkStatus();
  if (budget.saved < 0) {
    budget.saved = limits_.burst;
  } else {
    const std::chrono::duration<double> passed = now - budget.filled;
    budget.saved = std::min<double>(limits_.burst, budget.saved + passed.count() * limits_.requests_per_second);
  }
  budget.filled = now;
  if (budget.saved >= 1) {
    budget.saved -= 1;
    return absl::OkStatus();
  }
  budget.wait = limits_.back_off;
  budget.wait_until = now + budget.wait;
  budget.enforced = true;
  ++told_;
  ++budget.told;
  return Busy(budget.wait);
}

absl::StatusOr<std::shared_ptr<void>> Throttle::Admit(const std::string& key) {
  std::lock_guard lock(mu_);
  Budget& budget = budgets_[key];
  if (absl::Status charged = Charge(budget, Clock::now()); !charged.ok()) return charged;
  if (limits_.max_concurrency > 0 && budget.in_flight >= limits_.max_concurrency) {
    ++too_many_;
    return EwsError("ErrorExceededConnectionCount",
                    "You have exceeded the available concurrent connections for your account. Try again once your "
                    "other requests have completed.");
  }
  ++budget.in_flight;
  most_in_flight_ = std::max(most_in_flight_, budget.in_flight);
  return std::shared_ptr<void>(nullptr, [this, &budget](void*) {  // budgets are never erased
    std::lock_guard lock(mu_);
    --budget.in_flight;
  });
}

void Throttle::Told(const std::string& key, milliseconds wait, bool enforced) {
  std::lock_guard lock(mu_);
  Budget& budget = budgets_[key];
  budget.wait = wait;
  budget.wait_until = Clock::now() + wait;
  budget.enforced = enforced;
  ++told_;
  ++budget.told;
}

Limits Throttle::limits() const {
  std::lock_guard lock(mu_);
  return limits_;
}

absl::Status Throttle::SetJson(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return absl::InvalidArgumentError("the body must be a JSON object");
  Limits next = limits();
  try {
    next.max_concurrency = json.value("max_concurrency", next.max_concurrency);
    next.max_streams = json.value("max_streams", next.max_streams);
    next.max_subscriptions = json.value("max_subscriptions", next.max_subscriptions);
    next.find_count = json.value("find_count", next.find_count);
    next.requests_per_second = json.value("requests_per_second", next.requests_per_second);
    next.burst = json.value("burst", next.burst);
    next.back_off = milliseconds(json.value("back_off_ms", next.back_off.count()));
  } catch (const nlohmann::json::exception&) {
    return absl::InvalidArgumentError("a field has the wrong type");
  }
  if (next.max_streams < 1 || next.max_subscriptions < 1 || next.find_count < 1 || next.burst < 1) {
    return absl::InvalidArgumentError("max_streams, max_subscriptions, find_count, burst: at least 1");
  }
  if (next.max_concurrency < 0 || next.requests_per_second < 0 || next.back_off.count() < 0) {
    return absl::InvalidArgumentError("max_concurrency, requests_per_second, back_off_ms: at least 0");
  }
  std::lock_guard lock(mu_);
  limits_ = next;
  for (auto& [key, budget] : budgets_) budget.saved = -1;
  return absl::OkStatus();
}

nlohmann::json Throttle::Json() const {
  std::lock_guard lock(mu_);
  nlohmann::json budgets = nlohmann::json::object();
  for (const auto& [key, budget] : budgets_) {
    if (budget.told > 0) budgets[key] = {{"told_to_wait", budget.told}, {"early_requests", budget.early}};
  }
  return {{"told_to_wait", told_},
          {"early_requests", early_},
          {"too_many_in_flight", too_many_},
          {"most_in_flight", most_in_flight_},
          {"budgets", std::move(budgets)}};
}

}  // namespace crosspoint::exchange_sim
