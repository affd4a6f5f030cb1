#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "common/http/client.h"
#include "common/status/status.h"
#include "tests/support/credentials.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::http {
namespace {

using testing::Credentials;
using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;

void Ok(const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, "ok"); }

HttpClientConfig Trusting(const std::string& ca) { return {.ca_file = ca, .addresses = {.allow_loopback = true}}; }

std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : "";
}

// An authority with the certificate of one server and one client, in a directory that goes with the test.
class HttpClientTls : public ::testing::Test {
 protected:
  static std::filesystem::path NewDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-tls-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    return pattern;
  }
  ~HttpClientTls() override { std::filesystem::remove_all(directory_); }

  const std::filesystem::path directory_ = NewDirectory();
  const Credentials credentials_ = Credentials::Create(directory_ / "ours");
  const Credentials others_ = Credentials::Create(directory_ / "others");
  const Credentials::Files server_ = credentials_.Certificate("exchange");
  const Credentials::Files client_ = credentials_.Certificate("meeting-sync");
  const std::string ca_ = credentials_.ca_file();
};

TEST_F(HttpClientTls, TrustedAuthorityIsAccepted) {
  ScriptedServer server(Ok, {server_.certificate, server_.key, ""});
  HttpClient client(Trusting(ca_));
  const auto answer = client.Send({.url = server.Url()});
  ASSERT_TRUE(answer.ok()) << answer.status();
}

TEST_F(HttpClientTls, UnknownAuthorityIsRefusedAndNothingIsSent) {
  ScriptedServer server(Ok, {server_.certificate, server_.key, ""});
  for (const std::string& ca : {others_.ca_file().string(), std::string()}) {
    HttpClient client(Trusting(ca));
    const auto answer = client.Send({.url = server.Url(), .credentials = BasicCredentials{"u", "p"}});
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(answer.status()), "TLS_FAILED");
  }
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpClientTls, CertificateForAnotherNameIsRefused) {
  ScriptedServer server(Ok, {server_.certificate, server_.key, ""});
  HttpClient client(Trusting(ca_));
  const auto answer = client.Send({.url = "https://127.0.0.2:" + std::to_string(server.port())});
  EXPECT_FALSE(answer.ok());
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpClientTls, ClientCertificateIsShownWhenConfigured) {
  ScriptedServer server(Ok, {server_.certificate, server_.key, ca_});
  HttpClient without(Trusting(ca_));
  EXPECT_FALSE(without.Send({.url = server.Url()}).ok());
  HttpClientConfig config = Trusting(ca_);
  config.client_cert_file = client_.certificate;
  config.client_key_file = client_.key;
  HttpClient with(config);
  const auto answer = with.Send({.url = server.Url()});
  EXPECT_TRUE(answer.ok()) << answer.status();
}

TEST_F(HttpClientTls, TlsBelow12IsRefusedAndNothingIsSent) {
  ScriptedServer server(Ok, {server_.certificate, server_.key, "", /*old_protocol=*/true});
  HttpClient client(Trusting(ca_));
  const auto answer = client.Send({.url = server.Url(), .credentials = BasicCredentials{"u", "p"}});
  EXPECT_EQ(ReasonOf(answer.status()), "TLS_FAILED") << answer.status();
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpClientTls, RoutedNameIsStillTheNameOfTheCertificate) {
  ScriptedServer server(Ok, {server_.certificate, server_.key, ""});
  for (const auto& [host, fits] : {std::pair("exchange", true), std::pair("mail.corp.example", false)}) {
    HttpClientConfig config = Trusting(ca_);
    config.routes = {{.host = host, .ip = "127.0.0.1", .to_port = server.port()}};
    HttpClient client(config);
    const auto answer = client.Send({.url = std::string("https://") + host + "/"});
    EXPECT_EQ(answer.ok(), fits) << answer.status();
  }
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].headers.at("host"), "exchange");
}

TEST_F(HttpClientTls, RouteDoesNotLeadAroundTheAddressRules) {
  ScriptedServer server(Ok, {server_.certificate, server_.key, ""});
  for (const char* ip : {"127.0.0.1", "169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254"}) {
    HttpClientConfig config = Trusting(ca_);
    config.addresses = {};
    config.routes = {{.host = "exchange", .ip = ip, .to_port = server.port()}};
    HttpClient client(config);
    const auto answer = client.Send({.url = "https://exchange/"});
    EXPECT_EQ(ReasonOf(answer.status()), "ADDRESS_REFUSED") << ip << ": " << answer.status();
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(HttpClientTls, HttpsIsNeverRedirectedToHttp) {
  ScriptedServer plain(Ok);
  ScriptedServer server(
      [&](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(302, "", "Location: " + plain.Url() + "\r\n"); },
      {server_.certificate, server_.key, ""});
  HttpClient client(Trusting(ca_));
  EXPECT_FALSE(client.Send({.url = server.Url(), .max_redirects = 2}).ok());
  EXPECT_TRUE(plain.requests().empty());
}

}  // namespace
}  // namespace crosspoint::http
