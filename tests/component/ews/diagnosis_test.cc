#include "connectors/ews/diagnosis.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <optional>

#include "common/http/client.h"
#include "connectors/ews/soap/text.h"
#include "exchange_sim/company.h"
#include "exchange_sim/sim.h"
#include "tests/component/ews/fixture.h"
#include "tests/support/credentials.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::ews {
namespace {

using exchange_sim::ExchangeSim;
using exchange_sim::SimOptions;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;
using Step = DiagnosisStep;

// A simulated Exchange behind TLS, called mail.corp.example by a name service of the test's own.
class DiagnosisOfExchange : public LoopbackClient {
 protected:
  void SetUp() override {
    LoopbackClient::SetUp();
    credentials_.emplace(testing::Credentials::Create(directory_ / "tls"));
    config_ = Config("");
    config_.ca_file = credentials_->ca_file();
    config_.server_version = "Exchange2016";
    request_.mailbox = Someone(0);
    request_.resolve = [this](const std::string& host, auto) -> absl::StatusOr<std::vector<std::string>> {
      ++lookups_;
      if (!names_.contains(host)) return absl::NotFoundError("no such name");
      return names_.at(host);
    };
    names_["mail.corp.example"] = {"127.0.0.1"};
  }

  static std::string Someone(size_t index) { return exchange_sim::MakeCompany(5, 1)[index].email; }
  void StartExchange() {
    const auto files = credentials_->Certificate("exchange", {"mail.corp.example"});
    SimOptions options{.tls_cert_file = files.certificate, .tls_key_file = files.key, .people = 5};
    options.service_accounts = {{"svc", "secret"}};
    options.user_password = "users";
    sim_ = std::make_unique<ExchangeSim>(options);
    ASSERT_TRUE(sim_->Start().ok());
    config_.url = fmt::format("https://mail.corp.example:{}/EWS/Exchange.asmx", sim_->port());
  }
  void SideChannel(const std::string& path, const std::string& body) {
    http::HttpClient client({.ca_file = config_.ca_file, .addresses = {.allow_loopback = true}});
    const auto answer = client.Send(
        {.method = "POST", .url = fmt::format("https://localhost:{}/sim/{}", sim_->port(), path), .body = body});
    ASSERT_TRUE(answer.ok() && answer->status / 100 == 2) << answer.status();
  }
  // A server of the test's own with the certificate for mail.corp.example, or another one.
  std::unique_ptr<ScriptedServer> Serve(ScriptedServer::Handler handler,
                                        std::optional<ScriptedServer::Tls> tls = std::nullopt) {
    const auto files = credentials_->Certificate("exchange", {"mail.corp.example"});
    auto server = std::make_unique<ScriptedServer>(std::move(handler),
                                                   tls ? *tls : ScriptedServer::Tls{files.certificate, files.key, ""});
    config_.url = fmt::format("https://mail.corp.example:{}/EWS/Exchange.asmx", server->port());
    return server;
  }

  std::vector<StepReport> Examine() {
    request_.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    auto reports = Diagnose(config_, request_);
    EXPECT_EQ(reports.size(), kDiagnosisSteps);
    for (size_t i = 0; i < reports.size(); ++i) {
      EXPECT_EQ(reports[i].step, static_cast<Step>(i));
      EXPECT_THAT(reports[i].message, Not(IsEmpty())) << i;
      EXPECT_THAT(reports[i].message + reports[i].remedy, Not(HasSubstr("secret\n"))) << i;
    }
    return reports;
  }
  // Examines; `step` must be the first that failed, everything before it fine and what needs it not tried.
  StepReport FirstFailure(Step step) {
    const auto reports = Examine();
    for (const StepReport& report : reports) {
      if (report.step < step) {
        EXPECT_EQ(report.outcome, StepOutcome::kOk) << report.message;
      }
      if (report.step > step && step <= Step::kAuthentication) {
        EXPECT_EQ(report.outcome, StepOutcome::kNotTried) << report.message;
      }
    }
    const StepReport& failed = reports[static_cast<size_t>(step)];
    EXPECT_EQ(failed.outcome, StepOutcome::kFailed) << failed.message;
    EXPECT_THAT(failed.remedy, Not(IsEmpty()));
    return failed;
  }

