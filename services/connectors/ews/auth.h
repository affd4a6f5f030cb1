#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "connectors/oauth2/config.h"

namespace crosspoint::ews {

// Secrets stand in files, are read at the first call and again when the file changes. Surrounding white space is cut.
struct BasicAuth {
  std::string user;  // "DOMAIN\\name" or a user principal name
  std::string password_file;
};
struct BearerAuth {
  std::string token_file;
};
// NTLMv2 over HTTP.
struct NtlmAuth {
  std::string user;  // "DOMAIN\\name" or a user principal name
  std::string password_file;
};
// Kerberos in SPNEGO for HTTP/<host of url>. Realms come from the machine's krb5.conf.
struct NegotiateAuth {
  std::string principal;  // "svc@CORP.EXAMPLE"
  std::string keytab_file;
};
struct OAuth2Auth {
  oauth2::ClientCredentials client;
};
using EwsAuth = std::variant<BasicAuth, BearerAuth, NtlmAuth, NegotiateAuth, OAuth2Auth>;

// kInvalidArgument naming the field, as "auth.user".
absl::Status Validate(const EwsAuth& auth);

// "NTLM": as it stands in a WWW-Authenticate header.
std::string_view SchemeOf(const EwsAuth& auth);

}  // namespace crosspoint::ews
