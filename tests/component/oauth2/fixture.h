#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "common/status/status.h"
#include "connectors/oauth2/token_source.h"
#include "tests/support/oauth_issuer/oauth_issuer.h"

namespace crosspoint::oauth2 {

inline std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : "";
}

// An issuer that knows "app" by the secret in secret_file(), and a clock that both sides share.
class WithIssuer : public ::testing::Test {
 protected:
  WithIssuer() : directory_(NewDirectory()), keys_(testing::Credentials::Create(directory_ / "keys")) {
    WriteSecret("s3cret & more");
    issuer_.Register("app", std::string("s3cret & more"));
  }
  ~WithIssuer() override { std::filesystem::remove_all(directory_); }

  static std::filesystem::path NewDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-oauth-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    return pattern;
  }
  std::string secret_file() const { return (directory_ / "secret").string(); }
  void WriteSecret(const std::string& text) const {
    std::ofstream(directory_ / "next") << text << "\n";
    std::filesystem::rename(directory_ / "next", secret_file());
  }
  ClientCredentials Config() const {
    return {.token_url = issuer_.token_url(),
            .client_id = "app",
            .proof = ClientSecret{secret_file()},
            .scope = std::string(testing::OAuthIssuer::kScope),
            .ca_file = keys_.ca_file().string(),
            .allow_loopback = true};
  }
  std::unique_ptr<TokenSource> Make(ClientCredentials config, TokenObserver observer = {}) {
    auto source = TokenSource::Create(std::move(config), clock_, std::move(observer));
    EXPECT_TRUE(source.ok()) << source.status();
    return source.ok() ? *std::move(source) : nullptr;
  }
  static absl::StatusOr<std::string> Get(TokenSource& source,
                                         std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    return source.Get(std::chrono::steady_clock::now() + patience);
  }

  const std::filesystem::path directory_;
  // Now, since certificates are checked against it too.
  FakeClock clock_{SystemClock().Now()};
  testing::Credentials keys_;
  testing::OAuthIssuer issuer_{keys_, clock_};
};

}  // namespace crosspoint::oauth2
