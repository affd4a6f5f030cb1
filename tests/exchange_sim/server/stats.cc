#include "exchange_sim/server/stats.h"

#include <nlohmann/json.hpp>

namespace crosspoint::exchange_sim {

void Stats::Request(const std::string& operation) {
  std::lock_guard lock(mu_);
  ++operations_[operation];
}

void Stats::Fault(const std::string& code) {
  std::lock_guard lock(mu_);
  ++faults_[code];
}

void Stats::UnknownOperation(const std::string& operation) {
  std::lock_guard lock(mu_);
  ++unknown_operations_[operation];
}

void Stats::RequestViolation(const std::string& violation) {
  std::lock_guard lock(mu_);
  ++request_violations_;
  last_request_violation_ = violation;
}

void Stats::AnswerViolation(const std::string& operation, const std::string& violation) {
  std::lock_guard lock(mu_);
  ++answer_violations_;
  last_answer_violation_ = operation + ": " + violation;
}

void Stats::Injected(const std::string& kind) {
  std::lock_guard lock(mu_);
  ++injected_[kind];
}

void Stats::Unauthorized() {
  std::lock_guard lock(mu_);
  ++unauthorized_;
}

std::string Stats::Json(int open_streams, size_t subscriptions, size_t mailboxes) const {
  std::lock_guard lock(mu_);
  return nlohmann::json{{"operations", operations_},
                        {"faults", faults_},
                        {"unknown_operations", unknown_operations_},
                        {"injected", injected_},
                        {"unauthorized", unauthorized_},
                        {"request_schema_violations", request_violations_},
                        {"answer_schema_violations", answer_violations_},
                        {"last_request_violation", last_request_violation_},
                        {"last_answer_violation", last_answer_violation_},
                        {"open_streams", open_streams},
                        {"subscriptions", subscriptions},
                        {"mailboxes", mailboxes}}
      .dump(2);
}

}  // namespace crosspoint::exchange_sim
