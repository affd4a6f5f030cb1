#include <fmt/format.h>

#include "connectors/ews/errors.h"
#include "tests/component/ews/login_fixture.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::ews {
namespace {

using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;

class ExchangeLogin : public WithLogins, public ::testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    WithLogins::SetUp();
    if (!CanTest(GetParam()))
      GTEST_SKIP() << "NO KDC: krb5-kdc is not installed, logging in by Negotiate was not tried";
  }
};

TEST_P(ExchangeLogin, CallsWritesAndStreams) {
  const auto client = Make(Auth(GetParam()));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Call(*client).ok()) << Call(*client);
  StreamRecorder recorder;
  const auto stream = Open(*client, Subscribed(*client), recorder);
  recorder.WaitForAlive(1);
  const auto item = Create(*client);
  ASSERT_TRUE(item.ok()) << item.status();
  EXPECT_EQ(recorder.WaitForItem(item->id).kind, StreamEvent::Kind::kCreated);
  EXPECT_FALSE(recorder.ended());
}

TEST_P(ExchangeLogin, RedirectsCarryNothingElsewhere) {
  ScriptedServer other([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, ""); });
  for (const int status : {301, 302, 307, 308}) {
    ScriptedServer server([&](const ReceivedRequest&, ScriptedReply& reply) {
      reply.Send(status, "", "Location: " + other.Url("/EWS/Exchange.asmx") + "\r\n");
    });
    const auto client = Make(Auth(GetParam()), fmt::format("http://localhost:{}/EWS/Exchange.asmx", server.port()));
    ExpectRefused(Call(*client), "EWS_HTTP_ERROR", std::to_string(status));
    EXPECT_EQ(server.requests().at(0).headers.count("authorization"), 1u);
  }
  EXPECT_EQ(other.connections(), 0);
}

INSTANTIATE_TEST_SUITE_P(Schemes, ExchangeLogin,
                         ::testing::Values("Basic", "Bearer", "Ntlm", "Negotiate", "OAuth2Secret", "OAuth2Certificate"),
                         [](const auto& info) { return std::string(info.param); });

class ExchangeAuth : public WithLogins {};

TEST_F(ExchangeAuth, WrongPasswordNamesTheScheme) {
  Write("password", "wrong");
  ExpectRefused(Call(*Make(Auth("Basic"))), "EWS_NOT_AUTHORIZED", "login by Basic is not accepted");
  ExpectRefused(Call(*Make(Auth("Ntlm"))), "EWS_NOT_AUTHORIZED", "login by NTLM is not accepted");
}

TEST_F(ExchangeAuth, RefusedStreamTellsTheSame) {
  Write("password", "wrong");
  for (const char* scheme : {"Basic", "Ntlm"}) {
    const auto client = Make(Auth(scheme));
    StreamRecorder recorder;
    const auto stream = Open(*client, "any", recorder);
    ExpectRefused(recorder.WaitForEnd(), "EWS_NOT_AUTHORIZED", "is not accepted");
  }
}

TEST_F(ExchangeAuth, SchemeTheServerDoesNotOfferIsTold) {
  testing::ExchangeProcess server({"--people", "1", "--auth", "ntlm,basic"});
  const auto client = Make(Auth("Bearer"), server.ews_url());
  const absl::Status status = Call(*client);
  ExpectRefused(status, "EWS_NOT_AUTHORIZED", "login by Bearer is not accepted; the server offers NTLM, Basic");
  EXPECT_EQ(GetErrorInfo(status)->metadata.at("offered"), "NTLM, Basic");
}

TEST_F(ExchangeAuth, RotatedPasswordIsTakenUpWhileRunning) {
  for (const char* scheme : {"Basic", "Ntlm"}) {
    const auto client = Make(Auth(scheme));
    ASSERT_TRUE(Create(*client).ok());
    const std::string next = std::string("next-") + scheme;
    SetPassword(next);
    ExpectRefused(Create(*client).status(), "EWS_NOT_AUTHORIZED", "is not accepted");
    Write("password", next);
    EXPECT_TRUE(Create(*client).ok()) << scheme;
    EXPECT_TRUE(Call(*client).ok()) << scheme;
  }
}