  std::optional<testing::Credentials> credentials_;
  std::map<std::string, std::vector<std::string>> names_;
  int lookups_ = 0;
  EwsConfig config_;
  DiagnosisRequest request_;
  std::unique_ptr<ExchangeSim> sim_;
};

TEST_F(DiagnosisOfExchange, EverythingWorksAndIsProven) {
  StartExchange();
  const auto reports = Examine();
  for (const StepReport& report : reports) EXPECT_EQ(report.outcome, StepOutcome::kOk) << report.message;
  const auto said = [&](Step step) { return reports[static_cast<size_t>(step)].message; };
  EXPECT_THAT(said(Step::kNameLookup), HasSubstr("mail.corp.example is 127.0.0.1"));
  EXPECT_THAT(said(Step::kTls), AllOf(HasSubstr("TLSv1."), HasSubstr("CN=exchange"), HasSubstr("valid until 20")));
  EXPECT_THAT(said(Step::kExchange), HasSubstr("Basic"));
  EXPECT_THAT(said(Step::kImpersonation), HasSubstr(Someone(0)));
  EXPECT_THAT(said(Step::kPictures), HasSubstr("bytes"));
  EXPECT_THAT(said(Step::kDirectory), HasSubstr("1 found"));
  EXPECT_EQ(lookups_, 1);
  // The trial appointment is gone.
  EwsConfig direct = config_;
  direct.routes = {{"mail.corp.example", sim_->port(), "127.0.0.1", sim_->port()}};
  const auto left = Make(direct)->FindCalendarItems(
      {.start = *ParseDateTime("2000-12-01T00:00:00Z"), .end = *ParseDateTime("2001-12-01T00:00:00Z")},
      {.mailbox = Someone(0)});
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_THAT(left->items, IsEmpty());
}

TEST_F(DiagnosisOfExchange, WrongHostNameIsToldAndThenFound) {
  StartExchange();
  const std::string good = config_.url;
  config_.url = fmt::format("https://mial.corp.example:{}/EWS/Exchange.asmx", sim_->port());
  EXPECT_THAT(FirstFailure(Step::kNameLookup).message, HasSubstr("mial.corp.example: no such name"));
  config_.url = good;
  EXPECT_EQ(Examine().back().outcome, StepOutcome::kOk);
}

TEST_F(DiagnosisOfExchange, ForbiddenAddressIsNotConnectedTo) {
  auto server = Serve([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, ""); });
  for (const char* ip : {"169.254.169.254", "fd00:ec2::254", "::ffff:127.0.0.1", "127.0.0.1"}) {
    config_.allow_loopback = false;
    names_["mail.corp.example"] = {ip};
    EXPECT_THAT(FirstFailure(Step::kNameLookup).message, AllOf(HasSubstr(ip), HasSubstr("may not be connected to")));
  }
  config_.allow_loopback = true;
  config_.allowed_networks = {"10.1.0.0/16"};
  EXPECT_THAT(FirstFailure(Step::kNameLookup).remedy, HasSubstr("allowed_networks"));
  EXPECT_EQ(server->connections(), 0);
}

TEST_F(DiagnosisOfExchange, NameThatChangesAfterItWasCheckedIsNotFollowed) {
  StartExchange();
  ScriptedServer evil([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, ""); });
  request_.resolve = [this](const std::string&, auto) -> absl::StatusOr<std::vector<std::string>> {
    return std::vector<std::string>{++lookups_ == 1 ? "127.0.0.1" : "169.254.169.254"};
  };
  EXPECT_EQ(Examine().back().outcome, StepOutcome::kOk);
  EXPECT_EQ(lookups_, 1);
}

TEST_F(DiagnosisOfExchange, ClosedPortIsTold) {
  config_.url = "https://mail.corp.example:1/EWS/Exchange.asmx";
  EXPECT_THAT(FirstFailure(Step::kTcp).message, AllOf(HasSubstr("127.0.0.1 port 1"), HasSubstr("nothing listens")));
}

