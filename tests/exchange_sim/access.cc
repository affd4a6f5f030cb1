#include "exchange_sim/access.h"

#include "exchange_sim/error.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

std::string AddressOf(const std::string& account) {
  return account.find('@') == std::string::npos ? fmt::format("{}@{}", account, kDomain) : account;
}

}  // namespace

Access::Access(const SimOptions& options, Store& store)
    : service_accounts_(options.service_accounts), tokens_(options.tokens), user_password_(options.user_password) {
  for (const auto& [account, password] : service_accounts_) AddServiceMailbox(account, store);
}

void Access::AddServiceMailbox(const std::string& account, Store& store) {
  if (store.FindMailbox(AddressOf(account)) != nullptr) return;
  Person person;
  person.display_name = account;
  person.email = AddressOf(account);
  person.account = account;
  person.has_photo = false;
  person.hidden = true;
  store.AddMailbox(std::move(person));
}

void Access::SetPassword(const std::string& service_account, const std::string& password, Store& store) {
  service_accounts_[service_account] = password;
  AddServiceMailbox(service_account, store);
}

std::optional<Caller> Access::CallerFor(const std::string& account, Store& store) const {
  const Mailbox* mailbox = store.FindMailbox(AddressOf(account));
  if (mailbox == nullptr) return std::nullopt;
  return Caller{account, service_accounts_.contains(account), "", mailbox->number};
}

std::optional<Caller> Access::Authenticate(std::string_view authorization, Store& store) const {
  if (StartsWithNoCase(authorization, "Bearer ")) {
    const auto token = tokens_.find(Trim(authorization.substr(7)));
    return token == tokens_.end() ? std::nullopt : CallerFor(token->second, store);
  }
  if (!StartsWithNoCase(authorization, "Basic ")) return std::nullopt;
  const auto pair = FromBase64(Trim(authorization.substr(6)));
  const size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  std::string user = pair->substr(0, colon);
  const std::string password = pair->substr(colon + 1);
  user = user.substr(user.find('\\') + 1);  // DOMAIN\user
  const auto service = service_accounts_.find(user);
  if (service != service_accounts_.end()) {
    return service->second == password ? CallerFor(user, store) : std::nullopt;
  }
  return !user_password_.empty() && password == user_password_ ? CallerFor(user, store) : std::nullopt;
}

absl::Status Access::Impersonate(pugi::xml_node header, Store& store, Caller& caller) const {
  const pugi::xml_node impersonation = header.child("t:ExchangeImpersonation");
  if (!impersonation) return absl::OkStatus();
  const auto ids = Elements(impersonation.child("t:ConnectingSID"));
  if (ids.size() != 1) {
    return EwsError("ErrorInvalidExchangeImpersonationHeaderData", "ExchangeImpersonation SOAP header must be valid.");
  }
  if (!caller.may_impersonate) {
    return EwsError("ErrorImpersonateUserDenied",
                    "The account does not have permission to impersonate the requested user.");
  }
  if (LocalName(ids[0]) == "SID") return EwsError("ErrorInvalidUserSid", "The user SID is invalid.");
  const std::string address = Trim(ids[0].text().get());
  const Mailbox* mailbox = store.FindMailbox(address);
  if (mailbox == nullptr) {
    return EwsError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.");
  }
  if (LocalName(ids[0]) == "PrimarySmtpAddress" && Lower(address) != Lower(mailbox->person.email)) {
    return EwsError("ErrorNonPrimarySmtpAddress", "The primary SMTP address must be specified.",
                    {{"Primary", mailbox->person.email}});
  }
  caller.impersonated = mailbox->person.email;
  caller.mailbox = mailbox->number;
  return absl::OkStatus();
}

}  // namespace crosspoint::exchange_sim
