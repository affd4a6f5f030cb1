#include "tests/support/credentials.h"

#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

namespace crosspoint::testing {
namespace {

using Json = nlohmann::ordered_json;
using std::filesystem::path;

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "credentials: %s\n", what.c_str());
  ERR_print_errors_fp(stderr);
  std::abort();
}

void Check(bool fine, const std::string& what) {
  if (!fine) Die(what);
}

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
  void operator()(BIGNUM* p) const { BN_free(p); }
  void operator()(std::FILE* p) const { std::fclose(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;
using Key = Owned<EVP_PKEY>;
using OwnedX509 = Owned<X509>;

Key NewKey(Credentials::Algorithm algorithm) {
  Key key(algorithm == Credentials::Algorithm::kEs256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048));
  Check(key != nullptr, "make a key");
  return key;
}

// Written aside and renamed, so that whoever reads a file again when it changes never sees half of it.
void WriteFile(const path& file, const std::function<bool(std::FILE*)>& write) {
  const path aside = file.string() + ".new";
  {
    const Owned<std::FILE> out(std::fopen(aside.c_str(), "w"));
    Check(out != nullptr && write(out.get()) && std::fflush(out.get()) == 0, "write " + aside.string());
  }
  std::filesystem::rename(aside, file);
}

void WriteKey(const path& file, EVP_PKEY* key) {
  WriteFile(file, [&](std::FILE* out) {
    return fchmod(fileno(out), 0600) == 0 && PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr) == 1;
  });
}

Key ReadKey(const path& file) {
  const Owned<std::FILE> in(std::fopen(file.c_str(), "r"));
  Check(in != nullptr, "open " + file.string());
  Key key(PEM_read_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  Check(key != nullptr, "read " + file.string());
  return key;
}

OwnedX509 ReadCertificate(const path& file) {
  const Owned<std::FILE> in(std::fopen(file.c_str(), "r"));
  Check(in != nullptr, "open " + file.string());
  OwnedX509 certificate(PEM_read_X509(in.get(), nullptr, nullptr, nullptr));
  Check(certificate != nullptr, "read " + file.string());
  return certificate;
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  Check(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, "extension " + value);
}

// Signed by `issuer`; by itself when null.
OwnedX509 MakeCertificate(const std::string& common_name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
                          const std::string& alternative_names, long seconds_left = 365L * 24 * 3600) {
  OwnedX509 certificate(X509_new());
  X509* const x509 = certificate.get();
  X509_set_version(x509, X509_VERSION_3);
  const Owned<BIGNUM> serial(BN_new());
  Check(BN_rand(serial.get(), 120, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1, "serial number");
  BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(x509));
  X509_gmtime_adj(X509_getm_notBefore(x509), std::min(-300L, seconds_left - 300));
  X509_gmtime_adj(X509_getm_notAfter(x509), seconds_left);
  X509_set_pubkey(x509, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x509, X509_get_subject_name(issuer != nullptr ? issuer : x509));
  X509* const signer = issuer != nullptr ? issuer : x509;
  AddExtension(x509, signer, NID_basic_constraints, issuer != nullptr ? "critical,CA:FALSE" : "critical,CA:TRUE");
  AddExtension(x509, signer, NID_key_usage,
               issuer != nullptr ? "critical,digitalSignature" : "critical,keyCertSign,cRLSign");
  if (issuer != nullptr) AddExtension(x509, signer, NID_ext_key_usage, "serverAuth,clientAuth");
  if (!alternative_names.empty()) AddExtension(x509, signer, NID_subject_alt_name, alternative_names);
  Check(X509_sign(x509, issuer_key, EVP_sha256()) > 0, "sign the certificate of " + common_name);
  return certificate;
}

void WriteCertificate(const path& file, X509* certificate) {
  WriteFile(file, [&](std::FILE* out) { return PEM_write_X509(out, certificate) == 1; });
}

std::string Base64Url(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const unsigned char byte : bytes) {
    bits = (bits << 8) | byte;
    for (count += 8; count >= 6; count -= 6) out += kAlphabet[(bits >> (count - 6)) & 63];
  }
  if (count > 0) out += kAlphabet[(bits << (6 - count)) & 63];
  return out;
}

