#include "connectors/secrets/secret_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "common/status/status.h"

namespace crosspoint::connectors {
namespace {

class SecretFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-secret-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = directory_ / "password";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  // As Kubernetes does it: a new file takes the name.
  void Replace(const std::string& text) {
    const auto next = directory_ / "next";
    std::ofstream(next) << text;
    std::filesystem::rename(next, path_);
  }

  std::filesystem::path directory_;
  std::filesystem::path path_;
};

TEST_F(SecretFileTest, WhiteSpaceAroundIsCut) {
  Replace("  pass word\r\n");
  EXPECT_EQ(*SecretFile(path_).Get(), "pass word");
}

TEST_F(SecretFileTest, ChangedFileIsReadAgain) {
  SecretFile secret(path_);
  Replace("old");
  EXPECT_EQ(*secret.Get(), "old");
  Replace("new");
  EXPECT_EQ(*secret.Get(), "new");
}

TEST_F(SecretFileTest, LastGoodSecretIsKeptWhileTheFileIsAway) {
  SecretFile secret(path_);
  Replace("good");
  ASSERT_TRUE(secret.Get().ok());
  std::filesystem::remove(path_);
  EXPECT_EQ(*secret.Get(), "good");
  Replace("\n");
  EXPECT_EQ(*secret.Get(), "good");
  Replace("better");
  EXPECT_EQ(*secret.Get(), "better");
}

TEST_F(SecretFileTest, MissingEmptyOrHugeFileIsNamedNeverQuoted) {
  for (const std::string& text : {std::string("<none>"), std::string("\n"), std::string(100'000, 's')}) {
    if (text != "<none>") Replace(text);
    const auto secret = SecretFile(path_).Get();
    ASSERT_FALSE(secret.ok());
    EXPECT_EQ(GetErrorInfo(secret.status())->reason, "SECRET_UNREADABLE");
    EXPECT_NE(MessageOf(secret.status()).find(path_.string()), std::string::npos);
    EXPECT_EQ(MessageOf(secret.status()).find("sss"), std::string::npos);
  }
}

}  // namespace
}  // namespace crosspoint::connectors
