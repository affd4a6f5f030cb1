#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/http/probe.h"
#include "connectors/ews/config.h"
#include "connectors/ews/diagnosis.h"

// What failures mean for an administrator of Exchange. Pure.
namespace crosspoint::ews {

struct Finding {
  StepOutcome outcome = StepOutcome::kOk;
  std::string message;
  std::string remedy;

  static Finding Ok(std::string message) { return {StepOutcome::kOk, std::move(message), ""}; }
  static Finding Failed(std::string message, std::string remedy) {
    return {StepOutcome::kFailed, std::move(message), std::move(remedy)};
  }
  static Finding NotTried(std::string message, std::string remedy = "") {
    return {StepOutcome::kNotTried, std::move(message), std::move(remedy)};
  }
};

// The server's certificate; `now` tells how long it is still good.
Finding OfTls(const http::TlsFacts& facts, const std::string& host, const std::string& ca_file, TimePoint now);
// A call of `step` that failed. `account` is who logged in, `mailbox` for whom.
Finding OfCall(DiagnosisStep step, const absl::Status& status, const std::string& account, const std::string& mailbox);
// EWS does not answer as such: an HTTP status other than 401 to a request without login.
Finding OfHttpStatus(int status, const std::string& location, const std::string& url);
Finding OfExchangeOnline(const std::string& host);

}  // namespace crosspoint::ews
