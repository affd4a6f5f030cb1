#include "common/grpcx/token.h"

#include <cjose/cjose.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::grpcx {
namespace {

using Json = nlohmann::json;

enum class Algorithm { kRs256, kEs256 };

constexpr size_t kMinRsaBits = 2048;
// Year 9999; later ones would overflow TimePoint.
constexpr double kLatestSecond = 253402300799.0;

struct Release {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
  void operator()(cjose_jwk_t* jwk) const { cjose_jwk_release(jwk); }
};

std::string TextOr(const Json& object, const char* key, std::string_view otherwise) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string(otherwise);
}

std::optional<Algorithm> AlgorithmOf(std::string_view name) {
  if (name == "RS256") return Algorithm::kRs256;
  if (name == "ES256") return Algorithm::kEs256;
  return std::nullopt;
}

// cjose ends the process on some text that is not base64url (found by fuzz_token), so none of it gets there.
bool IsBase64Url(std::string_view text) {
  if (text.empty() || text.size() % 4 == 1) return false;
  for (const char c : text) {
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) {
      return false;
    }
  }
  return true;
}

// Header, payload and signature, each base64url. Source: RFC 7515, section 7.1.
bool IsCompactJws(std::string_view token) {
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  return second != std::string_view::npos && IsBase64Url(token.substr(0, first)) &&
         IsBase64Url(token.substr(first + 1, second - first - 1)) && IsBase64Url(token.substr(second + 1));
}

// Whether the numbers of a public key are what cjose takes.
bool HasKeyNumbers(const Json& key, std::string_view type) {
  const auto fine = [&key](const char* name) { return IsBase64Url(TextOr(key, name, "")); };
  return type == "RSA" ? fine("n") && fine("e") : fine("x") && fine("y");
}

// Only what a public key needs: a private half has no business here, and every further member is risk without use.
std::string PublicKeyText(const Json& key, std::string_view type) {
  Json reduced{{"kty", type}, {"kid", key["kid"]}};
  for (const char* name : {"n", "e", "crv", "x", "y"}) {
    if (key.contains(name)) reduced[name] = key[name];
  }
  return reduced.dump();
}

absl::Status Refused(std::string_view reason, std::string_view message) {
  return ErrorWithInfo(absl::StatusCode::kUnauthenticated, message,
                       {.reason = std::string(reason), .domain = "crosspoint", .metadata = {}});
}

std::optional<std::string> HeaderText(cjose_header_t* header, const char* name) {
  cjose_err error{};
  const char* const value = cjose_header_get(header, name, &error);
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

bool HasHeader(cjose_header_t* header, const char* name) {
  cjose_err error{};
  char* const raw = cjose_header_get_raw(header, name, &error);
  if (raw == nullptr) return false;
  std::free(raw);  // NOLINT: allocated by C
  return true;
}

// Seconds since 1970 of a NumericDate claim; nullopt when absent, false in `fine` when it is none.
std::optional<TimePoint> Instant(const Json& claims, const char* name, bool& fine) {
  const auto it = claims.find(name);
  if (it == claims.end()) return std::nullopt;
  const double seconds = it->is_number() ? it->get<double>() : -1;
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kLatestSecond) {
    fine = false;
    return std::nullopt;
  }
  return TimePoint(std::chrono::microseconds(static_cast<int64_t>(seconds * 1e6)));
}

bool NamesAudience(const Json& claims, const std::string& audience) {
  const auto it = claims.find("aud");
  if (it == claims.end()) return false;
  if (it->is_string()) return it->get_ref<const std::string&>() == audience;
  if (!it->is_array()) return false;
  for (const auto& one : *it) {
    if (one.is_string() && one.get_ref<const std::string&>() == audience) return true;
  }
  return false;
}