// Big-endian, `size` bytes; as short as possible when 0.
std::string NumberBytes(const BIGNUM* number, int size) {
  std::string bytes(size > 0 ? size : BN_num_bytes(number), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  return bytes;
}

std::string KeyParameter(EVP_PKEY* key, const char* name, int size) {
  BIGNUM* number = nullptr;
  Check(EVP_PKEY_get_bn_param(key, name, &number) == 1, std::string("key parameter ") + name);
  const Owned<BIGNUM> owned(number);
  return Base64Url(NumberBytes(number, size));
}

std::string SignBytes(EVP_PKEY* key, const std::string& text, bool es256) {
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  const auto* const data = reinterpret_cast<const unsigned char*>(text.data());
  size_t size = 0;
  Check(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
            EVP_DigestSign(context.get(), nullptr, &size, data, text.size()) == 1,
        "sign a token");
  std::string signature(size, '\0');
  Check(
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data, text.size()) == 1,
      "sign a token");
  signature.resize(size);
  if (!es256) return signature;
  // JWS wants r and s side by side, OpenSSL gives them in DER. Source: RFC 7518, section 3.4.
  const auto* der = reinterpret_cast<const unsigned char*>(signature.data());
  const Owned<ECDSA_SIG> parts(d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(signature.size())));
  Check(parts != nullptr, "read a signature");
  return NumberBytes(ECDSA_SIG_get0_r(parts.get()), 32) + NumberBytes(ECDSA_SIG_get0_s(parts.get()), 32);
}

