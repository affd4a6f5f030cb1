#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/story/system.h"
#include "tests/support/credentials.h"

namespace crosspoint::http {
class HttpClient;
}

namespace crosspoint::story {

struct RemoteOptions {
  std::string gateway;                      // host:port that client programs use
  std::string presence;                     // host:port; the name has the address of every replica
  std::string exchange;                     // the simulator: https://host:port
  std::filesystem::path exchange_password;  // file; of the service account svc
  std::filesystem::path credentials;        // folder with authority and issuer (support/credentials); written to
};

// A system that runs elsewhere and trusts the story's authority and issuer.
class RemoteSystem : public System {
 public:
  explicit RemoteSystem(RemoteOptions options);
  ~RemoteSystem() override;

  absl::StatusOr<std::vector<std::string>> Start() override;
  std::shared_ptr<grpc::Channel> Gateway() override;
  std::vector<std::shared_ptr<grpc::Channel>> Presence() override { return presence_; }
  const testing::Credentials& credentials() const override { return credentials_; }
  ews::EwsClient& mailboxes() override { return *mailboxes_; }
  absl::StatusOr<std::string> Exchange(std::string_view path, std::string_view json) override;

 private:
  absl::Status WaitForGateway();
  absl::Status FindPresence();

  const RemoteOptions options_;
  const testing::Credentials credentials_;
  std::unique_ptr<http::HttpClient> http_;
  std::unique_ptr<ews::EwsClient> mailboxes_;
  std::vector<std::shared_ptr<grpc::Channel>> presence_;  // shared as gRPC gives them
  std::vector<std::string> addresses_;                    // of the replicas
};

}  // namespace crosspoint::story
