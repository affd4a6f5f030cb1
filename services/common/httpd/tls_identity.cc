#include "common/httpd/tls_identity.h"

#include "fmt/format.h"

namespace crosspoint::httpd_internal {

absl::Status TlsIdentity::Load(const std::string& certificate_file, const std::string& key_file) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1) {
    return absl::InvalidArgumentError(fmt::format("cannot use certificate {} with key {}", certificate_file, key_file));
  }
  std::lock_guard lock(mu_);
  loaded_ = std::move(context);
  ++generation_;
  return absl::OkStatus();
}

void TlsIdentity::Serve(SSL_CTX& context) { SSL_CTX_set_client_hello_cb(&context, OnClientHello, this); }

int TlsIdentity::OnClientHello(SSL* ssl, int* alert, void* self) {
  auto& identity = *static_cast<TlsIdentity*>(self);
  std::shared_ptr<SSL_CTX> loaded;
  uint32_t generation = 0;
  {
    std::lock_guard lock(identity.mu_);
    loaded = identity.loaded_;
    generation = identity.generation_;
  }
  STACK_OF(X509)* chain = nullptr;
  const bool set =
      loaded != nullptr && SSL_CTX_get0_chain_certs(loaded.get(), &chain) == 1 &&
      SSL_use_certificate(ssl, SSL_CTX_get0_certificate(loaded.get())) == 1 &&
      SSL_use_PrivateKey(ssl, SSL_CTX_get0_privatekey(loaded.get())) == 1 &&
      (chain == nullptr || SSL_set1_chain(ssl, chain) == 1) &&
      SSL_set_session_id_context(ssl, reinterpret_cast<const unsigned char*>(&generation), sizeof generation) == 1;
  if (set) return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_INTERNAL_ERROR;
  return SSL_CLIENT_HELLO_ERROR;
}

}  // namespace crosspoint::httpd_internal
