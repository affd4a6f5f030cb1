#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace crosspoint::exchange_sim {

// Access tokens of an issuer (RS256 JWTs), by its public keys in a file that is read for each token, so keys may
// rotate.
class AccessTokens {
 public:
  // `applications`: application id -> service account.
  AccessTokens(std::string jwks_file, std::string audience, std::map<std::string, std::string> applications);

  // The service account of the token's application. The error's message is what Exchange says in x-ms-diagnostics.
  absl::StatusOr<std::string> AccountOf(std::string_view token) const;

 private:
  const std::string jwks_file_;
  const std::string audience_;
  const std::map<std::string, std::string> applications_;
};

}  // namespace crosspoint::exchange_sim
