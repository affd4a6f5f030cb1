#pragma once

#include <map>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace crosspoint::exchange_sim {

// What has been asked and answered, for tests and demos to look at. Thread-safe.
class Stats {
 public:
  void Request(const std::string& operation);
  void Fault(const std::string& code);  // a SOAP fault was sent
  // Counts the codes of response messages that tell of an error or a warning.
  void Answer(std::string_view envelope);
  void UnknownOperation(const std::string& operation);
  void RequestViolation(const std::string& violation);  // against the schema
  void AnswerViolation(const std::string& operation, const std::string& violation);
  void Injected(const std::string& kind);
  void Unauthorized();
  void StreamOpened(size_t now_open, size_t subscriptions);
  void EventsSent(size_t events);

  nlohmann::json Json() const;

 private:
  mutable std::mutex mu_;
  std::map<std::string, int64_t> operations_;          // guarded by mu_
  std::map<std::string, int64_t> faults_;              // guarded by mu_
  std::map<std::string, int64_t> message_errors_;      // guarded by mu_
  std::map<std::string, int64_t> unknown_operations_;  // guarded by mu_
  std::map<std::string, int64_t> injected_;            // guarded by mu_
  int64_t unauthorized_ = 0;                           // guarded by mu_
  int64_t request_violations_ = 0;                     // guarded by mu_
  int64_t answer_violations_ = 0;                      // guarded by mu_
  std::string last_request_violation_;                 // guarded by mu_
  std::string last_answer_violation_;                  // guarded by mu_
  int64_t streams_opened_ = 0;                         // guarded by mu_
  size_t most_open_streams_ = 0;                       // guarded by mu_
  size_t most_subscriptions_of_a_stream_ = 0;          // guarded by mu_
  int64_t events_streamed_ = 0;                        // guarded by mu_
};

}  // namespace crosspoint::exchange_sim
