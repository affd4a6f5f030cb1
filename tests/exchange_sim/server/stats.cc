#include "exchange_sim/server/stats.h"

#include <algorithm>
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

void Stats::Answer(std::string_view envelope) {
  constexpr std::string_view kCode = "<m:ResponseCode>";
  for (size_t at = envelope.find(kCode); at != envelope.npos; at = envelope.find(kCode, at)) {
    at += kCode.size();
    const std::string_view code = envelope.substr(at, envelope.find('<', at) - at);
    if (code == "NoError") continue;
    std::lock_guard lock(mu_);
    ++message_errors_[std::string(code)];
  }
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

void Stats::StreamOpened(size_t now_open, size_t subscriptions) {
  std::lock_guard lock(mu_);
  ++streams_opened_;
  most_open_streams_ = std::max(most_open_streams_, now_open);
  most_subscriptions_of_a_stream_ = std::max(most_subscriptions_of_a_stream_, subscriptions);
}

void Stats::EventsSent(size_t events) {
  std::lock_guard lock(mu_);
  events_streamed_ += static_cast<int64_t>(events);
}

nlohmann::json Stats::Json() const {
  std::lock_guard lock(mu_);
  return {{"operations", operations_},
          {"faults", faults_},
          {"message_errors", message_errors_},
          {"unknown_operations", unknown_operations_},
          {"injected", injected_},
          {"unauthorized", unauthorized_},
          {"request_schema_violations", request_violations_},
          {"answer_schema_violations", answer_violations_},
          {"last_request_violation", last_request_violation_},
          {"last_answer_violation", last_answer_violation_},
          {"streams_opened", streams_opened_},
          {"most_open_streams", most_open_streams_},
          {"most_subscriptions_of_a_stream", most_subscriptions_of_a_stream_},
          {"events_streamed", events_streamed_}};
}

}  // namespace crosspoint::exchange_sim