TEST_F(ExchangeAuth, RefusedLoginIsTriedOnceMoreWhenTheFileHasChangedMeanwhile) {
  int answered = 0;
  ScriptedServer server([&](const ReceivedRequest&, ScriptedReply& reply) {
    Write("password", "new-" + std::to_string(++answered));
    reply.Send(401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n");
  });
  const auto client = Make(Auth("Basic"), server.Url("/EWS/Exchange.asmx"));
  ExpectRefused(Call(*client), "EWS_NOT_AUTHORIZED", "Basic");
  ASSERT_EQ(server.requests().size(), 2u) << "once more, not for ever";
  EXPECT_NE(server.requests()[0].headers.at("authorization"), server.requests()[1].headers.at("authorization"));
}

TEST_F(ExchangeAuth, RefusedLoginIsNotRepeatedWithTheSamePassword) {
  ScriptedServer server([&](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(401, ""); });
  for (const char* scheme : {"Basic", "Bearer", "OAuth2Secret"}) {
    const size_t before = server.requests().size();
    ExpectRefused(Call(*Make(Auth(scheme), server.Url("/EWS/Exchange.asmx"))), "EWS_NOT_AUTHORIZED", "not accepted");
    EXPECT_EQ(server.requests().size(), before + 1) << scheme << ": accounts get locked by this";
  }
}

class ExchangeTokens : public WithLogins {};

TEST_F(ExchangeTokens, WrongSecretAndForbiddenApplicationAreToldByTheIssuer) {
  Write("client-secret", "wrong");
  ExpectRefused(Call(*Make(Auth("OAuth2Secret"))), "OAUTH2_INVALID_CLIENT", "secret or certificate");
  world_->issuer.Forbid("app");
  ExpectRefused(Call(*Make(Auth("OAuth2Secret"))), "OAUTH2_UNAUTHORIZED_CLIENT", "not known in this tenant");
  std::filesystem::remove(File("client-secret"));
  ExpectRefused(Call(*Make(Auth("OAuth2Secret"))), "EWS_SECRET_UNREADABLE", "client-secret");
}

TEST_F(ExchangeTokens, ApplicationThatExchangeDoesNotKnowIsToldInExchangesWords) {
  world_->issuer.Register("stranger", std::string("s3cret"));
  ExpectRefused(Call(*Make(OAuth2Auth{Application("stranger")})), "EWS_NOT_AUTHORIZED", "application is not known");
}

TEST_F(ExchangeTokens, TokenOfOldKeysIsRenewedAndTheCallRepeatedOnce) {
  const auto client = Make(Auth("OAuth2Secret"));
  ASSERT_TRUE(Call(*client).ok());
  const int before = world_->issuer.requests();
  world_->issuer.RotateKeys();
  EXPECT_TRUE(Call(*client).ok());
  EXPECT_EQ(world_->issuer.requests(), before + 1);
  EXPECT_TRUE(Create(*client).ok());
  EXPECT_EQ(world_->issuer.requests(), before + 1);
}

TEST_F(ExchangeTokens, StreamOutlivesItsTokenAndTheNextOneIsOpenedWithANewToken) {
  world_->issuer.SetLife(std::chrono::seconds(2));
  const auto client = Make(Auth("OAuth2Secret"));
  const std::string id = Subscribed(*client);
  StreamRecorder first;
  const auto stream = Open(*client, id, first);
  const int before = world_->issuer.requests();
  first.WaitForAlive(25);  // a sign of life every 100 ms: the token has expired
  EXPECT_FALSE(first.ended());
  world_->exchange.Post("/sim/cut-streams");
  EXPECT_EQ(first.WaitForEnd().code(), absl::StatusCode::kUnavailable);
  StreamRecorder second;
  const auto next = Open(*client, id, second);
  second.WaitForAlive(1);
  EXPECT_GT(world_->issuer.requests(), before);
}

TEST_F(ExchangeTokens, RefusedStreamRenewsTheTokenAndAsksToBeOpenedAgain) {
  const auto client = Make(Auth("OAuth2Secret"));
  const std::string id = Subscribed(*client);
  world_->issuer.RotateKeys();
  StreamRecorder refused;
  const auto first = Open(*client, id, refused);
  const absl::Status end = refused.WaitForEnd();
  EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(end), "EWS_LOGIN_RENEWED");
  EXPECT_EQ(ReactionOf(end), Reaction::kRetry);
  StreamRecorder recorder;
  const auto second = Open(*client, id, recorder);
  recorder.WaitForAlive(1);
}

