#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/httpd/http_server.h"
#include "exchange_sim/access/access_tokens.h"
#include "exchange_sim/access/negotiate.h"
#include "exchange_sim/call.h"
#include "exchange_sim/sim.h"

namespace crosspoint::exchange_sim {

// Who may log in by which scheme, and as whom. Used under the store's lock.
class Access {
 public:
  // Gives every service account a mailbox that the address list does not show.
  Access(const SimOptions& options, Store& store);

  // Whose request this is, from its Authorization header or, for NTLM, from its connection. Sets the response's
  // headers, and its status to 401 when it proves nothing.
  std::optional<Caller> Authenticate(const HttpRequest& request, HttpResponse& response, Store& store);
  // Applies the ExchangeImpersonation header, if there is one.
  //   ErrorImpersonateUserDenied, ErrorNonExistentMailbox, ErrorNonPrimarySmtpAddress, ...
  absl::Status Impersonate(pugi::xml_node header, Store& store, Caller& caller) const;
  // What is proof enough changes while the server runs, as in a rotation. Connections that are logged in stay so.
  void SetPassword(const std::string& service_account, const std::string& password, Store& store);
  void SetUserPassword(const std::string& password) { user_password_ = password; }
  void SetToken(const std::string& token, const std::string& account) { tokens_[token] = account; }
  void RevokeToken(const std::string& token) { tokens_.erase(token); }

 private:
  struct NtlmConnection {
    std::string server_challenge;  // outstanding; empty: none
    std::string account;           // logged in; empty: not
  };

  void AddServiceMailbox(const std::string& account, Store& store);
  bool Takes(const std::string& scheme) const { return schemes_.contains(scheme); }
  std::optional<Caller> CallerFor(const std::string& account, Store& store) const;
  // Name of the account that "DOMAIN\user", "user@domain" or "user" means.
  std::string AccountOf(std::string user) const;
  std::optional<std::string> PasswordOf(const std::string& account) const;

  // Each returns the account, and may add headers to the response.
  std::optional<std::string> Basic(std::string_view encoded) const;
  std::optional<std::string> Bearer(const std::string& token, HttpResponse& response) const;
  std::optional<std::string> Ntlm(std::string_view encoded, uint64_t connection, HttpResponse& response);
  std::optional<std::string> Negotiate(std::string_view encoded, HttpResponse& response);
  void Challenge(HttpResponse& response) const;

  std::map<std::string, std::string> service_accounts_;
  std::map<std::string, std::string> tokens_;
  std::string user_password_;
  std::set<std::string> schemes_;
  std::map<uint64_t, NtlmConnection> ntlm_;  // the oldest are forgotten
  uint64_t challenges_ = 0;
  std::optional<AccessTokens> access_tokens_;
  std::optional<NegotiateAcceptor> acceptor_;
  std::set<std::string> used_tickets_;  // a Kerberos token is good for one request
};

}  // namespace crosspoint::exchange_sim