TEST_F(DiagnosisOfExchange, SecondAddressIsTriedWhenTheFirstIsDead) {
  StartExchange();
  names_["mail.corp.example"] = {"127.0.0.9", "127.0.0.1"};
  const auto reports = Examine();
  EXPECT_EQ(reports.back().outcome, StepOutcome::kOk) << reports.back().message;
}

TEST_F(DiagnosisOfExchange, PlainHttpPortIsTold) {
  ExchangeSim plain({.people = 1});
  ASSERT_TRUE(plain.Start().ok());
  config_.url = fmt::format("https://mail.corp.example:{}/EWS/Exchange.asmx", plain.port());
  EXPECT_THAT(FirstFailure(Step::kTls).remedy, HasSubstr("usually 443"));
}

TEST_F(DiagnosisOfExchange, PortThatTakesConnectionsAndSaysNothingIsTold) {
  ScriptedServer mute([](const ReceivedRequest&, ScriptedReply&) {});
  config_.url = fmt::format("https://mail.corp.example:{}/EWS/Exchange.asmx", mute.port());
  config_.connect_timeout = std::chrono::milliseconds(300);
  EXPECT_THAT(FirstFailure(Step::kTls).message, HasSubstr("does not open TLS"));
}

TEST_F(DiagnosisOfExchange, CertificateTroubleIsToldInWords) {
  const auto ok = [](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, ""); };
  names_["localhost"] = {"127.0.0.1"};
  const auto others = testing::Credentials::Create(directory_ / "others");
  const auto foreign = others.Certificate("exchange", {"mail.corp.example"});
  const auto expired = credentials_->ExpiredCertificate("expired");
  const auto other_name = credentials_->Certificate("intranet", {"intranet.corp.example"});
  const auto good = credentials_->Certificate("exchange", {"mail.corp.example"});

  auto server = Serve(ok, ScriptedServer::Tls{foreign.certificate, foreign.key, ""});
  EXPECT_THAT(FirstFailure(Step::kTls).message,
              HasSubstr("CN=exchange is signed by CN=Crosspoint test authority, which is not trusted"));
  EXPECT_THAT(FirstFailure(Step::kTls).remedy, HasSubstr("ca_file"));
  EXPECT_TRUE(server->requests().empty());

  server = Serve(ok, ScriptedServer::Tls{expired.certificate, expired.key, ""});
  config_.url = fmt::format("https://localhost:{}/EWS/Exchange.asmx", server->port());
  EXPECT_THAT(FirstFailure(Step::kTls).message, HasSubstr("CN=expired expired on 20"));

  server = Serve(ok, ScriptedServer::Tls{other_name.certificate, other_name.key, ""});
  EXPECT_THAT(FirstFailure(Step::kTls).message,
              AllOf(HasSubstr("intranet.corp.example"), HasSubstr("not for mail.corp.example")));

  server = Serve(ok, ScriptedServer::Tls{good.certificate, good.key, "", /*old_protocol=*/true});
  EXPECT_THAT(FirstFailure(Step::kTls).message, HasSubstr("no TLS version from 1.2"));

  const auto own = credentials_->ca_file().string();  // an authority that serves itself
  server = Serve(ok, ScriptedServer::Tls{others.ca_file(), (directory_ / "others" / "ca-key.pem").string(), ""});
  EXPECT_THAT(FirstFailure(Step::kTls).message, HasSubstr("signed by itself"));

  config_.ca_file = (directory_ / "secret").string();
  EXPECT_THAT(FirstFailure(Step::kTls).remedy, HasSubstr("ca_file"));
  config_.ca_file = own;
  StartExchange();
  EXPECT_EQ(Examine().back().outcome, StepOutcome::kOk);
}

