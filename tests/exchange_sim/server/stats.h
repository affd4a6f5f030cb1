#pragma once

#include <map>
#include <mutex>
#include <string>

namespace crosspoint::exchange_sim {

// What has been asked and answered, for tests and demos to look at. Thread-safe.
class Stats {
 public:
  void Request(const std::string& operation);
  void Fault(const std::string& code);  // a SOAP fault was sent
  void UnknownOperation(const std::string& operation);
  void RequestViolation(const std::string& violation);  // against the schema
  void AnswerViolation(const std::string& operation, const std::string& violation);
  void Injected(const std::string& kind);
  void Unauthorized();

  // A JSON object; `open_streams`, `subscriptions` and `mailboxes` are put in.
  std::string Json(int open_streams, size_t subscriptions, size_t mailboxes) const;

 private:
  mutable std::mutex mu_;
  std::map<std::string, int64_t> operations_;          // guarded by mu_
  std::map<std::string, int64_t> faults_;              // guarded by mu_
  std::map<std::string, int64_t> unknown_operations_;  // guarded by mu_
  std::map<std::string, int64_t> injected_;            // guarded by mu_
  int64_t unauthorized_ = 0;                           // guarded by mu_
  int64_t request_violations_ = 0;                     // guarded by mu_
  int64_t answer_violations_ = 0;                      // guarded by mu_
  std::string last_request_violation_;                 // guarded by mu_
  std::string last_answer_violation_;                  // guarded by mu_
};

}  // namespace crosspoint::exchange_sim
