#include "connectors/ews/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/config/binder.h"
#include "common/status/status.h"

namespace crosspoint::ews {
namespace {

using ::testing::HasSubstr;

// A configuration file with one block "ews".
class EwsSettingsFile : public ::testing::Test {
 protected:
  EwsSettingsFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-ews-settings-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    directory_ = pattern;
    std::ofstream(directory_ / "password") << "secret\n";
  }
  ~EwsSettingsFile() override { std::filesystem::remove_all(directory_); }

  // `more` are further lines of the block.
  absl::Status Load(const std::string& url, const std::string& more = "") {
    std::ofstream(directory_ / "config.yaml")
        << "ews:\n  url: '" << url << "'\n  user: svc\n  password_file: " << (directory_ / "password").string() << "\n"
        << more;
    settings_ = EwsSettings();
    config::Binder binder;
    binder.Block("ews", settings_);
    return binder.Load(directory_ / "config.yaml", "CROSSPOINT_TEST_", {});
  }
  std::string Objection(const std::string& url, const std::string& more = "") { return MessageOf(Load(url, more)); }

  std::filesystem::path directory_;
  EwsSettings settings_;
};

TEST_F(EwsSettingsFile, HostsAndNetworksReachTheClient) {
  const absl::Status loaded = Load("https://mail.corp.example/EWS/Exchange.asmx",
                                   "  allowed_hosts: ['mail.corp.example', '*.branch.example']\n"
                                   "  allowed_networks: ['10.1.0.0/16', '2001:db8::/32']\n");
  ASSERT_TRUE(loaded.ok()) << loaded;
  const EwsConfig config = settings_.ToConfig();
  EXPECT_TRUE(config.AllowsHost("mail.corp.example"));
  EXPECT_TRUE(config.AllowsHost("x.branch.example"));
  EXPECT_FALSE(config.AllowsHost("mail.evil.example"));
  EXPECT_TRUE(http::IsAllowed(config.addresses(), "10.1.2.3"));
  EXPECT_FALSE(http::IsAllowed(config.addresses(), "10.2.2.3"));
  EXPECT_FALSE(http::IsAllowed(config.addresses(), "127.0.0.1"));
}

TEST_F(EwsSettingsFile, WithoutAListTheServersOwnHostAloneIsAllowed) {
  ASSERT_TRUE(Load("https://mail.corp.example/EWS/Exchange.asmx").ok());
  const EwsConfig config = settings_.ToConfig();
  EXPECT_TRUE(config.CheckUrl("https://MAIL.corp.example/autodiscover/autodiscover.svc").ok());
  for (const char* url :
       {"https://corp.example/", "https://evil.example/?mail.corp.example", "http://mail.corp.example/",
        "https://mail.corp.example@evil.example/", "ftp://mail.corp.example/", "mail.corp.example", ""}) {
    const absl::Status status = config.CheckUrl(url);
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << url;
    EXPECT_EQ(GetErrorInfo(status)->reason, "EWS_HOST_NOT_ALLOWED") << url;
  }
}

TEST_F(EwsSettingsFile, ServerOutsideTheListedHostsIsRefused) {
  EXPECT_THAT(Objection("https://mail.evil.example/EWS", "  allowed_hosts: ['*.corp.example']\n"),
              HasSubstr("its host is not among allowed_hosts"));
}

TEST_F(EwsSettingsFile, WrongValuesAreRefusedNamingTheField) {
  const std::string url = "https://mail.corp.example/EWS/Exchange.asmx";
  EXPECT_THAT(Objection(url, "  allowed_hosts: ['https://mail.corp.example']\n"), HasSubstr("allowed_hosts"));
  EXPECT_THAT(Objection(url, "  allowed_networks: ['10.0.0.0/99']\n"), HasSubstr("allowed_networks"));
  EXPECT_THAT(Objection("http://mail.corp.example/EWS"), HasSubstr("must be https"));
}

TEST_F(EwsSettingsFile, UnknownKeyIsRefusedByName) {
  EXPECT_THAT(Objection("https://mail.corp.example/EWS", "  allowed_host: ['mail.corp.example']\n"),
              HasSubstr("allowed_host"));
}

}  // namespace
}  // namespace crosspoint::ews
