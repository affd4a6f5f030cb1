#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <cstdio>
#include <cstdlib>

#include "tests/support/oauth_issuer/oauth_issuer.h"

namespace crosspoint::testing {
namespace {

void Check(bool fine, const char* what) {
  if (fine) return;
  std::fprintf(stderr, "oauth issuer: cannot %s\n", what);
  std::abort();
}

template <class Write>
void WriteFile(const std::filesystem::path& file, const Write& write) {
  const std::filesystem::path aside = file.string() + ".new";
  std::FILE* out = std::fopen(aside.c_str(), "w");
  Check(out != nullptr && write(out) == 1, "write a key");
  std::fclose(out);
  std::filesystem::rename(aside, file);
}

}  // namespace

ClientKey ClientKey::Make(const std::filesystem::path& dir, const std::string& name, int days) {
  const ClientKey files{dir / (name + ".pem"), dir / (name + "-key.pem")};
  EVP_PKEY* key = EVP_RSA_gen(2048);
  X509* certificate = X509_new();
  Check(key != nullptr && certificate != nullptr, "make a key");
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60L * 86'400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86'400L);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  Check(X509_sign(certificate, key, EVP_sha256()) > 0, "sign a certificate");
  WriteFile(files.key,
            [&](std::FILE* out) { return PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); });
  WriteFile(files.certificate, [&](std::FILE* out) { return PEM_write_X509(out, certificate); });
  X509_free(certificate);
  EVP_PKEY_free(key);
  return files;
}

}  // namespace crosspoint::testing
