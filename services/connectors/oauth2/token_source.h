#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "connectors/oauth2/config.h"

namespace crosspoint::oauth2 {

// Told after every request to the issuer: "ok" or the ErrorInfo reason, and how long it took. Must not block.
using TokenObserver = std::function<void(std::string_view result, std::chrono::microseconds took)>;

// Access tokens by client credentials (RFC 6749, section 4.4), cached and renewed. Thread-safe.
//
//   CROSSPOINT_ASSIGN_OR_RETURN(auto tokens, TokenSource::Create(config, clock));
//   CROSSPOINT_ASSIGN_OR_RETURN(const std::string token, tokens->Get(deadline));
//
// One request at a time, however many callers wait. After 80 % of a token's life the next one is fetched in the
// background while callers go on with the old; a token is never handed out when less than 10 s, or a tenth of a short
// life, are left. After a failure the issuer is left alone: for first_pause, doubled up to longest_pause, with jitter,
// or for as long as it asks; callers without a token get the failure at once. A changed secret or certificate is tried
// without a pause.
class TokenSource {
 public:
  // kInvalidArgument naming the field. `clock` must outlive the source.
  static absl::StatusOr<std::unique_ptr<TokenSource>> Create(ClientCredentials config, const Clock& clock,
                                                             TokenObserver observer = {});
  ~TokenSource();
  TokenSource(const TokenSource&) = delete;
  TokenSource& operator=(const TokenSource&) = delete;

  // Waits for the issuer no longer than until `deadline`. Errors, beside those of token_answer.h and client_assertion.h
  // (ErrorInfo domain "oauth2.crosspoint" where no other is named):
  //   kUnavailable         OAUTH2_ISSUER_AWAY  not reached, or in trouble; metadata "cause" is the reason of
  //   http.crosspoint kDeadlineExceeded    OAUTH2_TIMEOUT      no token until `deadline`; the request goes on for
  //   others kFailedPrecondition  SECRET_UNREADABLE of domain "crosspoint"; TLS_FAILED of domain "http.crosspoint"
  absl::StatusOr<std::string> Get(std::chrono::steady_clock::time_point deadline);

  // The server called `token` invalid. True when another is at hand or will be fetched, so that one more try makes
  // sense; at most once in 30 s, so that tokens a server never takes do not become a storm on the issuer. Does not
  // block.
  bool Reject(std::string_view token);

 private:
  struct State;
  explicit TokenSource(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crosspoint::oauth2
