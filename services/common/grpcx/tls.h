#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace grpc {
class ServerCredentials;
class ChannelCredentials;
}  // namespace grpc

namespace crosspoint::grpcx {

// PEM files, read again when they change. A service's certificate names it by the URI spiffe://crosspoint/service/NAME.
struct TlsFiles {
  std::filesystem::path certificate_file;  // own chain, leaf first
  std::filesystem::path key_file;
  std::filesystem::path ca_file;    // signs the other end's certificate
  std::chrono::seconds reread{10};  // how often is looked whether they changed

  bool empty() const { return certificate_file.empty() && key_file.empty() && ca_file.empty(); }
};

enum class ClientCertificate {
  kRequired,
  kOptional,  // for a port that client programs and services share: verified when shown
};

// Without files: plain. With a certificate and key: TLS. With a CA too: callers must show a certificate signed by it,
// or may.
//   kInvalidArgument  half a configuration, or a file that is missing or holds no certificate
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files, ClientCertificate client = ClientCertificate::kRequired);

// The client's side. Without files: plain. With a CA: the server's certificate must be signed by it and bear the host
// name called. With a certificate and key too: mutual.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(const TlsFiles& files);

}  // namespace crosspoint::grpcx
