#include "common/grpcx/tls.h"

#include <fmt/format.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>

namespace crosspoint::grpcx {
namespace {

namespace tls = grpc::experimental;

struct Free {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

absl::StatusOr<std::unique_ptr<std::FILE, Free>> Open(const std::filesystem::path& path) {
  std::unique_ptr<std::FILE, Free> file(std::fopen(path.c_str(), "r"));
  if (file == nullptr) return absl::InvalidArgumentError(fmt::format("cannot read {}", path.string()));
  return file;
}

absl::StatusOr<std::unique_ptr<X509, Free>> ReadCertificate(const std::filesystem::path& path) {
  const auto file = Open(path);
  if (!file.ok()) return file.status();
  std::unique_ptr<X509, Free> certificate(PEM_read_X509(file->get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    return absl::InvalidArgumentError(fmt::format("{} holds no PEM certificate", path.string()));
  }
  return certificate;
}

// gRPC reports bad files by a log line and a connection that never comes up, so they are tried here first.
absl::Status CheckFiles(const TlsFiles& files) {
  if (files.certificate_file.empty() != files.key_file.empty()) {
    return absl::InvalidArgumentError("a certificate file and a key file are needed together");
  }
  if (!files.ca_file.empty()) {
    if (const auto ca = ReadCertificate(files.ca_file); !ca.ok()) return ca.status();
  }
  if (files.certificate_file.empty()) return absl::OkStatus();
  const auto certificate = ReadCertificate(files.certificate_file);
  if (!certificate.ok()) return certificate.status();
  const auto file = Open(files.key_file);
  if (!file.ok()) return file.status();
  const std::unique_ptr<EVP_PKEY, Free> key(PEM_read_PrivateKey(file->get(), nullptr, nullptr, nullptr));
  if (key == nullptr) {
    return absl::InvalidArgumentError(fmt::format("{} holds no unencrypted PEM key", files.key_file.string()));
  }
  if (X509_check_private_key(certificate->get(), key.get()) != 1) {
    return absl::InvalidArgumentError(fmt::format("the key in {} is not that of the certificate in {}",
                                                  files.key_file.string(), files.certificate_file.string()));
  }
  return absl::OkStatus();
}

std::shared_ptr<tls::CertificateProviderInterface> Provider(const TlsFiles& files) {
  return std::make_shared<tls::FileWatcherCertificateProvider>(files.key_file.string(), files.certificate_file.string(),
                                                               files.ca_file.string(),
                                                               static_cast<unsigned>(files.reread.count()));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(const TlsFiles& files,
                                                                               ClientCertificate client) {
  if (files.empty()) return grpc::InsecureServerCredentials();
  if (files.certificate_file.empty()) return absl::InvalidArgumentError("a server needs a certificate and a key file");
  if (const auto status = CheckFiles(files); !status.ok()) return status;
  tls::TlsServerCredentialsOptions options(Provider(files));
  options.watch_identity_key_cert_pairs();
  if (files.ca_file.empty()) {
    options.set_cert_request_type(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  } else {
    options.watch_root_certs();
    options.set_cert_request_type(client == ClientCertificate::kRequired
                                      ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                      : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  // The chain is verified by the handshake; a client's certificate bears no host name that could be checked.
  options.set_certificate_verifier(std::make_shared<tls::NoOpCertificateVerifier>());
  return tls::TlsServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(const TlsFiles& files) {
  if (files.empty()) return grpc::InsecureChannelCredentials();
  if (files.ca_file.empty()) return absl::InvalidArgumentError("a CA file is needed to verify the server");
  if (const auto status = CheckFiles(files); !status.ok()) return status;
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(Provider(files));
  options.watch_root_certs();
  if (!files.certificate_file.empty()) options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_certificate_verifier(std::make_shared<tls::HostNameCertificateVerifier>());
  return tls::TlsCredentials(options);
}

}  // namespace crosspoint::grpcx
