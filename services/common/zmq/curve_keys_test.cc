#include "common/zmq/curve_keys.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace crosspoint {
namespace {

class CurveKeysTest : public testing::Test {
 protected:
  std::filesystem::path Write(const std::string& text) {
    std::ofstream(path) << text;
    return path;
  }
  void TearDown() override { std::filesystem::remove(path); }

  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("curve_keys_test_" + std::to_string(getpid()));
};

TEST_F(CurveKeysTest, WithoutAFileEveryStartHasItsOwn) {
  EXPECT_NE(LoadCurveKeys({})->public_key, LoadCurveKeys({})->public_key);
}

TEST_F(CurveKeysTest, PublicHalfFollowsFromTheSecretOne) {
  const auto keys = NewCurveKeys();
  const auto loaded = LoadCurveKeys(Write(keys.secret_key + "\n"));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->public_key, keys.public_key);
}

TEST_F(CurveKeysTest, WrongFileIsNamedWithoutItsContents) {
  for (const std::string text : {"", "short", "0123456789012345678901234567890123456789x"}) {
    const auto loaded = LoadCurveKeys(Write(text));
    EXPECT_EQ(loaded.status().code(), absl::StatusCode::kInvalidArgument);
    if (!text.empty()) {
      EXPECT_EQ(std::string(loaded.status().message()).find(text), std::string::npos);
    }
  }
  EXPECT_FALSE(LoadCurveKeys("/nowhere/at/all").ok());
}

TEST_F(CurveKeysTest, BinaryKeyAsZapHandsItOverReadsAsItsText) {
  EXPECT_EQ(PublicKeyText(std::string(32, '\0')), std::string(40, '0'));
  EXPECT_EQ(PublicKeyText("too short"), "");
}

}  // namespace
}  // namespace crosspoint
