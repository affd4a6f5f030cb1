#pragma once

#include <string>

#include "connectors/ews/auth.h"

namespace crosspoint::config {
class Binder;
}

namespace crosspoint::ews {

enum class AuthScheme { kByKeys, kBasic, kNtlm, kBearer, kNegotiate, kOAuth2 };

// How the service account logs in, as a configuration file says it. Every scheme has its own keys, and no others may be
// set beside them.
struct EwsAuthSettings {
  AuthScheme scheme = AuthScheme::kByKeys;  // not said: bearer with token_file, else Basic
  std::string user;                         // Basic, NTLM; of Negotiate the principal
  std::string password_file;                // Basic, NTLM
  std::string token_file;                   // bearer
  std::string keytab_file;                  // Negotiate
  std::string token_url;                    // OAuth2, as all that follow
  std::string client_id;
  std::string client_secret_file;  // or a certificate:
  std::string client_certificate_file;
  std::string client_key_file;
  oauth2::SigningAlgorithm client_signing = oauth2::SigningAlgorithm::kPs256;
  std::string scope;
  std::string token_ca_file;

  // "auth: ntlm takes user and password_file, not token_file"; empty when the keys fit together.
  std::string Problem() const;
  // Whose login it is: user or client_id; empty with a token that somebody else writes.
  const std::string& account() const { return user.empty() ? client_id : user; }
  // Of settings without a problem.
  EwsAuth ToAuth(bool allow_loopback) const;
};

// Keys auth, user, password_file, token_file, keytab_file, token_url, client_id, client_secret_file,
// client_certificate_file, client_key_file, client_signing, scope, token_ca_file.
void BindAuth(config::Binder& binder, EwsAuthSettings& settings);

}  // namespace crosspoint::ews
