#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "exchange_sim/call.h"
#include "exchange_sim/sim.h"

namespace crosspoint::exchange_sim {

// Who may log in, and as whom. Everything needs the store locked.
class Access {
 public:
  // Gives every service account a mailbox that the address list does not show.
  Access(const SimOptions& options, Store& store);

  // From the value of an Authorization header; nullopt when it proves nothing.
  std::optional<Caller> Authenticate(std::string_view authorization, Store& store) const;
  // Applies the ExchangeImpersonation header, if there is one.
  //   ErrorImpersonateUserDenied, ErrorNonExistentMailbox, ErrorNonPrimarySmtpAddress, ...
  absl::Status Impersonate(pugi::xml_node header, Store& store, Caller& caller) const;

  // What is proof enough changes while the server runs, as in a rotation.
  void SetPassword(const std::string& service_account, const std::string& password, Store& store);
  void SetUserPassword(const std::string& password) { user_password_ = password; }
  void SetToken(const std::string& token, const std::string& account) { tokens_[token] = account; }
  void RevokeToken(const std::string& token) { tokens_.erase(token); }

 private:
  void AddServiceMailbox(const std::string& account, Store& store);
  std::optional<Caller> CallerFor(const std::string& account, Store& store) const;

  std::map<std::string, std::string> service_accounts_;
  std::map<std::string, std::string> tokens_;
  std::string user_password_;
};

}  // namespace crosspoint::exchange_sim
