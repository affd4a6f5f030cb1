#include "connectors/smtp/client.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "common/status/status.h"
#include "tests/support/credentials.h"
#include "tests/support/smtp_server/smtp_server.h"

namespace crosspoint::smtp {
namespace {

using crosspoint::testing::Credentials;
using crosspoint::testing::SmtpServer;
using crosspoint::testing::SmtpServerOptions;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::SizeIs;

std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : status.ToString();
}

class Client : public ::testing::Test {
 protected:
  Client() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-smtp-XXXXXX").string();
    dir_ = mkdtemp(pattern.data());
    std::ofstream(dir_ / "password") << "Passw0rd!\n";
  }
  ~Client() override { std::filesystem::remove_all(dir_); }

  SmtpConfig ConfigFor(const SmtpServer& server) const {
    SmtpConfig config;
    config.host = "127.0.0.1";
    config.port = server.port();
    config.security = Security::kNone;
    config.from = "voicemail@corp.example";
    return config;
  }
  Mail Letter() const {
    Mail mail;
    mail.to = {"anna@corp.example", "Anna M\xc3\xbcller"};
    mail.subject = "Sprachnachricht \xe2\x80\x93 gr\xc3\xbc\xc3\x9f dich";
    mail.text = "Hello\n.\nQUIT\n\xc3\xbc";
    mail.message_id = "v1@corp.example";
    mail.files = {{"v1.wav", "audio/wav", std::string(200'000, '\x7f') + std::string("\0\r\n.\r\n", 6)}};
    return mail;
  }
  static absl::Status Send(SmtpConfig config, const Mail& mail, seconds limit = seconds{10}) {
    return SmtpClient(std::move(config)).Send(mail, std::chrono::steady_clock::now() + limit);
  }

  std::filesystem::path dir_;
};

TEST_F(Client, AMailArrivesAsItWasMeant) {
  const SmtpServer server;
  const auto mail = Letter();
  ASSERT_TRUE(Send(ConfigFor(server), mail).ok()) << Send(ConfigFor(server), mail);
  const auto mails = server.Mails();
  ASSERT_THAT(mails, SizeIs(1));
  EXPECT_EQ(mails[0].envelope_from, "voicemail@corp.example");
  EXPECT_THAT(mails[0].envelope_to, ElementsAre("anna@corp.example"));
  EXPECT_EQ(mails[0].defects, 0);
  EXPECT_EQ(mails[0].headers.at("subject"), mail.subject);
  EXPECT_EQ(mails[0].headers.at("to"), "Anna M\xc3\xbcller <anna@corp.example>");
  EXPECT_EQ(mails[0].headers.at("message-id"), "<v1@corp.example>");
  EXPECT_EQ(mails[0].text, mail.text);
  ASSERT_THAT(mails[0].files, SizeIs(1));
  EXPECT_EQ(mails[0].files[0].bytes, mail.files[0].bytes);
}

TEST_F(Client, InsistsOnStartTlsAndLogsInBehindIt) {
  const auto credentials = Credentials::Create(dir_ / "credentials");
  const auto files = credentials.Certificate("relay");
  const SmtpServer server(
      {.certificate = files.certificate, .key = files.key, .user = "crosspoint", .password = "Passw0rd!"});
  auto config = ConfigFor(server);
  config.security = Security::kStartTls;
  config.ca_file = files.ca.string();
  EXPECT_EQ(ReasonOf(Send(config, Letter())), "SMTP_NOT_AUTHORIZED") << "it wants a login";
  config.user = "crosspoint";
  config.password_file = dir_ / "password";
  ASSERT_TRUE(Send(config, Letter()).ok()) << Send(config, Letter());
  const auto mails = server.Mails();
  ASSERT_THAT(mails, SizeIs(1));
  EXPECT_TRUE(mails[0].tls);
  EXPECT_TRUE(mails[0].authenticated);

  std::ofstream(dir_ / "wrong") << "another\n";
  auto wrong = config;
  wrong.password_file = dir_ / "wrong";
  EXPECT_EQ(ReasonOf(Send(wrong, Letter())), "SMTP_NOT_AUTHORIZED");
  auto untrusted = config;
  untrusted.ca_file.clear();
  EXPECT_EQ(ReasonOf(Send(untrusted, Letter())), "SMTP_TLS_FAILED");
  EXPECT_THAT(server.Mails(), SizeIs(1));
}

TEST_F(Client, WithoutTlsOnTheOtherSideNothingIsSent) {
  const SmtpServer server({.user = "crosspoint", .password = "Passw0rd!"});
  auto config = ConfigFor(server);
  config.security = Security::kStartTls;
  config.user = "crosspoint";
  config.password_file = dir_ / "password";
  EXPECT_EQ(ReasonOf(Send(config, Letter())), "SMTP_TLS_FAILED");
  EXPECT_THAT(server.Mails(), SizeIs(0));
}

TEST_F(Client, TellsWhatMayPassFromWhatIsFinal) {
  SmtpServer server;
  const auto config = ConfigFor(server);
  for (const char* step : {"RCPT", "DATA"}) {
    server.Refuse(step, "451 4.3.0 try later");
    EXPECT_EQ(ReasonOf(Send(config, Letter())), "SMTP_UNAVAILABLE") << step;
    server.Refuse(step, "550 5.1.1 nobody here");
    EXPECT_EQ(ReasonOf(Send(config, Letter())), "SMTP_REFUSED") << step;
  }
  server.TakeAll();
  EXPECT_TRUE(Send(config, Letter()).ok());
  server.Stop();
  EXPECT_EQ(ReasonOf(Send(config, Letter())), "SMTP_UNAVAILABLE");
  server.Restart();
  EXPECT_TRUE(Send(config, Letter()).ok());
  EXPECT_THAT(server.Mails(), SizeIs(2));
}

TEST_F(Client, ADeadlineThatHasPassedSendsNothing) {
  const SmtpServer server;
  EXPECT_EQ(ReasonOf(Send(ConfigFor(server), Letter(), seconds{0})), "SMTP_UNAVAILABLE");
  EXPECT_THAT(server.Mails(), SizeIs(0));
}

}  // namespace
}  // namespace crosspoint::smtp
