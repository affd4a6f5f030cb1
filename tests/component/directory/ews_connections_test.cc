// Which Exchange is asked, and with whose credentials: the page and the configuration together, against the simulator.
#include "directory/adapters/ews_connections.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "common/metrics/metrics.h"
#include "common/redis/client.h"
#include "common/status/status.h"
#include "connectors/ews_gate/gate_metrics.h"
#include "tests/support/exchange_process/exchange_process.h"
#include "tests/support/redis_server.h"

namespace crosspoint::directory {
namespace {

using ::testing::HasSubstr;

const TenantId kAcme{"acme"};

std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : status.ToString();
}

class EwsConnectionsTest : public ::testing::Test {
 protected:
  EwsConnectionsTest() {
    std::ofstream(wrong_file_) << "wrong";
    ConfiguredExchange configured{.ews = Settings(exchange_.password_file()), .secrets = {}};
    configured.secrets["right"] = Settings(exchange_.password_file());
    configured.secrets["wrong"] = Settings(wrong_file_.string());
    connections_ = std::make_unique<EwsConnections>(
        std::map<TenantId, ConfiguredExchange>{{kAcme, configured}, {TenantId{"bare"}, {}}}, redis_, metrics_,
        ews::EwsObserver{});
  }
  ~EwsConnectionsTest() override { std::filesystem::remove(wrong_file_); }

  ews::EwsSettings Settings(const std::string& password_file) const {
    ews::EwsSettings settings;
    settings.url = exchange_.ews_url();
    settings.auth.user = "svc";
    settings.auth.password_file = password_file;
    settings.allow_loopback = true;
    settings.allow_plain_http = true;
    return settings;
  }
  ConnectorPage Page(const std::string& secret = "") const {
    return {.enabled = true,
            .server_address = exchange_.ews_url(),
            .username = "any",
            .password = "any",
            .credential_secret = secret};
  }
  // Asks Exchange for somebody.
  absl::Status Ask(const TenantId& tenant = kAcme) {
    const auto client = connections_->Find(tenant);
    if (!client.ok()) return client.status();
    return (*client)->ResolveNames({.text = "anna"}, {.urgency = ews::Urgency::kUserFacing}).status();
  }

  testing::ExchangeProcess exchange_;
  testing::RedisServer server_;
  RedisClient redis_{server_.config()};
  metrics::Registry registry_;
  ews::GateMetrics metrics_{registry_};
  const std::filesystem::path wrong_file_ =
      std::filesystem::temp_directory_path() / ("crosspoint-wrong-" + std::to_string(getpid()));
  std::unique_ptr<EwsConnections> connections_;
};

TEST_F(EwsConnectionsTest, ConfigurationAloneIsInEffectUntilAPageSaysOtherwise) {
  EXPECT_TRUE(connections_->Has(kAcme));
  EXPECT_TRUE(Ask().ok()) << Ask();
  EXPECT_EQ(connections_->Configured(kAcme).server_address, exchange_.ews_url());
  EXPECT_FALSE(connections_->Configured(TenantId{"bare"}).enabled);
  EXPECT_EQ(ReasonOf(Ask(TenantId{"bare"})), "NO_CONNECTOR");
  EXPECT_EQ(ReasonOf(Ask(TenantId{"nobody"})), "NO_CONNECTOR");
}

TEST_F(EwsConnectionsTest, NamedSecretIsWhatLogsIn) {
  connections_->Apply(kAcme, Page("wrong"));
  EXPECT_EQ(Ask().code(), absl::StatusCode::kFailedPrecondition) << Ask();
  EXPECT_EQ(ReasonOf(Ask()), "EWS_NOT_AUTHORIZED");
  connections_->Apply(kAcme, Page("right"));
  EXPECT_TRUE(Ask().ok()) << Ask();
  EXPECT_TRUE(connections_->ConfigOf(kAcme).ok());
}

TEST_F(EwsConnectionsTest, DisabledPageSwitchesItOffAndOn) {
  auto page = Page();
  page.enabled = false;
  connections_->Apply(kAcme, page);
  EXPECT_FALSE(connections_->Has(kAcme));
  EXPECT_EQ(ReasonOf(Ask()), "NO_CONNECTOR");
  EXPECT_EQ(ReasonOf(connections_->ConfigOf(kAcme).status()), "NO_CONNECTOR");
  connections_->Apply(kAcme, Page());
  EXPECT_TRUE(Ask().ok()) << Ask();
}

TEST_F(EwsConnectionsTest, PageThatCannotBeFollowedSaysWhyWhenAsked) {
  auto page = Page();
  page.server_address = "elsewhere.example";
  EXPECT_EQ(ReasonOf(connections_->Check(kAcme, page)), "HOST_NOT_ALLOWED");
  connections_->Apply(kAcme, page);  // as after a change of the configuration
  EXPECT_TRUE(connections_->Has(kAcme));
  EXPECT_EQ(ReasonOf(Ask()), "HOST_NOT_ALLOWED");
  page = Page("gone");
  EXPECT_EQ(ReasonOf(connections_->Check(kAcme, page)), "SECRET_UNKNOWN");
  EXPECT_THAT(MessageOf(connections_->Check(kAcme, page)), HasSubstr("right, wrong"));
  EXPECT_EQ(ReasonOf(connections_->Check(TenantId{"bare"}, Page())), "CREDENTIALS_MISSING");
}

TEST_F(EwsConnectionsTest, OfficeAddressesMeanGraph) {
  for (const char* address : {"outlook.office365.com", "https://outlook.office.com/EWS/Exchange.asmx",
                              "corp.mail.onmicrosoft.com", "OUTLOOK.OFFICE365.COM:443"}) {
    auto page = Page();
    page.server_address = address;
    const auto status = connections_->Check(kAcme, page);
    EXPECT_EQ(ReasonOf(status), "MEANS_GRAPH") << address;
    EXPECT_THAT(MessageOf(status), HasSubstr("Microsoft Graph"));
  }
}

TEST_F(EwsConnectionsTest, CallsUnderWayOutliveAChangeOfThePage) {
  exchange_.Post("/sim/faults", R"({"operation": "ResolveNames", "kind": "delay", "delay_ms": 300, "count": 4})");
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([this] { EXPECT_TRUE(Ask().ok()) << Ask(); });
  }
  for (int i = 0; i < 10; ++i) {
    connections_->Apply(kAcme, Page(i % 2 == 0 ? "right" : ""));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  for (auto& caller : callers) caller.join();
}

TEST_F(EwsConnectionsTest, StoppedOnesEndAtOnce) {
  connections_->Stop();
  EXPECT_FALSE(Ask().ok());
}

}  // namespace
}  // namespace crosspoint::directory
