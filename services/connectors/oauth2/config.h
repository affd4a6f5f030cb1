#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"

namespace crosspoint::oauth2 {

inline constexpr std::string_view kErrorDomain = "oauth2.crosspoint";

// Sent in the body of the request. Source: RFC 6749, section 2.3.1.
struct ClientSecret {
  std::string secret_file;
};

enum class SigningAlgorithm { kPs256, kRs256 };

// A signed statement instead of a secret: "private_key_jwt", with the certificate's SHA-256 thumbprint as x5t#S256.
// Source: RFC 7523, section 2.2 and 3; RFC 7515, section 4.1.8.
struct ClientCertificate {
  std::string certificate_file;  // PEM; the same that is registered with the issuer
  std::string key_file;          // PEM; RSA of at least 2048 bits
  SigningAlgorithm algorithm = SigningAlgorithm::kPs256;
};

// A program that gets tokens for itself, without a user: the client credentials grant of RFC 6749, section 4.4. Files
// are read again when they change.
struct ClientCredentials {
  std::string token_url;  // https://login.example.org/TENANT/oauth2/v2.0/token; http only for a loopback host
  std::string client_id;
  std::variant<ClientSecret, ClientCertificate> proof;
  std::string scope;                             // https://outlook.office365.com/.default; several with blanks between
  std::string ca_file;                           // PEM; empty means the system's
  bool allow_loopback = false;                   // the issuer may be on this machine
  std::chrono::milliseconds timeout{10'000};     // of one request
  std::chrono::milliseconds first_pause{1'000};  // after a failure; doubles with each further one
  std::chrono::milliseconds longest_pause{60'000};  // unless the issuer asks for more

  // kInvalidArgument naming the field.
  absl::Status Validate() const;
};

}  // namespace crosspoint::oauth2
