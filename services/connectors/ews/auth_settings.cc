#include "connectors/ews/auth_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/binder.h"

namespace crosspoint::ews {
namespace {

using Key = std::string_view;

struct SchemeRow {
  AuthScheme scheme;
  std::string_view name;
  std::vector<Key> required;
  std::vector<Key> optional;
  std::string_view takes;  // in words
};

const std::vector<SchemeRow>& Rows() {
  static const auto* const rows = new std::vector<SchemeRow>{
      {AuthScheme::kBasic, "basic", {"user", "password_file"}, {}, "user and password_file"},
      {AuthScheme::kNtlm, "ntlm", {"user", "password_file"}, {}, "user and password_file"},
      {AuthScheme::kBearer, "bearer", {"token_file"}, {}, "token_file"},
      {AuthScheme::kNegotiate, "negotiate", {"user", "keytab_file"}, {}, "user (the principal) and keytab_file"},
      {AuthScheme::kOAuth2,
       "oauth2",
       {"token_url", "client_id", "scope"},
       {"client_secret_file", "client_certificate_file", "client_key_file", "token_ca_file"},
       "token_url, client_id, scope and either client_secret_file or client_certificate_file with client_key_file"},
  };
  return *rows;
}

const SchemeRow& RowOf(AuthScheme scheme) {
  return *std::find_if(Rows().begin(), Rows().end(), [&](const SchemeRow& row) { return row.scheme == scheme; });
}

bool Contains(const std::vector<Key>& keys, Key key) { return std::find(keys.begin(), keys.end(), key) != keys.end(); }

AuthScheme SchemeOf(const EwsAuthSettings& settings) {
  if (settings.scheme != AuthScheme::kByKeys) return settings.scheme;
  return settings.token_file.empty() ? AuthScheme::kBasic : AuthScheme::kBearer;
}

}  // namespace

std::string EwsAuthSettings::Problem() const {
  const SchemeRow& row = RowOf(SchemeOf(*this));
  const std::array<std::pair<Key, const std::string*>, 11> keys{{{"user", &user},
                                                                 {"password_file", &password_file},
                                                                 {"token_file", &token_file},
                                                                 {"keytab_file", &keytab_file},
                                                                 {"token_url", &token_url},
                                                                 {"client_id", &client_id},
                                                                 {"client_secret_file", &client_secret_file},
                                                                 {"client_certificate_file", &client_certificate_file},
                                                                 {"client_key_file", &client_key_file},
                                                                 {"scope", &scope},
                                                                 {"token_ca_file", &token_ca_file}}};
  std::string foreign;
  std::string missing;
  for (const auto& [key, value] : keys) {
    const bool is_required = Contains(row.required, key);
    std::string* list = value->empty() ? (is_required ? &missing : nullptr)
                                       : (is_required || Contains(row.optional, key) ? nullptr : &foreign);
    if (list != nullptr) *list += fmt::format("{}{}", list->empty() ? "" : ", ", key);
  }
  const bool has_certificate = !client_certificate_file.empty() && !client_key_file.empty();
  const bool half_certificate = client_certificate_file.empty() != client_key_file.empty();
  const bool proof_fits =
      row.scheme != AuthScheme::kOAuth2 || (!half_certificate && has_certificate == client_secret_file.empty());
  if (foreign.empty() && missing.empty() && proof_fits) return "";
  std::string problem = fmt::format("auth: {} takes {}", row.name, row.takes);
  if (!missing.empty()) problem += fmt::format("; missing: {}", missing);
  if (!foreign.empty()) problem += fmt::format("; not: {}", foreign);
  return problem;
}

EwsAuth EwsAuthSettings::ToAuth(bool allow_loopback) const {
  switch (SchemeOf(*this)) {
    case AuthScheme::kNtlm:
      return NtlmAuth{.user = user, .password_file = password_file};
    case AuthScheme::kBearer:
      return BearerAuth{.token_file = token_file};
    case AuthScheme::kNegotiate:
      return NegotiateAuth{.principal = user, .keytab_file = keytab_file};
    case AuthScheme::kOAuth2:
      break;
    case AuthScheme::kByKeys:
    case AuthScheme::kBasic:
      return BasicAuth{.user = user, .password_file = password_file};
  }
  oauth2::ClientCredentials client{.token_url = token_url,
                                   .client_id = client_id,
                                   .proof = oauth2::ClientSecret{client_secret_file},
                                   .scope = scope,
                                   .ca_file = token_ca_file,
                                   .allow_loopback = allow_loopback};
  if (client_secret_file.empty()) {
    client.proof = oauth2::ClientCertificate{client_certificate_file, client_key_file, client_signing};
  }
  return OAuth2Auth{std::move(client)};
}

void BindAuth(config::Binder& binder, EwsAuthSettings& settings) {
  std::vector<std::pair<std::string, AuthScheme>> schemes;
  for (const SchemeRow& row : Rows()) schemes.emplace_back(row.name, row.scheme);
  binder.Choice("auth", settings.scheme, schemes)
      .Field("user", settings.user)
      .SecretFile("password_file", settings.password_file)
      .SecretFile("token_file", settings.token_file)
      .SecretFile("keytab_file", settings.keytab_file)
      .Field("token_url", settings.token_url)
      .Field("client_id", settings.client_id)
      .SecretFile("client_secret_file", settings.client_secret_file)
      .File("client_certificate_file", settings.client_certificate_file)
      .SecretFile("client_key_file", settings.client_key_file)
      .Choice("client_signing", settings.client_signing,
              {{"ps256", oauth2::SigningAlgorithm::kPs256}, {"rs256", oauth2::SigningAlgorithm::kRs256}})
      .Field("scope", settings.scope)
      .File("token_ca_file", settings.token_ca_file);
}

}  // namespace crosspoint::ews
