#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "common/status/status.h"
#include "ctl/client/failure.h"
#include "ctl/client/settings.h"
#include "ctl/client/token_claims.h"

namespace crosspoint::ctl {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ctl-settings-XXXXXX").string();
    dir_ = mkdtemp(pattern.data());
    std::filesystem::create_directories(dir_ / ".config/crosspoint");
  }
  ~SettingsTest() override { std::filesystem::remove_all(dir_); }
  void WriteHome(const std::string& yaml) { std::ofstream(dir_ / ".config/crosspoint/ctl.yaml") << yaml; }
  config::Environment Home(config::Environment more = {}) const {
    more["HOME"] = dir_.string();
    return more;
  }
  std::filesystem::path dir_;
};

TEST_F(SettingsTest, FlagsWinOverVariablesAndVariablesOverTheFile) {
  WriteHome("server: file:1\ntenant: filed\nuser: filed\ntimeout: 5s\n");
  SettingFlags flags;
  flags.user = "flagged";
  const auto settings = LoadSettings(flags, Home({{"CROSSPOINT_TENANT", "varied"}, {"CROSSPOINT_USER", "varied"}}));
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->server, "file:1");
  EXPECT_EQ(settings->tenant, "varied");
  EXPECT_EQ(settings->user, "flagged");
  EXPECT_EQ(settings->timeout, 5s);
}

TEST_F(SettingsTest, VariablesOfOtherProgramsAreLeftAlone) {
  const auto settings =
      LoadSettings({}, Home({{"CROSSPOINT_SERVER", "host:1"}, {"CROSSPOINT_PRESENCE_REDIS_ADDRESS", "x"}}));
  EXPECT_TRUE(settings.ok()) << settings.status();
}

TEST_F(SettingsTest, WithoutAServerItSaysWhereToNameOne) {
  const auto settings = LoadSettings({}, Home());
  EXPECT_EQ(ExitCodeOf(settings.status()), ExitCode::kUsage);
  EXPECT_THAT(MessageOf(settings.status()), HasSubstr("CROSSPOINT_SERVER"));
}

TEST_F(SettingsTest, WrongValuesAreUsageErrorsNamingThePlace) {
  WriteHome("serve: host:1\n");
  const auto unknown = LoadSettings({}, Home());
  EXPECT_EQ(ExitCodeOf(unknown.status()), ExitCode::kUsage);
  EXPECT_THAT(MessageOf(unknown.status()), HasSubstr("ctl.yaml"));

  WriteHome("server: host:1\n");
  SettingFlags flags;
  flags.timeout = "soon";
  EXPECT_THAT(MessageOf(LoadSettings(flags, Home()).status()), HasSubstr("--timeout"));
  SettingFlags both;
  both.plaintext = true;
  both.ca_file = "/ca.pem";
  EXPECT_THAT(MessageOf(LoadSettings(both, Home()).status()), HasSubstr("--plaintext"));
}

TEST_F(SettingsTest, ATenantMayBeGivenWithItsPrefix) {
  SettingFlags flags;
  flags.server = "host:1";
  flags.tenant = "tenants/acme";
  const auto settings = LoadSettings(flags, Home());
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->tenant, "acme");
}

TEST(TokenClaims, ReadsTenantAndUserOfAToken) {
  // {"sub":"u42","tenant":"acme"}
  const auto claims = ReadTokenClaims("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1NDIiLCJ0ZW5hbnQiOiJhY21lIn0.c2ln");
  EXPECT_EQ(claims.user, "u42");
  EXPECT_EQ(claims.tenant, "acme");
}

TEST(TokenClaims, NothingIsReadFromWhatIsNoToken) {
  for (const char* text : {"", "opaque", "a.b", "a.%%%.c", "a.bnVsbA.c", "a.eyJzdWIiOjF9.c"}) {
    EXPECT_EQ(ReadTokenClaims(text).user, "") << text;
  }
}

}  // namespace
}  // namespace crosspoint::ctl