RoleSet RolesOf(const Json& claims) {
  static const std::map<std::string, Role, std::less<>> kNames{{"user", Role::kUser},
                                                               {"delegate", Role::kDelegate},
                                                               {"integrator", Role::kIntegrator},
                                                               {"tenant_admin", Role::kTenantAdmin},
                                                               {"operator", Role::kOperator}};
  RoleSet roles;
  const auto it = claims.find("roles");
  if (it == claims.end() || !it->is_array()) return roles;
  for (const auto& role : *it) {
    if (!role.is_string()) continue;
    if (const auto name = kNames.find(role.get_ref<const std::string&>()); name != kNames.end())
      roles.Add(name->second);
  }
  return roles;
}

bool IsPlainText(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

absl::StatusOr<std::shared_ptr<const Principal>> PrincipalOf(const Json& claims) {
  auto principal = std::make_shared<Principal>();
  principal->kind = Principal::Kind::kUser;
  principal->roles = RolesOf(claims);
  principal->subject = TextOr(claims, "sub", "");
  if (!IsPlainText(principal->subject)) return InvalidToken("claims", "`sub` must be 1 to 255 characters of text");
  principal->user.tenant.value = TextOr(claims, "tenant", "");
  const bool has_tenant = IsValidSegment(principal->user.tenant.value);
  if (!has_tenant && (claims.contains("tenant") || !(principal->roles == RoleSet{Role::kOperator}))) {
    return InvalidToken("claims", "`tenant` must be 1 to 63 of a-z, 0-9 and -; only an operator may have none");
  }
  if (principal->roles.Has(Role::kUser) || principal->roles.Has(Role::kDelegate)) {
    if (!IsValidSegment(principal->subject)) {
      return InvalidToken("claims", "`sub` of a user must be the user id: 1 to 63 of a-z, 0-9 and -");
    }
    principal->user.value = principal->subject;
  }
  return std::shared_ptr<const Principal>(std::move(principal));
}

absl::StatusOr<VerifiedToken> CheckClaims(std::string_view payload, const TokenRules& rules, TimePoint now) {
  const auto claims = Json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (!claims.is_object()) return InvalidToken("malformed", "the token's payload is no JSON object");
  if (TextOr(claims, "iss", "") != rules.issuer) return InvalidToken("issuer", "the token is from another issuer");
  if (!NamesAudience(claims, rules.audience)) return InvalidToken("audience", "the token is for another audience");
  bool fine = true;
  const auto expires = Instant(claims, "exp", fine);
  const auto not_before = Instant(claims, "nbf", fine);
  if (!fine || !expires) return InvalidToken("claims", "`exp` and `nbf` must be seconds since 1970; `exp` is needed");
  if (now >= *expires + rules.leeway) return Refused("TOKEN_EXPIRED", "the token has expired");
  if (not_before && now + rules.leeway < *not_before) {
    return Refused("TOKEN_NOT_YET_VALID", "the token is not valid yet");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(auto principal, PrincipalOf(claims));
  return VerifiedToken{std::move(principal), *expires};
}

}  // namespace

struct KeySet::Key {
  std::unique_ptr<cjose_jwk_t, Release> jwk;
  Algorithm algorithm = Algorithm::kRs256;
};

struct KeySet::Keys {
  std::map<std::string, Key, std::less<>> by_id;
};

KeySet::KeySet() : keys_(std::make_unique<Keys>()) {}
KeySet::~KeySet() = default;

absl::StatusOr<std::shared_ptr<const KeySet>> KeySet::Parse(std::string_view json) {
  const auto document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || !document.contains("keys") || !document["keys"].is_array()) {
    return absl::InvalidArgumentError("no JSON Web Key Set: an object with an array \"keys\" is needed");
  }
  std::shared_ptr<KeySet> set(new KeySet);  // NOLINT: the constructor is private
  for (const auto& entry : document["keys"]) {
    if (!entry.is_object() || TextOr(entry, "use", "sig") != "sig") continue;
    const std::string id = TextOr(entry, "kid", "");
    const std::string type = TextOr(entry, "kty", "");
    if (id.empty() || (type != "RSA" && type != "EC")) continue;
    const std::string algorithm = type == "RSA" ? "RS256" : "ES256";
    if (TextOr(entry, "alg", algorithm) != algorithm) continue;
    if (!HasKeyNumbers(entry, type)) continue;
    const std::string text = PublicKeyText(entry, type);
    cjose_err error{};
    Key key{std::unique_ptr<cjose_jwk_t, Release>(cjose_jwk_import(text.data(), text.size(), &error)),
            *AlgorithmOf(algorithm)};
    if (key.jwk == nullptr) continue;
    if (type == "RSA" && cjose_jwk_get_keysize(key.jwk.get(), &error) < kMinRsaBits) continue;
    if (type == "EC" && cjose_jwk_EC_get_curve(key.jwk.get(), &error) != CJOSE_JWK_EC_P_256) continue;
    set->keys_->by_id.emplace(id, std::move(key));
  }
  if (set->size() == 0) {
    return absl::InvalidArgumentError("the key set has no key for RS256 (from 2048 bits) or ES256 with a key id");
  }
  return std::shared_ptr<const KeySet>(std::move(set));
}

