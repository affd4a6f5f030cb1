#include "exchange_sim/access/access_tokens.h"

#include <cjose/cjose.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "exchange_sim/text.h"

namespace crosspoint::exchange_sim {
namespace {

using nlohmann::json;

struct Release {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
  void operator()(cjose_jwk_t* jwk) const { cjose_jwk_release(jwk); }
};

absl::Status Refused(std::string_view diagnostics) { return absl::UnauthenticatedError(std::string(diagnostics)); }

// Three parts of base64url: cjose ends the process on other text.
bool IsCompact(std::string_view token) {
  const auto parts = Split(token, '.');
  return parts.size() == 3 && std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
           return !part.empty() && part.size() % 4 != 1 && std::all_of(part.begin(), part.end(), [](unsigned char c) {
             return std::isalnum(c) != 0 || c == '-' || c == '_';
           });
         });
}

// The claims, once one of the keys has verified the signature.
absl::StatusOr<json> Verified(std::string_view token, const std::string& jwks_file) {
  if (!IsCompact(token)) return Refused("2000000;reason=\"The token is malformed.\";error_category=\"invalid_token\"");
  cjose_err error{};
  const std::unique_ptr<cjose_jws_t, Release> jws(cjose_jws_import(token.data(), token.size(), &error));
  if (jws == nullptr) return Refused("2000000;reason=\"The token is malformed.\";error_category=\"invalid_token\"");
  const char* algorithm = cjose_header_get(cjose_jws_get_protected(jws.get()), "alg", &error);
  const char* key_id = cjose_header_get(cjose_jws_get_protected(jws.get()), "kid", &error);
  std::ifstream in(jwks_file);
  const json keys = json::parse(std::string{std::istreambuf_iterator<char>(in), {}}, nullptr, false);
  if (algorithm == nullptr || std::string(algorithm) != "RS256" || key_id == nullptr || !keys.is_object()) {
    return Refused("2000008;reason=\"The token's key is not known.\";error_category=\"invalid_signature\"");
  }
  for (const json& key : keys.value("keys", json::array())) {
    if (key.value("kid", "") != key_id || key.value("kty", "") != "RSA") continue;
    const std::string text = key.dump();
    const std::unique_ptr<cjose_jwk_t, Release> jwk(cjose_jwk_import(text.data(), text.size(), &error));
    if (jwk == nullptr || !cjose_jws_verify(jws.get(), jwk.get(), &error)) continue;
    uint8_t* plain = nullptr;
    size_t size = 0;
    if (!cjose_jws_get_plaintext(jws.get(), &plain, &size, &error)) continue;
    json claims = json::parse(plain, plain + size, nullptr, false);
    if (claims.is_object()) return claims;
  }
  return Refused("2000008;reason=\"The token's signature is invalid.\";error_category=\"invalid_signature\"");
}

}  // namespace

AccessTokens::AccessTokens(std::string jwks_file, std::string audience, std::map<std::string, std::string> applications)
    : jwks_file_(std::move(jwks_file)), audience_(std::move(audience)), applications_(std::move(applications)) {}

absl::StatusOr<std::string> AccessTokens::AccountOf(std::string_view token) const {
  const auto claims = Verified(token, jwks_file_);
  if (!claims.ok()) return claims.status();
  const Seconds now = Now();
  if (claims->value("exp", Seconds{0}) <= now || claims->value("nbf", Seconds{0}) > now) {
    return Refused("2000001;reason=\"The token has expired.\";error_category=\"invalid_lifetime\"");
  }
  if (claims->value("aud", "") != audience_) {
    return Refused("2000003;reason=\"The audience claim value is invalid.\";error_category=\"invalid_resource\"");
  }
  const auto application = applications_.find(claims->value("appid", ""));
  if (application == applications_.end()) {
    return Refused("2000012;reason=\"The application is not known.\";error_category=\"invalid_app\"");
  }
  return application->second;
}

}  // namespace crosspoint::exchange_sim