TEST_F(ExchangeTokens, IssuerAwayIsUnavailableAndComesBack) {
  const auto client = Make(Auth("OAuth2Secret"));
  world_->issuer.Stop();
  const absl::Status away = Call(*client);
  EXPECT_EQ(away.code(), absl::StatusCode::kUnavailable) << away;
  EXPECT_EQ(ReasonOf(away), "OAUTH2_ISSUER_AWAY");
  world_->issuer.Start();
  absl::Status status = Call(*client);
  while (ReasonOf(status) == "OAUTH2_ISSUER_AWAY") status = Call(*client);  // the pause after the failure: 1 ms
  EXPECT_TRUE(status.ok()) << status;
}

class ExchangeKerberos : public WithLogins {
 protected:
  void SetUp() override {
    WithLogins::SetUp();
    if (world_->kdc == nullptr)
      GTEST_SKIP() << "NO KDC: krb5-kdc is not installed, logging in by Negotiate was not tried";
  }
};

TEST_F(ExchangeKerberos, AccountThatExchangeDoesNotKnowIsRefused) {
  const std::string keytab = world_->kdc->AddPrincipal("stranger", "stranger.keytab");
  ExpectRefused(Call(*Make(NegotiateAuth{"stranger@CORP.EXAMPLE", keytab})), "EWS_NOT_AUTHORIZED",
                "login by Negotiate is not accepted");
}

TEST_F(ExchangeKerberos, DisabledAccountAndMissingKeytabAreToldByKerberos) {
  const std::string keytab = world_->kdc->AddPrincipal("disabled", "disabled.keytab");
  world_->kdc->DisablePrincipal("disabled");
  ExpectRefused(Call(*Make(NegotiateAuth{"disabled@CORP.EXAMPLE", keytab})), "KERBEROS_LOGIN_REFUSED", "disabled");
  ExpectRefused(Call(*Make(NegotiateAuth{"svc@CORP.EXAMPLE", "/nowhere"})), "KERBEROS_KEYTAB", "keytab");
}

TEST_F(ExchangeKerberos, TwoAccountsOfOneProcessDoNotMeet) {
  const std::string anna = world_->kdc->AddPrincipal("anna", "anna.keytab");
  const auto service = Make(Auth("Negotiate"));
  const auto person = Make(NegotiateAuth{"anna@CORP.EXAMPLE", anna});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(Call(*service).ok());
    // A person reads the own mailbox, and may not impersonate.
    EXPECT_TRUE(person->GetFolder(FolderRef::Calendar()).ok());
    EXPECT_EQ(ResponseCodeOf(person->GetFolder(FolderRef::Calendar(), {.mailbox = "svc@corp.example"}).status()),
              "ErrorImpersonateUserDenied");
  }
}

TEST_F(ExchangeKerberos, KdcAwayStopsNewLoginsOnlyAndTheyRecover) {
  const auto old = Make(Auth("Negotiate"));
  ASSERT_TRUE(Call(*old).ok());
  const auto fresh = Make(Auth("Negotiate"));
  world_->kdc->Stop();
  EXPECT_TRUE(Call(*old).ok());
  const absl::Status away = Call(*fresh);
  EXPECT_EQ(away.code(), absl::StatusCode::kUnavailable) << away;
  EXPECT_EQ(ReasonOf(away), "KERBEROS_KDC_AWAY");
  world_->kdc->Start();
  EXPECT_TRUE(Call(*fresh).ok());
}

TEST_F(ExchangeKerberos, NewKeyOfTheServerIsMetWithANewTicket) {
  const auto client = Make(Auth("Negotiate"));
  ASSERT_TRUE(Call(*client).ok());
  world_->kdc->AddPrincipal("HTTP/localhost", "server.keytab");
  EXPECT_TRUE(Call(*client).ok());
}

TEST_F(ExchangeKerberos, NewKeytabOfTheAccountIsTakenUpWhileRunning) {
  const auto client = Make(Auth("Negotiate"));
  ASSERT_TRUE(Call(*client).ok());
  world_->kdc->AddPrincipal("svc", "svc.keytab");
  EXPECT_TRUE(Call(*client).ok());
}

}  // namespace
}  // namespace crosspoint::ews