int64_t Seconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// Several processes may make the same folder at the same time.
class FolderLock {
 public:
  explicit FolderLock(const path& dir)
      : descriptor_(open((dir / ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
    Check(descriptor_ >= 0 && flock(descriptor_, LOCK_EX) == 0, "lock " + dir.string());
  }
  ~FolderLock() { close(descriptor_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace

struct Credentials::State {
  path dir;
  Key ca_key;
  Owned<X509> ca;
  Key rsa;
  Key ec;
  std::string rsa_id;
  std::string ec_id;

  EVP_PKEY* key(Algorithm algorithm) const { return algorithm == Algorithm::kEs256 ? ec.get() : rsa.get(); }

  void MakeAuthority() {
    ca_key = NewKey(Algorithm::kEs256);
    ca = MakeCertificate("Crosspoint test authority", ca_key.get(), nullptr, ca_key.get(), "");
    WriteKey(dir / "ca-key.pem", ca_key.get());
    WriteCertificate(dir / "ca.pem", ca.get());
  }

  Files Issue(const std::string& name, const std::string& alternative_names,
              long seconds_left = 365L * 24 * 3600) const {
    const Files files{dir / (name + ".pem"), dir / (name + "-key.pem"), dir / "ca.pem"};
    const FolderLock lock(dir);
    const Key key = NewKey(Algorithm::kEs256);
    const auto certificate = MakeCertificate(name, key.get(), ca.get(), ca_key.get(), alternative_names, seconds_left);
    WriteKey(files.key, key.get());
    WriteCertificate(files.certificate, certificate.get());
    return files;
  }

  void NameKeys() {
    // The id follows from the key, so that a rotated key never bears an old id.
    rsa_id = "rs-" + KeyParameter(rsa.get(), OSSL_PKEY_PARAM_RSA_N, 0).substr(0, 8);
    ec_id = "es-" + KeyParameter(ec.get(), OSSL_PKEY_PARAM_EC_PUB_X, 32).substr(0, 8);
  }

  void MakeIssuer() {
    rsa = NewKey(Algorithm::kRs256);
    ec = NewKey(Algorithm::kEs256);
    NameKeys();
    WriteKey(dir / "issuer-rsa-key.pem", rsa.get());
    WriteKey(dir / "issuer-ec-key.pem", ec.get());
    const Json keys{{"keys",
                     {{{"kty", "RSA"},
                       {"kid", rsa_id},
                       {"alg", "RS256"},
                       {"use", "sig"},
                       {"n", KeyParameter(rsa.get(), OSSL_PKEY_PARAM_RSA_N, 0)},
                       {"e", KeyParameter(rsa.get(), OSSL_PKEY_PARAM_RSA_E, 0)}},
                      {{"kty", "EC"},
                       {"kid", ec_id},
                       {"alg", "ES256"},
                       {"use", "sig"},
                       {"crv", "P-256"},
                       {"x", KeyParameter(ec.get(), OSSL_PKEY_PARAM_EC_PUB_X, 32)},
                       {"y", KeyParameter(ec.get(), OSSL_PKEY_PARAM_EC_PUB_Y, 32)}}}}};
    const std::string text = keys.dump(2) + "\n";
    WriteFile(dir / "jwks.json", [&](std::FILE* out) { return std::fputs(text.c_str(), out) >= 0; });
  }
};

Credentials::Credentials(std::unique_ptr<State> state) : state_(std::move(state)) {}
Credentials::~Credentials() = default;
Credentials::Credentials(Credentials&&) noexcept = default;
Credentials& Credentials::operator=(Credentials&&) noexcept = default;

Credentials Credentials::Create(const path& dir) {
  std::filesystem::create_directories(dir);
  const FolderLock lock(dir);
  auto state = std::make_unique<State>();
  state->dir = dir;
  if (std::filesystem::exists(dir / "ca.pem")) {
    state->ca_key = ReadKey(dir / "ca-key.pem");
    state->ca = ReadCertificate(dir / "ca.pem");
  } else {
    state->MakeAuthority();
  }
  if (std::filesystem::exists(dir / "jwks.json")) {
    state->rsa = ReadKey(dir / "issuer-rsa-key.pem");
    state->ec = ReadKey(dir / "issuer-ec-key.pem");
    state->NameKeys();
  } else {
    state->MakeIssuer();
  }
  return Credentials(std::move(state));
}

path Credentials::ca_file() const { return state_->dir / "ca.pem"; }
path Credentials::jwks_file() const { return state_->dir / "jwks.json"; }

Credentials::Files Credentials::Certificate(std::string_view name, const std::vector<std::string>& hosts) const {
  std::string names = "URI:spiffe://crosspoint/service/" + std::string(name) +
                      ",DNS:localhost,IP:127.0.0.1,IP:::1,DNS:" + std::string(name);
  for (const auto& host : hosts) names += ",DNS:" + host;
  return state_->Issue(std::string(name), names);
}

Credentials::Files Credentials::ExpiredCertificate(std::string_view name) const {
  return state_->Issue(std::string(name), "DNS:localhost,IP:127.0.0.1", -3600);
}

Credentials::Files Credentials::CertificateWithUri(std::string_view name, std::string_view uri) const {
  std::string names = "DNS:localhost,IP:127.0.0.1";
  if (!uri.empty()) names += ",URI:" + std::string(uri);
  return state_->Issue(std::string(name), names);
}

std::string Credentials::Token(std::string_view tenant, std::string_view user, std::vector<std::string> roles,
                               std::chrono::seconds ttl) const {
  Claims claims;
  claims.tenant = tenant;
  claims.user = user;
  claims.roles = std::move(roles);
  claims.ttl = ttl;
  return Token(claims);
}

std::string Credentials::Token(const Claims& claims) const {
  const bool es256 = claims.algorithm == Algorithm::kEs256;
  const Json header{{"alg", es256 ? "ES256" : "RS256"},
                    {"typ", "JWT"},
                    {"kid", claims.key_id.empty() ? key_id(claims.algorithm) : claims.key_id}};
  Json payload{{"iss", claims.issuer},
               {"aud", claims.audience},
               {"sub", claims.user},
               {"roles", claims.roles},
               {"iat", Seconds(claims.now)},
               {"nbf", Seconds(claims.now + claims.not_before)},
               {"exp", Seconds(claims.now + claims.ttl)}};
  if (!claims.tenant.empty()) payload["tenant"] = claims.tenant;
  return Sign(header.dump(), payload.dump(), claims.algorithm);
}

std::string Credentials::Sign(std::string_view header, std::string_view payload, Algorithm algorithm) const {
  const std::string signed_part = Base64Url(header) + "." + Base64Url(payload);
  return signed_part + "." + Base64Url(SignBytes(state_->key(algorithm), signed_part, algorithm == Algorithm::kEs256));
}

std::string Credentials::key_id(Algorithm algorithm) const {
  return algorithm == Algorithm::kEs256 ? state_->ec_id : state_->rsa_id;
}

void Credentials::RotateKeys() {
  const FolderLock lock(state_->dir);
  state_->MakeIssuer();
}

}  // namespace crosspoint::testing
