#include "connectors/ews/autodiscover/autodiscover.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <set>

#include "connectors/ews/errors.h"
#include "exchange_sim/company.h"
#include "exchange_sim/sim.h"
#include "tests/component/ews/fixture.h"
#include "tests/support/credentials.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::ews {
namespace {

using exchange_sim::ExchangeSim;
using exchange_sim::SimOptions;
using ::testing::HasSubstr;
using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;

constexpr int kClosedPort = 1;

// A company whose name service is a table: corp.example and what is below it, on loopback, with certificates.
class AutodiscoverWire : public LoopbackClient {
 protected:
  void SetUp() override {
    LoopbackClient::SetUp();
    credentials_.emplace(testing::Credentials::Create(directory_ / "tls"));
    files_ = credentials_->Certificate(
        "exchange", {"autodiscover.corp.example", "corp.example", "mail.corp.example", "evil.example"});
    config_ = Config("https://mail.corp.example/EWS/Exchange.asmx");
    config_.ca_file = credentials_->ca_file();
    config_.allowed_hosts = {"*.corp.example", "corp.example", "127.0.0.1"};
    config_.connect_timeout = std::chrono::seconds(2);
    for (const std::string host : {"autodiscover.corp.example", "corp.example", "mail.corp.example", "evil.example"}) {
      Route(host, 443, kClosedPort);
      Route(host, 80, kClosedPort);
    }
  }

  void Route(const std::string& host, int port, int to_port) {
    std::erase_if(config_.routes, [&](const auto& route) { return route.host == host && route.port == port; });
    config_.routes.push_back({.host = host, .port = port, .ip = "127.0.0.1", .to_port = to_port});
  }
  ScriptedServer::Tls Tls() const { return {files_.certificate, files_.key, ""}; }
  // The simulator behind autodiscover.corp.example.
  ExchangeSim& Exchange() {
    if (sim_ == nullptr) {
      SimOptions options{.tls_cert_file = files_.certificate, .tls_key_file = files_.key, .people = 130};
      options.service_accounts = {{"svc", "secret"}};
      sim_ = std::make_unique<ExchangeSim>(options);
      EXPECT_TRUE(sim_->Start().ok());
      Route("autodiscover.corp.example", 443, sim_->port());
    }
    return *sim_;
  }
  std::string SideChannel(const std::string& method, const std::string& path, const std::string& body = "") {
    http::HttpClient client({.ca_file = config_.ca_file, .addresses = {.allow_loopback = true}});
    const auto answer = client.Send(
        {.method = method, .url = fmt::format("https://localhost:{}/sim/{}", Exchange().port(), path), .body = body});
    EXPECT_TRUE(answer.ok() && answer->status == 200) << path << ": " << answer.status();
    return answer.ok() ? answer->body : "";
  }
  void Order(const std::string& json) { SideChannel("POST", "autodiscover", json); }

  Autodiscover& Client() {
    if (client_ == nullptr) {
      auto made = Autodiscover::Create(config_);
      EXPECT_TRUE(made.ok()) << made.status();
      client_ = *std::move(made);
    }
    return *client_;
  }
  Autodiscover::Endpoints Discover(const std::vector<std::string>& mailboxes,
                                   std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    return Client().Discover(mailboxes, std::chrono::steady_clock::now() + patience);
  }
  absl::StatusOr<MailboxEndpoint> DiscoverOne(const std::string& mailbox) { return Discover({mailbox})[0]; }
  static std::string Someone(size_t index) { return exchange_sim::MakeCompany(130, 1)[index].email; }

  // What GetUserSettings answers for one user.
  static std::string SettingsAnswer(const std::string& user_response) {
    return "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><GetUserSettingsResponseMessage "
           "xmlns=\"http://schemas.microsoft.com/exchange/2010/Autodiscover\"><Response><ErrorCode>NoError</ErrorCode>"
           "<UserResponses>" +
           user_response + "</UserResponses></Response></GetUserSettingsResponseMessage></s:Body></s:Envelope>";
  }
  static std::string Settings(const std::string& url) {
    return SettingsAnswer(
        "<UserResponse><ErrorCode>NoError</ErrorCode><UserSettings><UserSetting><Name>ExternalEwsUrl</Name><Value>" +
        url + "</Value></UserSetting></UserSettings></UserResponse>");
  }

