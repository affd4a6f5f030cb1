#include "tests/support/oauth_issuer/assertion.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstdint>
#include <cstdio>
#include <memory>

namespace crosspoint::testing {
namespace {

using nlohmann::json;

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(std::FILE* p) const { std::fclose(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::optional<std::string> FromBase64Url(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const size_t value = kAlphabet.find(c);
    if (value == kAlphabet.npos) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) out += static_cast<char>((bits >> (count -= 8)) & 255);
  }
  return out;
}

bool Verify(EVP_PKEY* key, std::string_view text, const std::string& signature, bool pss) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &parameters, EVP_sha256(), nullptr, key) != 1) return false;
  if (pss && (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
              EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

}  // namespace

std::optional<SignedAssertion> VerifyAssertion(std::string_view jwt, const std::filesystem::path& file) {
  const size_t first = jwt.find('.');
  const size_t second = first == jwt.npos ? first : jwt.find('.', first + 1);
  if (second == jwt.npos) return std::nullopt;
  const auto header = FromBase64Url(jwt.substr(0, first));
  const auto claims = FromBase64Url(jwt.substr(first + 1, second - first - 1));
  const auto signature = FromBase64Url(jwt.substr(second + 1));
  if (!header || !claims || !signature) return std::nullopt;
  SignedAssertion assertion{json::parse(*header, nullptr, false), json::parse(*claims, nullptr, false)};
  if (!assertion.header.is_object() || !assertion.claims.is_object()) return std::nullopt;

  const Owned<std::FILE> in(std::fopen(file.c_str(), "r"));
  const Owned<X509> certificate(in == nullptr ? nullptr : PEM_read_X509(in.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return std::nullopt;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  X509_digest(certificate.get(), EVP_sha256(), digest, &size);
  if (FromBase64Url(assertion.header.value("x5t#S256", "")) != std::string(reinterpret_cast<char*>(digest), size)) {
    return std::nullopt;
  }
  const std::string algorithm = assertion.header.value("alg", "");
  if (algorithm != "PS256" && algorithm != "RS256") return std::nullopt;
  if (!Verify(X509_get0_pubkey(certificate.get()), jwt.substr(0, second), *signature, algorithm == "PS256")) {
    return std::nullopt;
  }
  return assertion;
}

}  // namespace crosspoint::testing
