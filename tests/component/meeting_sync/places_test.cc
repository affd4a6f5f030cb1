#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/component/meeting_sync/world.h"

// Mailboxes on several servers of a tenant, found by Autodiscover.
namespace crosspoint::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using ::testing::HasSubstr;

class Places : public MeetingSyncWorld {
 protected:
  // With `at` as the place of Autodiscover.
  std::string YamlWith(const std::string& at) const {
    auto yaml = Yaml();
    const std::string flag = "allow_loopback: true";
    yaml.replace(yaml.find(flag), flag.size(), flag + ", allowed_hosts: ['127.0.0.1']");
    const std::string sync = "sync: {";
    yaml.replace(yaml.find(sync), sync.size(), sync + "reconcile: 1s, ");
    return yaml + fmt::format("    autodiscover: {{at: '{}', retry_after: 1s}}\n", at);
  }
  std::unique_ptr<ServiceProcess> Start() const {
    auto service = std::make_unique<ServiceProcess>(
        YamlWith("http://" + autodiscover_.address() + "/autodiscover/autodiscover.svc"));
    service->AwaitPorts();
    EXPECT_TRUE(service->AwaitReady()) << service->Get("/healthz").second;
    return service;
  }
  // What Autodiscover says of a mailbox.
  void Order(const std::string& email, const std::string& grouping, const std::string& url) {
    exchange_.Post("/sim/autodiscover",
                   nlohmann::json{{"email", email}, {"grouping", grouping}, {"ews_url", url}}.dump());
  }
  std::string HomeUrl() const { return "http://" + gate_.address() + "/EWS/Exchange.asmx"; }
  // A value of the service's metrics.
  static std::string Metric(const ServiceProcess& service, const std::string& name) {
    const auto text = service.Get("/metrics").second;
    const auto at = text.find("\n" + name + " ");
    if (at == text.npos) return "";
    const auto begin = at + name.size() + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
  }
  static bool AwaitMetric(const ServiceProcess& service, const std::string& name, const std::string& value) {
    return Eventually([&] { return Metric(service, name) == value; }, seconds{30});
  }
  std::string Problem(const std::string& user) const {
    return redis_.Command({"HGET", "cp:{meeting_sync:acme:" + user + "}:sync", "problem"}).text();
  }

  TcpGate autodiscover_{exchange_.base_url().substr(7)};
};

constexpr char kStreams[] = "crosspoint_meeting_sync_streams_open";
constexpr char kFed[] = "crosspoint_meeting_sync_mailboxes_fed";

TEST_F(Places, MailboxesOfTwoGroupsShareNoStream) {
  AddMailbox("cy@corp.example");
  Order(kAdaAddress, "east", HomeUrl());
  Order(kBobAddress, "west", HomeUrl());
  Order("cy@corp.example", "east", HomeUrl());
  directory_.Put("bob", kBobAddress);
  directory_.Put("cy", "cy@corp.example");
  const auto service = Start();
  EXPECT_TRUE(AwaitMetric(*service, kFed, "3"));
  EXPECT_TRUE(AwaitMetric(*service, kStreams, "2"));
  Create(Meeting("told by a stream", In(hours{1})), kBobAddress);
  EXPECT_TRUE(presence_.AwaitCount(kBob, 1));
  EXPECT_THAT(exchange_.Get("/sim/stats"), HasSubstr("\"GetUserSettings\""));
}

TEST_F(Places, MovedMailboxIsFollowedToItsNewServer) {
  ExchangeProcess branch{{"--people", "0", "--heartbeat-ms", "200"}};
  branch.Post("/sim/mailboxes", fmt::format(R"({{"email": "{}", "display_name": "Ada"}})", kAdaAddress));
  Order(kAdaAddress, "east", HomeUrl());
  Order(kBobAddress, "east", HomeUrl());
  directory_.Put("bob", kBobAddress);
  const auto service = Start();
  ASSERT_TRUE(AwaitMetric(*service, kFed, "2"));
  ASSERT_EQ(Metric(*service, kStreams), "1");

  Order(kAdaAddress, "west", branch.ews_url());
  exchange_.Post("/sim/faults", fmt::format(R"({{"kind": "fault", "code": "ErrorCrossSiteRequest", "mailbox": "{}",
                                                "count": 1000000}})",
                                            kAdaAddress));
  exchange_.Post("/sim/drop-subscriptions");
  EXPECT_TRUE(AwaitMetric(*service, kStreams, "2"));
  EXPECT_TRUE(AwaitMetric(*service, kFed, "2"));
  const auto there =
      ews::EwsClient::Create(
          {.url = branch.ews_url(), .auth = ews::BasicAuth{"svc", branch.password_file()}, .allow_loopback = true})
          .value();
  ASSERT_TRUE(there
                  ->CreateCalendarItem(Meeting("after the move", In(hours{2})), ews::Invitations::kNone,
                                       {.mailbox = kAdaAddress})
                  .ok());
  EXPECT_TRUE(presence_.AwaitClaim(kAda, In(hours{2})).has_value());
  Create(Meeting("left behind", In(hours{3})), kBobAddress);
  EXPECT_TRUE(presence_.AwaitClaim(kBob, In(hours{3})).has_value());
}

TEST_F(Places, ForeignServerIsNeverAskedAndTheOthersAreServed) {
  Order(kAdaAddress, "east", "https://evil.example/EWS/Exchange.asmx");
  Order(kBobAddress, "east", HomeUrl());
  directory_.Put("bob", kBobAddress);
  const auto service = Start();
  EXPECT_TRUE(
      Eventually([&] { return Problem("ada").find("evil.example is not among allowed_hosts") != std::string::npos; }));
  Create(Meeting("as ever", In(hours{1})), kBobAddress);
  EXPECT_TRUE(presence_.AwaitCount(kBob, 1));
  Order(kAdaAddress, "east", HomeUrl());
  Create(Meeting("served at last", In(hours{1})));
  EXPECT_TRUE(presence_.AwaitCount(kAda, 1, seconds{20}));
}

TEST_F(Places, WithoutAutodiscoverMailboxesAreReadAtTheAddressGiven) {
  Order(kAdaAddress, "east", HomeUrl());
  Order(kBobAddress, "west", HomeUrl());
  directory_.Put("bob", kBobAddress);
  autodiscover_.Cut();
  const auto service = Start();
  EXPECT_TRUE(AwaitMetric(*service, kFed, "2"));
  EXPECT_EQ(Metric(*service, kStreams), "1");
  Create(Meeting("all the same", In(hours{1})));
  EXPECT_TRUE(presence_.AwaitCount(kAda, 1));
  EXPECT_EQ(service->LogCount("autodiscover_unreachable"), 1);
  autodiscover_.Restore();
  EXPECT_TRUE(AwaitMetric(*service, kStreams, "2")) << "the groups are known now";
  EXPECT_TRUE(AwaitMetric(*service, kFed, "2"));
  EXPECT_TRUE(Eventually([&] { return service->LogCount("autodiscover_reachable") == 1; }));
}

TEST_F(Places, AutodiscoverNeedsHostsThatItMayAsk) {
  ServiceProcess service(Yaml() + "    autodiscover: {at: domain}\n");
  EXPECT_EQ(service.Wait(), 2);
  EXPECT_THAT(service.log(), HasSubstr("allowed_hosts"));
}

}  // namespace
}  // namespace crosspoint::testing
