#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/clock/time_point.h"
#include "connectors/oauth2/config.h"

namespace crosspoint::oauth2 {

struct Assertion {
  std::string client_id;  // issuer and subject
  std::string audience;   // the token endpoint
  std::string id;         // never used before
  TimePoint now;
};

// `assertion` as a signed JWT, valid for five minutes. Source: RFC 7523, section 3.
//   kFailedPrecondition OAUTH2_CERTIFICATE  one of the PEM texts cannot be used, they do not belong together, the key
//   is
//                                           no RSA key of at least 2048 bits, or the certificate has expired
absl::StatusOr<std::string> SignAssertion(const Assertion& assertion, std::string_view certificate_pem,
                                          std::string_view key_pem, SigningAlgorithm algorithm);

}  // namespace crosspoint::oauth2
