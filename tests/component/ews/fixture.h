#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "common/status/status.h"
#include "connectors/ews/client.h"

namespace crosspoint::ews {

inline std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : "";
}

// A directory with a password, and clients that use it against any loopback URL.
class LoopbackClient : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-ews-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    WriteSecret("secret");
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string secret_file() const { return (directory_ / "secret").string(); }
  void WriteSecret(const std::string& text) const {
    std::ofstream(directory_ / "next") << text;
    std::filesystem::rename(directory_ / "next", secret_file());
  }
  EwsConfig Config(const std::string& url) const {
    return {.url = url, .auth = BasicAuth{"svc", secret_file()}, .allow_loopback = true};
  }
  static std::unique_ptr<EwsClient> Make(const EwsConfig& config, EwsObserver observer = {}) {
    auto client = EwsClient::Create(config, std::move(observer));
    EXPECT_TRUE(client.ok()) << client.status();
    return client.ok() ? *std::move(client) : nullptr;
  }

  std::filesystem::path directory_;
};

}  // namespace crosspoint::ews
