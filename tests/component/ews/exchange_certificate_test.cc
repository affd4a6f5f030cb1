#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>

#include "common/http/client.h"
#include "common/status/status.h"
#include "connectors/ews/client.h"
#include "exchange_sim/company.h"
#include "exchange_sim/sim.h"
#include "tests/component/ews/fixture.h"
#include "tests/support/credentials.h"

// A server whose certificate is swapped for one that nobody vouches for gets no password, and is served again once the
// right one is back.
namespace crosspoint::ews {
namespace {

class ExchangeCertificate : public LoopbackClient {
 protected:
  void SetUp() override {
    LoopbackClient::SetUp();
    ours_ = std::make_unique<testing::Credentials>(testing::Credentials::Create(directory_ / "ours"));
    others_ = std::make_unique<testing::Credentials>(testing::Credentials::Create(directory_ / "others"));
    const auto files = ours_->Certificate("exchange");
    exchange_sim::SimOptions options{.tls_cert_file = files.certificate, .tls_key_file = files.key, .people = 2};
    options.service_accounts = {{"svc", "secret"}};
    sim_ = std::make_unique<exchange_sim::ExchangeSim>(options);
    ASSERT_TRUE(sim_->Start().ok());
    side_channel_ = std::make_unique<http::HttpClient>(
        http::HttpClientConfig{.ca_file = ours_->ca_file(), .addresses = {.allow_loopback = true}});
    ASSERT_TRUE(side_channel_->Send({.method = "GET", .url = Url("/sim/stats")}).ok());
  }
  std::string Url(const std::string& path) const { return fmt::format("https://localhost:{}{}", sim_->port(), path); }
  std::unique_ptr<EwsClient> Client() {
    EwsConfig config = Config(Url("/EWS/Exchange.asmx"));
    config.ca_file = ours_->ca_file();
    return EwsClient::Create(config).value();
  }
  // Over the connection from before, which goes on.
  void Show(const testing::Credentials& credentials) {
    const auto files = credentials.Certificate("exchange");
    const auto answer = side_channel_->Send(
        {.method = "POST",
         .url = Url("/sim/certificate"),
         .body = fmt::format(R"({{"cert": "{}", "key": "{}"}})", files.certificate.string(), files.key.string())});
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(answer->status, 200);
  }
  static EwsCall Someone() { return {.mailbox = exchange_sim::MakeCompany(2, 1)[0].email}; }

  std::unique_ptr<testing::Credentials> ours_;
  std::unique_ptr<testing::Credentials> others_;
  std::unique_ptr<exchange_sim::ExchangeSim> sim_;
  std::unique_ptr<http::HttpClient> side_channel_;
};

TEST_F(ExchangeCertificate, SwappedForAnUntrustedOneIsRefusedUntilTheRightOneIsBack) {
  const auto client = Client();
  ASSERT_TRUE(client->GetFolder(FolderRef::Calendar(), Someone()).ok());
  Show(*others_);
  // A subscription counts as a write and opens a connection of its own.
  const auto refused = client->Subscribe({}, Someone());
  EXPECT_EQ(ReasonOf(refused.status()), "TLS_FAILED") << refused.status();
  const auto new_client = Client()->GetFolder(FolderRef::Calendar(), Someone());
  EXPECT_EQ(ReasonOf(new_client.status()), "TLS_FAILED");
  Show(*ours_);
  EXPECT_TRUE(client->Subscribe({}, Someone()).ok());
  EXPECT_TRUE(Client()->GetFolder(FolderRef::Calendar(), Someone()).ok());
}

}  // namespace
}  // namespace crosspoint::ews
