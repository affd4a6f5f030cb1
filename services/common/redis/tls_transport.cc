#include "common/redis/tls_transport.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <climits>
#include <string_view>
#include <utility>

#include "common/status/status.h"

namespace crosspoint {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

absl::Status TlsError(std::string_view what) {
  std::array<char, 256> text{};
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return absl::UnavailableError(fmt::format("TLS {}: connection closed", what));
  ERR_error_string_n(code, text.data(), text.size());
  return absl::UnavailableError(fmt::format("TLS {}: {}", what, text.data()));
}

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE; this one goes through the plain transport. The
// last error of the transport is kept, as OpenSSL would lose it.
struct Below {
  std::unique_ptr<RedisTransport> transport;
  absl::Status error;
};

int BioWrite(BIO* bio, const char* bytes, int size) {
  auto* below = static_cast<Below*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto sent = below->transport->Write({bytes, static_cast<size_t>(size)});
  if (!sent.ok()) {
    below->error = sent.status();
    return -1;
  }
  if (*sent == 0) {
    BIO_set_retry_write(bio);
    return -1;
  }
  return static_cast<int>(*sent);
}

int BioRead(BIO* bio, char* into, int size) {
  auto* below = static_cast<Below*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto got = below->transport->Read(into, static_cast<size_t>(size));
  if (!got.ok()) {
    below->error = got.status();
    return -1;
  }
  if (*got == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  return static_cast<int>(*got);
}

long BioControl(BIO*, int command, long, void*) {  // NOLINT(google-runtime-int): OpenSSL's signature
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* BelowMethod() {
  static BIO_METHOD* const method = [] {
    auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "crosspoint redis");
    BIO_meth_set_write(made, BioWrite);
    BIO_meth_set_read(made, BioRead);
    BIO_meth_set_ctrl(made, BioControl);
    return made;
  }();
  return method;
}

class TlsTransport final : public RedisTransport {
 public:
  TlsTransport(std::unique_ptr<SSL, Free> ssl, std::unique_ptr<RedisTransport> plain) : ssl_(std::move(ssl)) {
    below_.transport = std::move(plain);
    auto* bio = BIO_new(BelowMethod());
    BIO_set_data(bio, &below_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_connect_state(ssl_.get());
  }

  int fd() const override { return below_.transport->fd(); }

  absl::StatusOr<Progress> Establish() override {
    if (!connected_) {
      CROSSPOINT_ASSIGN_OR_RETURN(const auto progress, below_.transport->Establish());
      if (progress != Progress::kDone) return progress;
      connected_ = true;
    }
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return Progress::kDone;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return Progress::kWantRead;
      case SSL_ERROR_WANT_WRITE:
        return Progress::kWantWrite;
      default:
        break;
    }
    if (!below_.error.ok()) return below_.error;
    if (const auto verdict = SSL_get_verify_result(ssl_.get()); verdict != X509_V_OK) {
      ERR_clear_error();
      return absl::UnavailableError(
          fmt::format("TLS handshake: server certificate: {}", X509_verify_cert_error_string(verdict)));
    }
    return TlsError("handshake");
  }

  absl::StatusOr<size_t> Read(char* into, size_t size) override {
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), into, static_cast<int>(std::min<size_t>(size, INT_MAX)));
    return got > 0 ? absl::StatusOr<size_t>(static_cast<size_t>(got)) : NothingOrError(got, "read");
  }

  absl::StatusOr<size_t> Write(std::string_view bytes) override {
    ERR_clear_error();
    const int sent = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(std::min<size_t>(bytes.size(), INT_MAX)));
    return sent > 0 ? absl::StatusOr<size_t>(static_cast<size_t>(sent)) : NothingOrError(sent, "write");
  }

 private:
  absl::StatusOr<size_t> NothingOrError(int result, std::string_view what) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return 0;
    if (!below_.error.ok()) return below_.error;
    if (error == SSL_ERROR_ZERO_RETURN) return absl::UnavailableError("connection closed by Redis");
    return TlsError(what);
  }

  Below below_;  // outlives ssl_, whose BIO points here
  std::unique_ptr<SSL, Free> ssl_;
  bool connected_ = false;
};

absl::Status ExpectName(SSL* ssl, const std::string& name) {
  std::array<unsigned char, sizeof(in6_addr)> binary;
  auto* parameters = SSL_get0_param(ssl);
  const bool is_ip =
      inet_pton(AF_INET, name.c_str(), binary.data()) == 1 || inet_pton(AF_INET6, name.c_str(), binary.data()) == 1;
  if (is_ip) return X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1 ? absl::OkStatus() : TlsError("name");
  if (X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size()) != 1) return TlsError("name");
  return SSL_set_tlsext_host_name(ssl, name.c_str()) == 1 ? absl::OkStatus() : TlsError("name");
}

}  // namespace

absl::StatusOr<std::unique_ptr<RedisTransport>> StartTls(std::unique_ptr<RedisTransport> plain, const RedisTls& tls,
                                                         const std::string& server_name) {
  if (server_name.empty()) return absl::InvalidArgumentError("redis.tls.server_name must be set for a unix socket");
  ERR_clear_error();
  const std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  if (!context) return TlsError("set-up");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  const bool trusted = tls.ca_file.empty()
                           ? SSL_CTX_set_default_verify_paths(context.get()) == 1
                           : SSL_CTX_load_verify_locations(context.get(), tls.ca_file.c_str(), nullptr) == 1;
  if (!trusted) return TlsError("redis.tls.ca_file " + tls.ca_file);
  if (!tls.cert_file.empty()) {
    if (SSL_CTX_use_certificate_chain_file(context.get(), tls.cert_file.c_str()) != 1) {
      return TlsError("redis.tls.cert_file " + tls.cert_file);
    }
    if (SSL_CTX_use_PrivateKey_file(context.get(), tls.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context.get()) != 1) {
      return TlsError("redis.tls.key_file " + tls.key_file);
    }
  }
  std::unique_ptr<SSL, Free> ssl(SSL_new(context.get()));
  if (!ssl) return TlsError("set-up");
  CROSSPOINT_RETURN_IF_ERROR(ExpectName(ssl.get(), server_name));
  return std::make_unique<TlsTransport>(std::move(ssl), std::move(plain));
}

}  // namespace crosspoint
