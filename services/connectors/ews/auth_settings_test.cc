#include "connectors/ews/auth_settings.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/config/binder.h"
#include "common/status/status.h"
#include "connectors/ews/settings.h"

namespace crosspoint::ews {
namespace {

EwsAuthSettings OAuth2Settings() {
  return {.scheme = AuthScheme::kOAuth2,
          .token_url = "https://login.example.org/t",
          .client_id = "app",
          .client_secret_file = "s",
          .scope = "x/.default"};
}

TEST(EwsAuthSettings, SchemeFollowsFromTheKeysUnlessItIsSaid) {
  const EwsAuthSettings basic{.user = "svc", .password_file = "p"};
  EXPECT_EQ(basic.Problem(), "");
  EXPECT_TRUE(std::holds_alternative<BasicAuth>(basic.ToAuth(false)));
  const EwsAuthSettings bearer{.token_file = "t"};
  EXPECT_EQ(bearer.Problem(), "");
  EXPECT_TRUE(std::holds_alternative<BearerAuth>(bearer.ToAuth(false)));
}

TEST(EwsAuthSettings, EverySchemeBecomesItsLogin) {
  const EwsAuth ntlm = EwsAuthSettings{.scheme = AuthScheme::kNtlm, .user = "C\\u", .password_file = "p"}.ToAuth(false);
  EXPECT_EQ(std::get<NtlmAuth>(ntlm).user, "C\\u");
  const EwsAuth negotiate =
      EwsAuthSettings{.scheme = AuthScheme::kNegotiate, .user = "u@R", .keytab_file = "k"}.ToAuth(false);
  EXPECT_EQ(std::get<NegotiateAuth>(negotiate).principal, "u@R");
  const auto secret = std::get<OAuth2Auth>(OAuth2Settings().ToAuth(true)).client;
  EXPECT_EQ(std::get<oauth2::ClientSecret>(secret.proof).secret_file, "s");
  EXPECT_TRUE(secret.allow_loopback);
  EwsAuthSettings with_certificate = OAuth2Settings();
  with_certificate.client_secret_file = "";
  with_certificate.client_certificate_file = "c";
  with_certificate.client_key_file = "k";
  with_certificate.client_signing = oauth2::SigningAlgorithm::kRs256;
  EXPECT_EQ(with_certificate.Problem(), "");
  const auto certificate =
      std::get<oauth2::ClientCertificate>(std::get<OAuth2Auth>(with_certificate.ToAuth(false)).client.proof);
  EXPECT_EQ(certificate.key_file, "k");
  EXPECT_EQ(certificate.algorithm, oauth2::SigningAlgorithm::kRs256);
}

TEST(EwsAuthSettings, KeysThatDoNotFitAreToldInOneSentence) {
  EwsAuthSettings mixed{.scheme = AuthScheme::kNtlm, .user = "u", .token_file = "t"};
  EXPECT_EQ(mixed.Problem(), "auth: ntlm takes user and password_file; missing: password_file; not: token_file");
  EXPECT_NE((EwsAuthSettings{.user = "u", .password_file = "p", .token_file = "t"}.Problem()), "");
  EXPECT_NE((EwsAuthSettings{.scheme = AuthScheme::kNegotiate, .user = "u", .password_file = "p"}.Problem()), "");
  EXPECT_NE(EwsAuthSettings{}.Problem(), "");
  EwsAuthSettings both = OAuth2Settings();
  both.client_certificate_file = "c";
  both.client_key_file = "k";
  EXPECT_NE(both.Problem().find("either"), std::string::npos);
  EwsAuthSettings half = OAuth2Settings();
  half.client_secret_file = "";
  half.client_key_file = "k";
  EXPECT_NE(half.Problem(), "");
}

class EwsAuthFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-settings-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    for (const char* name : {"password", "keytab"}) std::ofstream(directory_ / name) << "x";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  absl::StatusOr<EwsSettings> Load(const std::string& yaml) {
    std::ofstream(directory_ / "ews.yaml") << yaml;
    EwsSettings settings;
    config::Binder binder;
    BindConfig(binder, settings);
    if (const absl::Status status = binder.Load(directory_ / "ews.yaml", "CROSSPOINT_EWS_", {}); !status.ok()) {
      return status;
    }
    return settings;
  }
  std::string File(const char* name) const { return (directory_ / name).string(); }

  std::filesystem::path directory_;
};

TEST_F(EwsAuthFile, SchemeWithItsKeysIsRead) {
  const auto settings = Load(
      "url: https://mail.example.org/EWS/Exchange.asmx\nauth: negotiate\nuser: svc@CORP.EXAMPLE\n"
      "keytab_file: " +
      File("keytab") + "\n");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(std::get<NegotiateAuth>(settings->ToConfig().auth).keytab_file, File("keytab"));
}

TEST_F(EwsAuthFile, SilenceOfAStreamIsReadAndBounded) {
  const std::string server =
      "url: https://mail.example.org/EWS/Exchange.asmx\nuser: svc\npassword_file: " + File("password") + "\n";
  const auto settings = Load(server + "stream_silence: 45s\n");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->ToConfig().stream_silence, std::chrono::seconds(45));
  EXPECT_FALSE(Load(server + "stream_silence: 10ms\n").ok());
}

TEST_F(EwsAuthFile, WrongCombinationUnknownKeyAndUnknownSchemeAreRefused) {
  const std::string url = "url: https://mail.example.org/EWS/Exchange.asmx\n";
  const auto mixed = Load(url + "auth: ntlm\nuser: svc\nkeytab_file: " + File("keytab") + "\n");
  EXPECT_NE(MessageOf(mixed.status()).find("ntlm takes user and password_file"), std::string::npos) << mixed.status();
  EXPECT_FALSE(Load(url + "user: svc\npassword_file: " + File("password") + "\npassword: hunter2\n").ok());
  EXPECT_FALSE(Load(url + "auth: digest\nuser: svc\npassword_file: " + File("password") + "\n").ok());
  EXPECT_TRUE(Load(url + "user: svc\npassword_file: " + File("password") + "\n").ok());
}

}  // namespace
}  // namespace crosspoint::ews
