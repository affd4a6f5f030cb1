#include "exchange_sim/access/access.h"

#include <algorithm>
#include <utility>

#include "exchange_sim/access/ntlm.h"
#include "exchange_sim/error.h"
#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kMaxNtlmConnections = 10'000;
constexpr size_t kMaxUsedTickets = 100'000;

std::string AddressOf(const std::string& account) {
  return account.find('@') == std::string::npos ? fmt::format("{}@{}", account, kDomain) : account;
}

std::set<std::string> SchemesOf(const SimOptions& options) {
  if (!options.auth_schemes.empty()) return {options.auth_schemes.begin(), options.auth_schemes.end()};
  std::set<std::string> schemes = {"basic", "bearer", "ntlm"};
  if (!options.keytab_file.empty()) schemes.insert("negotiate");
  return schemes;
}

}  // namespace

Access::Access(const SimOptions& options, Store& store)
    : service_accounts_(options.service_accounts),
      tokens_(options.tokens),
      user_password_(options.user_password),
      schemes_(SchemesOf(options)) {
  if (!options.jwks_file.empty()) {
    access_tokens_.emplace(options.jwks_file, options.oauth_audience, options.oauth_applications);
  }
  if (!options.keytab_file.empty()) acceptor_.emplace(options.keytab_file);
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

std::string Access::AccountOf(std::string user) const {
  user = user.substr(user.find('\\') + 1);
  const std::string local = user.substr(0, user.find('@'));
  const bool is_service = user == local || Lower(user) == Lower(AddressOf(local));
  return is_service && service_accounts_.contains(local) ? local : user;
}

std::optional<std::string> Access::PasswordOf(const std::string& account) const {
  const auto service = service_accounts_.find(account);
  if (service != service_accounts_.end()) return service->second;
  if (user_password_.empty()) return std::nullopt;
  return user_password_;
}

std::optional<Caller> Access::Authenticate(const HttpRequest& request, HttpResponse& response, Store& store) {
  const std::string_view header = request.Header("authorization");
  const std::string scheme = Lower(header.substr(0, header.find(' ')));
  const std::string proof = Trim(header.substr(std::min(scheme.size(), header.size())));
  std::optional<std::string> account;
  if (header.empty()) {
    const auto connection = ntlm_.find(request.connection);
    if (connection != ntlm_.end() && !connection->second.account.empty()) account = connection->second.account;
  } else if (!Takes(scheme)) {
    account = std::nullopt;
  } else if (scheme == "basic") {
    account = Basic(proof);
  } else if (scheme == "bearer") {
    account = Bearer(proof, response);
  } else if (scheme == "ntlm") {
    account = Ntlm(proof, request.connection, response);
  } else if (scheme == "negotiate") {
    account = Negotiate(proof, response);
  }
  if (account) {
    if (auto caller = CallerFor(*account, store)) return caller;
  }
  response.status = 401;
  if (!response.headers.contains("WWW-Authenticate")) Challenge(response);
  return std::nullopt;
}

void Access::Challenge(HttpResponse& response) const {
  const auto offer = [&](const char* scheme, const std::string& challenge) {
    if (Takes(scheme)) response.headers.emplace("WWW-Authenticate", challenge);
  };
  offer("negotiate", "Negotiate");
  offer("ntlm", "NTLM");
  offer("basic", fmt::format("Basic realm=\"{}\"", kDomain));
  offer("bearer", "Bearer");
}

std::optional<std::string> Access::Basic(std::string_view encoded) const {
  const auto pair = FromBase64(encoded);
  const size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  const std::string account = AccountOf(pair->substr(0, colon));
  if (PasswordOf(account) != pair->substr(colon + 1)) return std::nullopt;
  return account;
}

std::optional<std::string> Access::Bearer(const std::string& token, HttpResponse& response) const {
  if (const auto known = tokens_.find(token); known != tokens_.end()) return known->second;
  if (!access_tokens_) return std::nullopt;
  const auto account = access_tokens_->AccountOf(token);
  if (account.ok()) return *account;
  response.headers.emplace("x-ms-diagnostics", std::string(account.status().message()));
  response.headers.emplace("WWW-Authenticate", "Bearer error=\"invalid_token\"");
  return std::nullopt;
}

std::optional<std::string> Access::Ntlm(std::string_view encoded, uint64_t connection, HttpResponse& response) {
  const std::string message = FromBase64(encoded).value_or("");
  if (NtlmMessageType(message) == 1) {
    if (ntlm_.size() >= kMaxNtlmConnections) ntlm_.erase(ntlm_.begin());
    uint64_t seed = connection * 1'000'003 + ++challenges_;
    const uint64_t random = NextRandom(seed);
    const std::string challenge(reinterpret_cast<const char*>(&random), sizeof random);
    ntlm_[connection] = {.server_challenge = challenge};
    response.headers.emplace("WWW-Authenticate", "NTLM " + Base64(NtlmChallenge(message, challenge)));
    return std::nullopt;
  }
  const auto authenticate = ReadNtlmAuthenticate(message);
  const auto state = ntlm_.find(connection);
  if (!authenticate || state == ntlm_.end() || state->second.server_challenge.empty()) return std::nullopt;
  const std::string challenge = std::exchange(state->second.server_challenge, "");
  const std::string account = AccountOf(authenticate->user);
  const auto password = PasswordOf(account);
  if (!password || !VerifyNtlm(*authenticate, challenge, *password)) return std::nullopt;
  state->second.account = account;
  return account;
}

std::optional<std::string> Access::Negotiate(std::string_view encoded, HttpResponse& response) {
  const auto token = FromBase64(encoded);
  if (!token || token->empty() || !acceptor_ || !used_tickets_.insert(*token).second) return std::nullopt;
  if (used_tickets_.size() > kMaxUsedTickets) used_tickets_.clear();
  const auto accepted = acceptor_->Accept(*token);
  if (!accepted) return std::nullopt;
  if (!accepted->answer.empty()) {
    response.headers.emplace("WWW-Authenticate", "Negotiate " + Base64(accepted->answer));
  }
  return AccountOf(Lower(accepted->principal));
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
