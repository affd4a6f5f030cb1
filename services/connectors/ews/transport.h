#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/http/client.h"
#include "common/ids/ids.h"
#include "common/tracing/tracing.h"
#include "connectors/ews/client.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/login.h"
#include "connectors/ews/retry.h"
#include "connectors/ews/soap/xml_reader.h"

namespace crosspoint::ews {

// Whether an exchange may reach the server twice without harm.
enum class Effect { kReads, kWrites };

// Carries one request to the server and its answer back: addresses, credentials, headers, time limits, observation. It
// knows SOAP only as text. Thread-safe.
class Transport {
 public:
  Transport(EwsConfig config, EwsObserver observer);

  RequestHeader Header(const EwsCall& call) const {
    return {.server_version = config_.server_version, .impersonate = call.mailbox, .time_zone = call.time_zone};
  }
  XmlLimits limits() const { return {.max_bytes = config_.max_response_bytes}; }

  // One whole operation: sends `body`, and what `read` makes of the answer is the result.
  template <class Read>
  auto Call(std::string_view operation, std::string body, const EwsCall& call, Effect effect, const Read& read)
      -> decltype(read(std::string_view(), XmlLimits())) {
    using Result = decltype(read(std::string_view(), XmlLimits()));
    return Run(operation, call, effect, [&](const EwsCall& attempt) -> Result {
      const auto response = Exchange(body, attempt, effect);
      if (!response.ok()) return response.status();
      return read(std::string_view(response->body), limits());
    });
  }

  // Runs one operation, a function of the call with its deadline set that makes one exchange. Each attempt has the
  // permission of the gate and is told to the observer. What only reads and a person waits for is repeated as
  // EwsConfig::retry says; background work has schedules of its own and must not hold its thread meanwhile.
  template <class Operation>
  auto Run(std::string_view name, const EwsCall& call, Effect effect, const Operation& operation)
      -> decltype(operation(call)) {
    EwsCall bounded = call;
    if (!bounded.deadline) bounded.deadline = std::chrono::steady_clock::now() + config_.call_timeout;
    const auto attempt = [&]() -> decltype(operation(call)) {
      auto pass = Enter(bounded);
      if (!pass.ok()) return pass.status();
      auto result = Observed(name, [&] { return operation(bounded); });
      if (*pass) (*pass)->End(OutcomeOf(result));
      return result;
    };
    const bool repeat = effect == Effect::kReads && call.urgency == Urgency::kUserFacing;
    return repeat ? retrier_.Run(*bounded.deadline, attempt) : attempt();
  }

  // Sends `body` and returns an answer with HTTP 200; every other becomes its error.
  absl::StatusOr<http::HttpResponse> Exchange(std::string body, const EwsCall& call, Effect effect);
  // Returns whatever came.
  absl::StatusOr<http::HttpResponse> ExchangeRaw(std::string body, const EwsCall& call, Effect effect,
                                                 const std::vector<http::Header>& extra_headers = {});
  // What an answer other than HTTP 200 means.
  absl::Status ErrorOf(const http::HttpResponse& response) const;

  // Never null; a failure comes to on_end.
  std::unique_ptr<EwsStream> OpenStream(std::string body, EwsStreamCallbacks callbacks, const EwsCall& call);

  // Ends everything under way and to come with kCancelled.
  void Stop();

 private:
  static const absl::Status& StatusOf(const absl::Status& status) { return status; }
  template <class T>
  static const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }
  // What the gate should hear: of a batch also that its items met a busy server.
  template <class Result>
  static const absl::Status& OutcomeOf(const Result& result) {
    return StatusOf(result);
  }
  template <class T>
  static const absl::Status& OutcomeOf(const absl::StatusOr<std::vector<absl::StatusOr<T>>>& batch) {
    if (!batch.ok()) return batch.status();
    for (const auto& item : *batch) {
      if (ReactionOf(item.status()) == Reaction::kBackOff) return item.status();
    }
    return batch.status();
  }

  template <class Operation>
  auto Observed(std::string_view name, const Operation& operation) {
    const auto begin = std::chrono::steady_clock::now();
    tracing::Span span("EWS " + std::string(name), tracing::SpanKind::kClient);
    auto result = operation();
    span.SetStatus(StatusOf(result));
    Observe(name, StatusOf(result), std::chrono::steady_clock::now() - begin);
    return result;
  }

  // Null when there is no gate.
  absl::StatusOr<std::unique_ptr<EwsPass>> Enter(const EwsCall& call) const;
  http::HttpRequest Request(std::string body, const EwsCall& call);
  void Observe(std::string_view name, const absl::Status& status, std::chrono::steady_clock::duration took) const;

  const EwsConfig config_;
  const EwsObserver observer_;
  const Retrier retrier_;
  const std::unique_ptr<Login> login_;
  RandomIdSource ids_;
  http::HttpClient calls_;
  http::HttpClient streams_;  // apart, so that hanging connections never use up those of the calls
};

// Name of the cookie that keeps a group of subscriptions on one server.
inline constexpr std::string_view kAffinityCookie = "X-BackEndOverrideCookie";

}  // namespace crosspoint::ews
