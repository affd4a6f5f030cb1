#include "connectors/oauth2/client_assertion.h"

#include <absl/strings/escaping.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>

#include "common/status/status.h"

namespace crosspoint::oauth2 {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr std::chrono::minutes kLife{5};

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(X509* p) const { X509_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

absl::Status Unusable(std::string_view why) {
  ERR_clear_error();
  return ErrorWithInfo(absl::StatusCode::kFailedPrecondition,
                       fmt::format("the client certificate cannot be used: {}", why),
                       {"OAUTH2_CERTIFICATE", std::string(kErrorDomain), {}});
}

Owned<BIO> Reader(std::string_view text) {
  return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string Base64Url(std::string_view bytes) {
  std::string text;
  absl::WebSafeBase64Escape({bytes.data(), bytes.size()}, &text);
  return text;
}

absl::StatusOr<std::string> Sign(EVP_PKEY* key, const std::string& text, SigningAlgorithm algorithm) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  bool fine = EVP_DigestSignInit(context.get(), &parameters, EVP_sha256(), nullptr, key) == 1;
  if (fine && algorithm == SigningAlgorithm::kPs256) {
    // The salt is as long as the digest. Source: RFC 7518, section 3.5.
    fine = EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1;
  }
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  fine = fine && EVP_DigestSign(context.get(), nullptr, &size, data, text.size()) == 1;
  std::string signature(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  if (!fine || EVP_DigestSign(context.get(), out, &size, data, text.size()) != 1)
    return Unusable("its key does not sign");
  signature.resize(size);
  return signature;
}

int64_t Seconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

int NoPassword(char*, int, int, void*) { return 0; }

}  // namespace

absl::StatusOr<std::string> SignAssertion(const Assertion& assertion, std::string_view certificate_pem,
                                          std::string_view key_pem, SigningAlgorithm algorithm) {
  const Owned<X509> certificate(PEM_read_bio_X509(Reader(certificate_pem).get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return Unusable("the certificate file holds no PEM certificate");
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(Reader(key_pem).get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) return Unusable("the key file holds no PEM private key without a password");
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key.get()) < kMinRsaBits) {
    return Unusable("its key must be an RSA key of at least 2048 bits");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1)
    return Unusable("certificate and key do not belong together");
  time_t now = Seconds(assertion.now);
  if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &now) <= 0) {
    return Unusable("it has expired: make a new one and register it with the issuer");
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> thumbprint;
  unsigned int thumbprint_size = 0;
  if (X509_digest(certificate.get(), EVP_sha256(), thumbprint.data(), &thumbprint_size) != 1) {
    return Unusable("it has no thumbprint");
  }
  const nlohmann::json header{
      {"alg", algorithm == SigningAlgorithm::kPs256 ? "PS256" : "RS256"},
      {"typ", "JWT"},
      {"x5t#S256", Base64Url({reinterpret_cast<const char*>(thumbprint.data()), thumbprint_size})}};
  const nlohmann::json claims{{"iss", assertion.client_id},
                              {"sub", assertion.client_id},
                              {"aud", assertion.audience},
                              {"jti", assertion.id},
                              {"iat", Seconds(assertion.now)},
                              {"nbf", Seconds(assertion.now)},
                              {"exp", Seconds(assertion.now + kLife)}};
  const std::string text = Base64Url(header.dump()) + "." + Base64Url(claims.dump());
  CROSSPOINT_ASSIGN_OR_RETURN(const std::string signature, Sign(key.get(), text, algorithm));
  return text + "." + Base64Url(signature);
}

}  // namespace crosspoint::oauth2