  std::optional<testing::Credentials> credentials_;
  testing::Credentials::Files files_;
  EwsConfig config_;
  std::unique_ptr<ExchangeSim> sim_;
  std::unique_ptr<Autodiscover> client_;
};

TEST_F(AutodiscoverWire, AddressAndGroupingOfManyMailboxesComeInFewRequests) {
  Exchange();
  std::vector<std::string> mailboxes;
  for (const auto& person : exchange_sim::MakeCompany(130, 1)) mailboxes.push_back(person.email);
  mailboxes.push_back("nobody@corp.example");
  mailboxes.push_back("no address");
  const auto found = Discover(mailboxes);
  ASSERT_EQ(found.size(), 132u);
  std::set<std::string> groups;
  for (size_t i = 0; i < 130; ++i) {
    ASSERT_TRUE(found[i].ok()) << found[i].status();
    EXPECT_EQ(found[i]->ews_url, Exchange().url());
    EXPECT_EQ(found[i]->smtp_address, mailboxes[i]);
    groups.insert(found[i]->grouping);
  }
  EXPECT_EQ(groups.size(), 3u);
  EXPECT_EQ(found[0]->server_version, "15.01.2507.006");
  EXPECT_EQ(found[0]->public_folders.anchor_mailbox, "public.folders@corp.example");
  EXPECT_EQ(found[0]->public_folders.public_folder_mailbox, "5f2c0d1e-public@corp.example");
  EXPECT_THAT(found[0]->schemas, ::testing::Contains("Exchange2013_SP1"));
  EXPECT_EQ(ReasonOf(found[130].status()), "AUTODISCOVER_NO_USER");
  EXPECT_EQ(found[131].status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(SideChannel("GET", "stats"), HasSubstr("\"GetUserSettings\": 2"));
  EXPECT_THAT(SideChannel("GET", "stats"), HasSubstr("\"request_schema_violations\": 0"));
}

TEST_F(AutodiscoverWire, WhatWasFoundIsGoodForWork) {
  Exchange();
  const auto found = DiscoverOne(Someone(0));
  ASSERT_TRUE(found.ok()) << found.status();
  EwsConfig config = config_;
  config.url = found->ews_url;
  const auto folder = Make(config)->GetFolder(FolderRef::Calendar(), {.mailbox = found->smtp_address});
  EXPECT_TRUE(folder.ok()) << folder.status();
}

TEST_F(AutodiscoverWire, OlderProtocolServesWhereThereIsNothingNewer) {
  ScriptedServer server(
      [&](const ReceivedRequest& request, ScriptedReply& reply) {
        if (request.target.ends_with(".svc")) return void(reply.Send(404, "no"));
        reply.Send(
            200,
            "<?xml version=\"1.0\"?><Autodiscover><Response><User><AutoDiscoverSMTPAddress>ada@corp.example"
            "</AutoDiscoverSMTPAddress></User><Account><Action>settings</Action><Protocol><Type>EXCH</Type><EwsUrl>"
            "https://inside.corp.example/EWS/Exchange.asmx</EwsUrl><GroupingInformation>G1</GroupingInformation>"
            "</Protocol><Protocol><Type>EXPR</Type><EwsUrl>https://mail.corp.example/EWS/Exchange.asmx</EwsUrl>"
            "</Protocol></Account></Response></Autodiscover>");
      },
      Tls());
  Route("autodiscover.corp.example", 443, server.port());
  const auto found = DiscoverOne("ada.alias@corp.example");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->ews_url, "https://mail.corp.example/EWS/Exchange.asmx");
  EXPECT_EQ(found->smtp_address, "ada@corp.example");
  EXPECT_EQ(found->grouping, "G1");
  // The next question goes to what answered, at once.
  ASSERT_TRUE(DiscoverOne("ada@corp.example").ok());
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(server.requests()[2].target, "/autodiscover/autodiscover.xml");
}

TEST_F(AutodiscoverWire, DomainItselfIsAskedWhenItsAutodiscoverHostIsNotThere) {
  Exchange();
  Route("corp.example", 443, Exchange().port());
  Route("autodiscover.corp.example", 443, kClosedPort);
  const auto found = DiscoverOne(Someone(0));
  EXPECT_TRUE(found.ok()) << found.status();
}

TEST_F(AutodiscoverWire, PlainHttpMayRedirectAndLearnsNothing) {
  Exchange();
  ScriptedServer plain([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Send(302, "", "Location: https://mail.corp.example/autodiscover/autodiscover.xml\r\n");
  });
  Route("autodiscover.corp.example", 443, kClosedPort);
  Route("autodiscover.corp.example", 80, plain.port());
  Route("mail.corp.example", 443, Exchange().port());
  const auto found = DiscoverOne(Someone(0));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_FALSE(found->grouping.empty());
  ASSERT_EQ(plain.requests().size(), 1u);
  EXPECT_EQ(plain.requests()[0].method, "GET");
  EXPECT_EQ(plain.requests()[0].headers.count("authorization"), 0u);
  EXPECT_EQ(plain.requests()[0].body, "");
}

TEST_F(AutodiscoverWire, ForeignHostIsNeverAsked) {
  Exchange();
  ScriptedServer evil([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, "mine"); }, Tls());
  Route("evil.example", 443, evil.port());
  const std::string foreign = "https://evil.example/autodiscover/autodiscover.svc";
  Order(fmt::format(R"({{"email": "{}", "redirect_url": "{}"}})", Someone(0), foreign));
  Order(fmt::format(R"({{"email": "{}", "redirect_address": "x@evil.example"}})", Someone(1)));
  Order(fmt::format(R"({{"email": "{}", "ews_url": "https://evil.example/EWS/Exchange.asmx"}})", Someone(2)));
  Order(fmt::format(R"({{"email": "{}", "redirect_url": "http://mail.corp.example/autodiscover.svc"}})", Someone(3)));
  Order(fmt::format(R"({{"email": "{}", "ews_url": "http://mail.corp.example/EWS/Exchange.asmx"}})", Someone(4)));
  Order(fmt::format(R"({{"email": "{}", "redirect_url": "https://mail.corp.example@evil.example/"}})", Someone(5)));
  const auto found = Discover({Someone(0), Someone(1), Someone(2), Someone(3), Someone(4), Someone(5), Someone(6)});
  for (const size_t refused : {0, 2, 3, 4, 5}) {
    EXPECT_EQ(ReasonOf(found[refused].status()), "EWS_HOST_NOT_ALLOWED") << refused << found[refused].status();
  }
  EXPECT_THAT(MessageOf(found[0].status()), HasSubstr("evil.example"));
  EXPECT_EQ(ReasonOf(found[1].status()), "AUTODISCOVER_FAILED");
  EXPECT_THAT(MessageOf(found[1].status()), HasSubstr("evil.example is not among allowed_hosts"));
  EXPECT_TRUE(found[6].ok()) << found[6].status();

  Order(fmt::format(R"({{"location": "{}"}})", foreign));  // an HTTP redirect of the whole request
  EXPECT_EQ(ReasonOf(DiscoverOne(Someone(7)).status()), "EWS_HOST_NOT_ALLOWED");
  EXPECT_EQ(evil.connections(), 0);
  SideChannel("DELETE", "autodiscover");
  EXPECT_TRUE(DiscoverOne(Someone(7)).ok());
}

TEST_F(AutodiscoverWire, RedirectsAreFollowedToAnotherAddressAndPlace) {
  Exchange();
  Route("mail.corp.example", 443, Exchange().port());
  ScriptedServer other(
      [](const ReceivedRequest&, ScriptedReply& reply) {
        reply.Send(302, "", "Location: https://mail.corp.example/autodiscover/autodiscover.svc\r\n");
      },
      Tls());
  Route("corp.example", 443, other.port());
  Order(fmt::format(R"({{"email": "{}", "redirect_address": "{}"}})", Someone(0), Someone(1)));
  const auto moved = DiscoverOne(Someone(0));
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->smtp_address, Someone(1));
  Route("autodiscover.corp.example", 443, kClosedPort);
  client_.reset();
  EXPECT_TRUE(DiscoverOne(Someone(1)).ok());
  EXPECT_EQ(other.requests().size(), 1u);
}

TEST_F(AutodiscoverWire, CirclesAreNoticed) {
  Exchange();
  Order(fmt::format(R"({{"email": "{}", "redirect_address": "{}"}})", Someone(0), Someone(1)));
  Order(fmt::format(R"({{"email": "{}", "redirect_address": "{}"}})", Someone(1), Someone(0)));
  EXPECT_EQ(ReasonOf(DiscoverOne(Someone(0)).status()), "AUTODISCOVER_REDIRECT_LOOP");
  Order(R"({"location": "https://autodiscover.corp.example/autodiscover/autodiscover.svc"})");
  EXPECT_EQ(ReasonOf(DiscoverOne(Someone(2)).status()), "AUTODISCOVER_REDIRECT_LOOP");
}

TEST_F(AutodiscoverWire, EndlessRedirectsEndAfterTen) {
  std::atomic<int> next{0};
  ScriptedServer server(
      [&](const ReceivedRequest&, ScriptedReply& reply) {
        reply.Send(302, "", fmt::format("Location: /autodiscover/autodiscover.svc?n={}\r\n", ++next));
      },
      Tls());
  Route("autodiscover.corp.example", 443, server.port());
  const auto found = DiscoverOne("ada@corp.example");
  EXPECT_EQ(ReasonOf(found.status()), "AUTODISCOVER_REDIRECT_LOOP") << found.status();
  EXPECT_EQ(server.requests().size(), 11u);
}

TEST_F(AutodiscoverWire, MailboxInExchangeOnlineIsSentToGraph) {
  Exchange();
  Order(fmt::format(R"({{"email": "{}", "redirect_address": "ada@corp.mail.onmicrosoft.com"}})", Someone(0)));
  Order(fmt::format(R"({{"email": "{}", "ews_url": "https://outlook.office365.com/EWS/Exchange.asmx"}})", Someone(1)));
  Order(fmt::format(R"({{"email": "{}", "redirect_url": "https://autodiscover-s.outlook.com/a.svc"}})", Someone(2)));
  for (const auto& found : Discover({Someone(0), Someone(1), Someone(2)})) {
    EXPECT_EQ(ReasonOf(found.status()), "AUTODISCOVER_IN_CLOUD") << found.status();
    EXPECT_THAT(MessageOf(found.status()), HasSubstr("Microsoft Graph"));
  }
}

TEST_F(AutodiscoverWire, WrongPasswordIsTriedOncePerHostAndToldInWords) {
  std::atomic<int> asked{0};
  const auto refuse = [&](const ReceivedRequest&, ScriptedReply& reply) {
    ++asked;
    reply.Send(401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n");
  };
  ScriptedServer first(refuse, Tls());
  ScriptedServer second(refuse, Tls());
  Route("autodiscover.corp.example", 443, first.port());
  Route("corp.example", 443, second.port());
  const auto found = DiscoverOne("ada@corp.example");
  EXPECT_EQ(ReasonOf(found.status()), "AUTODISCOVER_FAILED");
  EXPECT_THAT(MessageOf(found.status()), HasSubstr("user, password or token is not accepted"));
  EXPECT_EQ(asked, 2);
}

TEST_F(AutodiscoverWire, BusyServerIsLeftAloneAndAnswersLater) {
  std::atomic<bool> busy{true};
  ScriptedServer server(
      [&](const ReceivedRequest&, ScriptedReply& reply) {
        if (busy) return void(reply.Send(503, "", "Retry-After: 7\r\n"));
        reply.Send(200, Settings("https://mail.corp.example/EWS/Exchange.asmx"));
      },
      Tls());
  Route("autodiscover.corp.example", 443, server.port());
  const auto found = DiscoverOne("ada@corp.example");
  EXPECT_EQ(found.status().code(), absl::StatusCode::kResourceExhausted) << found.status();
  EXPECT_EQ(BackOffOf(found.status()), std::chrono::seconds(7));
  EXPECT_EQ(server.requests().size(), 1u);
  busy = false;
  EXPECT_TRUE(DiscoverOne("ada@corp.example").ok());
}

TEST_F(AutodiscoverWire, DeadServerIsUnavailableAndFoundWhenItIsBack) {
  const auto found = DiscoverOne("ada@corp.example");
  EXPECT_EQ(found.status().code(), absl::StatusCode::kUnavailable) << found.status();
  for (const char* place : {"https://autodiscover.corp.example/", "https://corp.example/", "http://autodiscover"}) {
    EXPECT_THAT(MessageOf(found.status()), HasSubstr(place));
  }
  Exchange();
  client_.reset();
  EXPECT_TRUE(DiscoverOne(Someone(0)).ok());
}

TEST_F(AutodiscoverWire, SilentServerCostsNoMoreThanTheDeadline) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.WaitForHangUp(); }, Tls());
  Route("autodiscover.corp.example", 443, server.port());
  Route("corp.example", 443, server.port());
  const auto begin = std::chrono::steady_clock::now();
  const auto found = Discover({"ada@corp.example"}, std::chrono::milliseconds(300))[0];
  EXPECT_TRUE(absl::IsUnavailable(found.status()) || absl::IsDeadlineExceeded(found.status())) << found.status();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(AutodiscoverWire, HostileAnswersAreRefused) {
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "<a>";
  const std::string good = Settings("https://mail.corp.example/EWS/Exchange.asmx");
  const std::vector<std::string> answers = {"<!DOCTYPE x [<!ENTITY a \"b\">]>" + good,
                                            deep,
                                            std::string(3u << 20, 'x'),
                                            good.substr(0, good.size() / 2),
                                            "<html><body>Sign in</body></html>",
                                            "",
                                            SettingsAnswer(""),
                                            SettingsAnswer("<UserResponse/>" + std::string("<UserResponse/>")),
                                            std::string("\0\0\0", 3)};
  for (const std::string& answer : answers) {
    ScriptedServer server([&](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, answer); }, Tls());
    Route("autodiscover.corp.example", 443, server.port());
    client_.reset();
    const auto found = DiscoverOne("ada@corp.example");
    EXPECT_FALSE(found.ok()) << answer.substr(0, 100);
  }
  Route("autodiscover.corp.example", 443, Exchange().port());
  client_.reset();
  EXPECT_TRUE(DiscoverOne(Someone(0)).ok());
}

TEST_F(AutodiscoverWire, NameThatLeadsToAForbiddenAddressIsNotConnectedTo) {
  Exchange();
  for (const char* ip : {"169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "0.0.0.0", "224.0.0.1"}) {
    for (auto& route : config_.routes) route.ip = ip;
    client_.reset();
    const auto found = DiscoverOne(Someone(0));
    EXPECT_THAT(MessageOf(found.status()), HasSubstr("address is not allowed")) << ip << found.status();
  }
}

TEST_F(AutodiscoverWire, CertificateForAnotherNameIsNotAsked) {
  const auto other = credentials_->Certificate("other");
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, ""); },
                        {other.certificate, other.key, ""});
  Route("autodiscover.corp.example", 443, server.port());
  EXPECT_FALSE(DiscoverOne("ada@corp.example").ok());
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(AutodiscoverWire, WithoutAllowedHostsThereIsNoAutodiscover) {
  config_.allowed_hosts.clear();
  const auto made = Autodiscover::Create(config_);
  EXPECT_THAT(MessageOf(made.status()), HasSubstr("allowed_hosts"));
}

}  // namespace
}  // namespace crosspoint::ews
