#pragma once

#include <chrono>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/client.h"
#include "connectors/ews/client.h"
#include "connectors/ews/config.h"

namespace crosspoint::ews {

// How one account proves itself to the server, by whatever scheme the configuration says. Thread-safe.
class Login {
 public:
  static std::unique_ptr<Login> Make(const EwsConfig& config, EwsObserver observer);
  virtual ~Login() = default;

  // For one request to `url`. May ask an issuer of tokens or a KDC, and waits for them until `deadline`.
  //   kFailedPrecondition EWS_SECRET_UNREADABLE; errors of connectors/oauth2 and common/kerberos
  virtual absl::StatusOr<http::Credentials> Get(const std::string& url,
                                                std::chrono::steady_clock::time_point deadline) = 0;

  // The server refused `used` with `answer`, a 401: whether the next Get may do better, because a file has changed or
  // another token can be had. Does not block.
  virtual bool Renew(const http::Credentials& used, const http::HttpResponse& answer) = 0;
};

// What a 401 means in words for the administrator: kFailedPrecondition EWS_NOT_AUTHORIZED with the scheme that was used
// and, as far as the server tells, those it offers and why it refused (metadata "scheme", "offered", "diagnostics").
absl::Status NotAuthorized(const EwsAuth& auth, const http::HttpResponse& answer);

// kUnavailable EWS_LOGIN_RENEWED: the login was refused and another is at hand; asking again makes sense.
absl::Status LoginRenewed();

}  // namespace crosspoint::ews