TEST_F(DiagnosisOfExchange, WhatIsNoExchangeIsTold) {
  const std::vector<std::pair<int, std::string>> answers = {
      {404, "there is no EWS at"},     {403, "blocked"},      {302, "redirects to /owa"},
      {503, "does not take requests"}, {200, "not what EWS"}, {502, "not what EWS"}};
  for (const auto& [status, words] : answers) {
    const auto server = Serve([status = status](const ReceivedRequest&, ScriptedReply& reply) {
      reply.Send(status, "<html/>", "Location: /owa\r\n");
    });
    EXPECT_THAT(FirstFailure(Step::kExchange).message, HasSubstr(words)) << status;
    for (const auto& request : server->requests()) EXPECT_EQ(request.headers.count("authorization"), 0u);
  }
}

TEST_F(DiagnosisOfExchange, AutodiscoverTellsTheRightAddressWhereItMayBeAsked) {
  StartExchange();
  const auto files = credentials_->Certificate("exchange", {"mail.corp.example", "autodiscover.corp.example"});
  SideChannel("autodiscover", R"({"ews_url": "https://right.corp.example/EWS/Exchange.asmx"})");
  // Autodiscover's certificate has to have its name too, so a second server redirects to the simulator.
  ScriptedServer other(
      [&](const ReceivedRequest&, ScriptedReply& reply) {
        reply.Send(302, "",
                   fmt::format("Location: https://localhost:{}/autodiscover/autodiscover.svc\r\n", sim_->port()));
      },
      {files.certificate, files.key, ""});
  config_.url = fmt::format("https://mail.corp.example:{}/owa", sim_->port());
  config_.routes = {{"autodiscover.corp.example", 443, "127.0.0.1", other.port()}};
  EXPECT_THAT(FirstFailure(Step::kExchange).remedy, Not(HasSubstr("Autodiscover")));
  EXPECT_EQ(other.connections(), 0);
  config_.allowed_hosts = {"*.corp.example", "localhost"};
  const StepReport failed = FirstFailure(Step::kExchange);
  EXPECT_THAT(failed.message, HasSubstr("there is no EWS at"));
  EXPECT_THAT(failed.remedy, HasSubstr("Autodiscover tells https://right.corp.example/EWS/Exchange.asmx"));
}

TEST_F(DiagnosisOfExchange, ExchangeOnlineIsSentToGraphWithoutALogin) {
  const auto files = credentials_->Certificate("online", {"outlook.office365.com"});
  const auto server = Serve([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(403, ""); },
                            ScriptedServer::Tls{files.certificate, files.key, ""});
  names_["outlook.office365.com"] = {"127.0.0.1"};
  config_.url = fmt::format("https://outlook.office365.com:{}/EWS/Exchange.asmx", server->port());
  const StepReport failed = FirstFailure(Step::kExchange);
  EXPECT_THAT(failed.message, HasSubstr("Exchange Online"));
  EXPECT_THAT(failed.remedy, HasSubstr("Microsoft Graph"));
  EXPECT_TRUE(server->requests().empty());
}

TEST_F(DiagnosisOfExchange, WrongPasswordIsToldWithWhatTheServerOffers) {
  StartExchange();
  WriteSecret("wrong");
  const StepReport failed = FirstFailure(Step::kAuthentication);
  EXPECT_THAT(failed.message, HasSubstr("the server offers NTLM, Basic, Bearer"));
  EXPECT_THAT(failed.remedy, AllOf(HasSubstr("svc"), HasSubstr("Get-ADUser")));
  WriteSecret("secret");
  EXPECT_EQ(Examine().back().outcome, StepOutcome::kOk);
}

TEST_F(DiagnosisOfExchange, UnreadableSecretIsTold) {
  StartExchange();
  std::filesystem::remove(secret_file());
  EXPECT_THAT(FirstFailure(Step::kAuthentication).remedy, HasSubstr("secret file"));
}

TEST_F(DiagnosisOfExchange, DeniedImpersonationIsToldWithTheCommandThatGrantsIt) {
  StartExchange();
  config_.auth = BasicAuth{Someone(1), secret_file()};
  WriteSecret("users");  // a person, who may act for nobody else
  const auto reports = Examine();
  const StepReport& failed = reports[static_cast<size_t>(Step::kImpersonation)];
  EXPECT_EQ(failed.outcome, StepOutcome::kFailed);
  EXPECT_THAT(failed.message, HasSubstr("ErrorImpersonateUserDenied"));
  EXPECT_THAT(failed.remedy, HasSubstr("New-ManagementRoleAssignment -Name \"Crosspoint impersonation\" -Role "
                                       "ApplicationImpersonation -User \"" +
                                       Someone(1) + "\""));
  for (const Step step : {Step::kContacts, Step::kMeetings, Step::kCalendarEvents}) {
    EXPECT_EQ(reports[static_cast<size_t>(step)].outcome, StepOutcome::kNotTried);
  }
  for (const Step step : {Step::kPictures, Step::kDirectory}) {
    EXPECT_EQ(reports[static_cast<size_t>(step)].outcome, StepOutcome::kOk);
  }
}

TEST_F(DiagnosisOfExchange, MailboxThatIsNotThereOrNotNamedIsTold) {
  StartExchange();
  request_.mailbox = "nobody@corp.example";
  const StepReport failed = FirstFailure(Step::kImpersonation);
  EXPECT_THAT(failed.message, HasSubstr("ErrorNonExistentMailbox"));
  EXPECT_THAT(failed.remedy, HasSubstr("Get-Mailbox -Identity \"nobody@corp.example\""));

  request_.mailbox = "";
  const auto reports = Examine();
  EXPECT_EQ(reports[static_cast<size_t>(Step::kAuthentication)].outcome, StepOutcome::kOk);
  EXPECT_EQ(reports[static_cast<size_t>(Step::kImpersonation)].outcome, StepOutcome::kNotTried);
  EXPECT_THAT(reports[static_cast<size_t>(Step::kImpersonation)].remedy, HasSubstr("Name the address"));
}

// Answers like an Exchange where everything is allowed but what a code is given for.
ScriptedServer::Handler Refusing(const std::string& operation, const std::string& code) {
  const auto message = [](const std::string& name, const std::string& inside, const std::string& result) {
    return fmt::format(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><{0}Response><ResponseMessages>"
        "<{0}ResponseMessage ResponseClass=\"{2}\">{1}</{0}ResponseMessage></ResponseMessages></{0}Response></s:Body>"
        "</s:Envelope>",
        name, inside, result);
  };
  return [=](const ReceivedRequest& request, ScriptedReply& reply) {
    if (!request.headers.contains("authorization")) {
      return void(reply.Send(401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n"));
    }
    static const std::map<std::string, std::string> kAnswers = {
        {"GetFolder", "<Folders><Folder><FolderId Id=\"f\"/></Folder></Folders>"},
        {"SyncFolderItems", "<SyncState>s</SyncState><IncludesLastItemInRange>true</IncludesLastItemInRange>"},
        {"CreateItem", "<Items><CalendarItem><ItemId Id=\"i\" ChangeKey=\"c\"/></CalendarItem></Items>"},
        {"DeleteItem", ""},
        {"FindItem", "<RootFolder IncludesLastItemInRange=\"true\"><Items/></RootFolder>"},
        {"GetUserPhoto", ""},
        {"ResolveNames", "<ResolutionSet/>"}};
    for (const auto& [name, inside] : kAnswers) {
      if (request.body.find("<m:" + name) == std::string::npos) continue;
      const bool refused =
          name == operation && (name != "GetFolder" || request.body.find("\"contacts\"") != std::string::npos);
      if (name == "GetUserPhoto") {
        return void(
            reply.Send(200, fmt::format("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>"
                                        "<GetUserPhotoResponse ResponseClass=\"{}\"><ResponseCode>{}</ResponseCode>"
                                        "</GetUserPhotoResponse></s:Body></s:Envelope>",
                                        refused ? "Error" : "Success", refused ? code : "NoError")));
      }
      return void(reply.Send(
          200, refused
                   ? message(name, "<MessageText>no</MessageText><ResponseCode>" + code + "</ResponseCode>", "Error")
                   : message(name, "<ResponseCode>NoError</ResponseCode>" + inside, "Success")));
    }
    reply.Send(500, "");
  };
}

TEST_F(DiagnosisOfExchange, EachCapabilityFailsByItselfWithItsOwnRemedy) {
  struct Case {
    Step step;
    std::string operation;
    std::string code;
    std::string remedy;
  };
  const std::vector<Case> cases = {
      {Step::kContacts, "GetFolder", "ErrorAccessDenied", "CustomRecipientWriteScope"},
      {Step::kContacts, "SyncFolderItems", "ErrorServerBusy", "New-ThrottlingPolicy"},
      {Step::kMeetings, "CreateItem", "ErrorQuotaExceeded", "Get-MailboxStatistics"},
      {Step::kMeetings, "DeleteItem", "ErrorAccessDenied", "ApplicationImpersonation"},
      {Step::kCalendarEvents, "FindItem", "ErrorMailboxStoreUnavailable", "Test-ServiceHealth"},
      {Step::kPictures, "GetUserPhoto", "ErrorAccessDenied", "Enable-Mailbox -Identity \"svc\""},
      {Step::kDirectory, "ResolveNames", "ErrorNameResolutionNoMailbox", "Enable-Mailbox -Identity \"svc\""}};
  for (const Case& each : cases) {
    const auto server = Serve(Refusing(each.operation, each.code));
    for (const StepReport& report : Examine()) {
      const bool concerned = report.step == each.step;
      const bool empty_list = report.step == Step::kDirectory && !concerned;  // nobody is in the scripted list
      EXPECT_EQ(report.outcome, concerned || empty_list ? StepOutcome::kFailed : StepOutcome::kOk)
          << each.operation << ": " << report.message;
      if (concerned) {
        EXPECT_THAT(report.message, HasSubstr(each.code));
        EXPECT_THAT(report.remedy, HasSubstr(each.remedy)) << each.code;
      }
    }
  }
  const auto server = Serve(Refusing("DeleteItem", "ErrorAccessDenied"));
  EXPECT_THAT(FirstFailure(Step::kMeetings).message, HasSubstr("is left in the calendar"));
}

TEST_F(DiagnosisOfExchange, PersonWithoutAPictureIsFine) {
  StartExchange();
  SideChannel("photos", fmt::format(R"({{"email": "{}", "present": false}})", Someone(0)));
  const auto reports = Examine();
  EXPECT_EQ(reports[static_cast<size_t>(Step::kPictures)].outcome, StepOutcome::kOk);
  EXPECT_THAT(reports[static_cast<size_t>(Step::kPictures)].message, HasSubstr("has none"));
}

TEST_F(DiagnosisOfExchange, BusyServerIsToldAndDoesNotStopTheRest) {
  StartExchange();
  SideChannel("faults", R"({"operation": "ResolveNames", "kind": "server_busy", "back_off_ms": 5000})");
  const StepReport failed = FirstFailure(Step::kDirectory);
  EXPECT_THAT(failed.message, HasSubstr("ErrorServerBusy"));
  EXPECT_THAT(failed.remedy, HasSubstr("New-ThrottlingPolicy"));
  EXPECT_EQ(Examine().back().outcome, StepOutcome::kOk);
}

TEST_F(DiagnosisOfExchange, SilentServerEndsAtTheDeadline) {
  const auto server = Serve([](const ReceivedRequest&, ScriptedReply& reply) { reply.WaitForHangUp(); });
  const auto begin = std::chrono::steady_clock::now();
  request_.deadline = begin + std::chrono::milliseconds(500);
  const auto reports = Diagnose(config_, request_);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(reports[static_cast<size_t>(Step::kExchange)].outcome, StepOutcome::kFailed);
  EXPECT_EQ(reports.size(), kDiagnosisSteps);
}

TEST_F(DiagnosisOfExchange, NameServiceOfTheMachineAnswersOrSaysSo) {
  const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  const auto local = http::Resolve("localhost", soon);
  ASSERT_TRUE(local.ok()) << local.status();
  EXPECT_THAT(*local, ::testing::Contains(::testing::AnyOf("127.0.0.1", "::1")));
  EXPECT_EQ(*http::Resolve("192.0.2.7", soon), std::vector<std::string>{"192.0.2.7"});
  EXPECT_FALSE(http::Resolve("no-such-host.invalid", soon).ok());
}

}  // namespace
}  // namespace crosspoint::ews
