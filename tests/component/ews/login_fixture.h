#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "common/clock/clock.h"
#include "common/status/status.h"
#include "connectors/ews/client.h"
#include "tests/component/ews/fixture.h"
#include "tests/component/ews/stream_recorder.h"
#include "tests/support/exchange_process/exchange_process.h"
#include "tests/support/kdc/kdc.h"
#include "tests/support/oauth_issuer/oauth_issuer.h"

namespace crosspoint::ews {

// Everything a login needs, once for the suite: a simulated Exchange that takes every scheme, an issuer of tokens and,
// where it is installed, a KDC.
struct LoginWorld {
  std::filesystem::path directory = NewDirectory();
  SystemClock clock;
  testing::Credentials keys = testing::Credentials::Create(directory / "keys");
  testing::OAuthIssuer issuer{keys, clock};
  testing::ClientKey client_key = testing::ClientKey::Make(directory, "client");
  std::unique_ptr<testing::Kdc> kdc = testing::Kdc::IsInstalled() ? std::make_unique<testing::Kdc>() : nullptr;
  std::string server_keytab = kdc != nullptr ? kdc->AddPrincipal("HTTP/localhost", "server.keytab") : "";
  std::string client_keytab = kdc != nullptr ? kdc->AddPrincipal("svc", "svc.keytab") : "";
  testing::ExchangeProcess exchange{Arguments()};

  ~LoginWorld() { std::filesystem::remove_all(directory); }

  static std::filesystem::path NewDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-login-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    return pattern;
  }
  std::vector<std::string> Arguments() const {
    std::vector<std::string> arguments = {"--people", "3", "--heartbeat-ms", "100"};
    arguments.insert(arguments.end(), {"--jwks-file", keys.jwks_file().string(), "--oauth-audience",
                                       std::string(testing::OAuthIssuer::kAudience)});
    for (const char* application : {"app:svc", "cert-app:svc"}) {
      arguments.insert(arguments.end(), {"--oauth-app", application});
    }
    if (kdc != nullptr) arguments.insert(arguments.end(), {"--keytab", server_keytab});
    return arguments;
  }
};

class WithLogins : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    world_ = new LoginWorld;
    world_->exchange.Post("/sim/mailboxes", R"({"email": "anna@corp.example", "display_name": "Anna"})");
  }
  static void TearDownTestSuite() {
    delete world_;
    world_ = nullptr;
  }
  void SetUp() override {
    SetPassword("Passw0rd!");
    Write("password", "Passw0rd!");
    Write("token", "token-1");
    Write("client-secret", "s3cret");
    world_->issuer.Register("app", std::string("s3cret"));
    world_->issuer.Register("cert-app", world_->client_key.certificate);
    world_->issuer.SetLife(std::chrono::hours(1));
  }

  static std::string File(const std::string& name) { return (world_->directory / name).string(); }
  // As Kubernetes does it: a new file takes the name.
  static void Write(const std::string& name, const std::string& text) {
    std::ofstream(File("next")) << text << "\n";
    std::filesystem::rename(File("next"), File(name));
  }
  // What the server takes for the account "svc" from now on.
  static void SetPassword(const std::string& password) {
    world_->exchange.Post("/sim/accounts", R"({"account": "svc", "password": ")" + password + "\"}");
  }
  static oauth2::ClientCredentials Application(const std::string& id) {
    oauth2::ClientCredentials client{.token_url = world_->issuer.token_url(),
                                     .client_id = id,
                                     .proof = oauth2::ClientSecret{File("client-secret")},
                                     .scope = std::string(testing::OAuthIssuer::kScope),
                                     .ca_file = world_->keys.ca_file().string(),
                                     .allow_loopback = true,
                                     .first_pause = std::chrono::milliseconds(1),
                                     .longest_pause = std::chrono::milliseconds(1)};
    if (id == "cert-app") {
      client.proof =
          oauth2::ClientCertificate{world_->client_key.certificate.string(), world_->client_key.key.string()};
    }
    return client;
  }
  static EwsAuth Auth(const std::string& scheme) {
    if (scheme == "Basic") return BasicAuth{"svc", File("password")};
    if (scheme == "Bearer") return BearerAuth{File("token")};
    if (scheme == "Ntlm") return NtlmAuth{"CORP\\svc", File("password")};
    if (scheme == "Negotiate") return NegotiateAuth{"svc@CORP.EXAMPLE", world_->client_keytab};
    return OAuth2Auth{Application(scheme == "OAuth2Certificate" ? "cert-app" : "app")};
  }
  static bool CanTest(const std::string& scheme) { return scheme != "Negotiate" || world_->kdc != nullptr; }

  // By the name that the KDC knows.
  static std::string Url() {
    std::string url = world_->exchange.ews_url();
    return url.replace(url.find("127.0.0.1"), 9, "localhost");
  }
  static std::unique_ptr<EwsClient> Make(const EwsAuth& auth, const std::string& url = Url()) {
    auto client = EwsClient::Create({.url = url, .auth = auth, .allow_loopback = true});
    EXPECT_TRUE(client.ok()) << client.status();
    return client.ok() ? *std::move(client) : nullptr;
  }
  static absl::Status Call(EwsClient& client) {
    return client.GetFolder(FolderRef::Calendar(), {.mailbox = "anna@corp.example"}).status();
  }
  // A write takes a new connection, and so a new login.
  static absl::StatusOr<ItemId> Create(EwsClient& client) {
    const TimePoint start = std::chrono::ceil<std::chrono::hours>(SystemClock().Now());
    return client.CreateCalendarItem({.subject = "x", .start = start, .end = start + std::chrono::minutes(5)},
                                     Invitations::kNone, {.mailbox = "anna@corp.example"});
  }
  static std::string Subscribed(EwsClient& client) {
    const auto subscription = client.Subscribe({}, {.mailbox = "anna@corp.example"});
    EXPECT_TRUE(subscription.ok()) << subscription.status();
    return subscription.ok() ? subscription->id : "";
  }
  static std::unique_ptr<EwsStream> Open(EwsClient& client, const std::string& id, StreamRecorder& recorder) {
    return client.OpenStream({id}, std::chrono::minutes(1), recorder.Callbacks(), {.mailbox = "anna@corp.example"});
  }
  static void ExpectRefused(const absl::Status& status, const std::string& reason, const std::string& words) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(ReasonOf(status), reason) << status;
    EXPECT_NE(MessageOf(status).find(words), std::string::npos) << status;
  }

  static inline LoginWorld* world_ = nullptr;
};

}  // namespace crosspoint::ews