size_t KeySet::size() const { return keys_->by_id.size(); }

const KeySet::Key* KeySet::Find(std::string_view key_id) const {
  const auto it = keys_->by_id.find(key_id);
  return it == keys_->by_id.end() ? nullptr : &it->second;
}

bool KeySet::Has(std::string_view key_id) const { return Find(key_id) != nullptr; }

absl::Status InvalidToken(std::string_view detail, std::string_view message) {
  return ErrorWithInfo(
      absl::StatusCode::kUnauthenticated, message,
      {.reason = "TOKEN_INVALID", .domain = "crosspoint", .metadata = {{"detail", std::string(detail)}}});
}

absl::StatusOr<VerifiedToken> VerifyToken(std::string_view token, const KeySet& keys, const TokenRules& rules,
                                          TimePoint now) {
  if (token.size() > kMaxTokenBytes) return InvalidToken("malformed", "the token is too long");
  if (!IsCompactJws(token)) return InvalidToken("malformed", "not a signed JSON Web Token");
  cjose_err error{};
  const std::unique_ptr<cjose_jws_t, Release> jws(cjose_jws_import(token.data(), token.size(), &error));
  if (jws == nullptr) return InvalidToken("malformed", "not a signed JSON Web Token");
  cjose_header_t* const header = cjose_jws_get_protected(jws.get());
  const auto algorithm = AlgorithmOf(HeaderText(header, "alg").value_or(""));
  if (!algorithm) return InvalidToken("algorithm", "the token must be signed with RS256 or ES256");
  // Extensions that must be understood are none of ours. Source: RFC 7515, section 4.1.11.
  if (HasHeader(header, "crit")) return InvalidToken("malformed", "the token has critical header fields");
  const auto key_id = HeaderText(header, "kid");
  if (!key_id) return InvalidToken("key", "the token names no key (`kid`)");
  const KeySet::Key* const key = keys.Find(*key_id);
  if (key == nullptr) return InvalidToken("key", "the token names a key that the issuer does not have");
  // The key decides how it is used, not the token. Source: RFC 8725, section 3.1.
  if (key->algorithm != *algorithm) return InvalidToken("algorithm", "the token's algorithm is not that of its key");
  if (!cjose_jws_verify(jws.get(), key->jwk.get(), &error)) {
    return InvalidToken("signature", "the token's signature is wrong");
  }
  uint8_t* payload = nullptr;
  size_t size = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &payload, &size, &error)) {
    return InvalidToken("malformed", "not a signed JSON Web Token");
  }
  return CheckClaims({reinterpret_cast<const char*>(payload), size}, rules, now);
}

}  // namespace crosspoint::grpcx
