#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"

namespace crosspoint::httpd_internal {

// The certificate that a TLS server shows, which may be another for every handshake. Thread-safe.
class TlsIdentity {
 public:
  // On an error the former one stays.
  //   kInvalidArgument  unreadable, or not matching
  absl::Status Load(const std::string& certificate_file, const std::string& key_file);
  // Has `context` show it from now on; it must not outlive this object. Sessions from before a Load cannot be resumed.
  void Serve(SSL_CTX& context);

 private:
  static int OnClientHello(SSL* ssl, int* alert, void* self);

  std::mutex mu_;
  std::shared_ptr<SSL_CTX> loaded_;  // guarded by mu_; shared with handshakes that read from it
  uint32_t generation_ = 0;          // guarded by mu_
};

}  // namespace crosspoint::httpd_internal
