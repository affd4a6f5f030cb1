#include "connectors/ews/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "tests/component/ews/fixture.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::ews {
namespace {

using ::testing::HasSubstr;
using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;
using ::testing::StartsWith;

std::string Envelope(const std::string& body) {
  return "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>" + body + "</s:Body></s:Envelope>";
}
std::string Subscribed(const std::string& id) {
  return Envelope(
      "<SubscribeResponse><ResponseMessages><SubscribeResponseMessage ResponseClass=\"Success\"><SubscriptionId>" + id +
      "</SubscriptionId></SubscribeResponseMessage></ResponseMessages></SubscribeResponse>");
}
std::string Found() {
  return Envelope(
      "<FindItemResponse><ResponseMessages><FindItemResponseMessage "
      "ResponseClass=\"Success\"><RootFolder><Items/></RootFolder>"
      "</FindItemResponseMessage></ResponseMessages></FindItemResponse>");
}
std::string Fault(const std::string& code, int back_off_ms) {
  return Envelope("<s:Fault><faultcode>a:" + code +
                  "</faultcode><detail><MessageXml><Value Name=\"BackOffMilliseconds\">" + std::to_string(back_off_ms) +
                  "</Value></MessageXml></detail></s:Fault>");
}

const CalendarViewQuery kToday{.start = *ParseDateTime("2026-11-23T00:00:00Z"),
                               .end = *ParseDateTime("2026-11-24T00:00:00Z")};

class EwsClientWire : public LoopbackClient {
 protected:
  // What FindItem comes to when the server answers so.
  absl::Status Outcome(ScriptedServer::Handler handler) const {
    ScriptedServer server(std::move(handler));
    return Make(Config(server.Url("/EWS/Exchange.asmx")))->FindCalendarItems(kToday).status();
  }
};

TEST_F(EwsClientWire, RequestCarriesLoginAnchorTraceAndItsOwnId) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, Found()); });
  const auto client = Make(Config(server.Url("/EWS/Exchange.asmx")));
  const EwsCall call{.mailbox = "anna@example.org",
                     .traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"};
  ASSERT_TRUE(client->FindCalendarItems(kToday, call).ok());
  ASSERT_TRUE(client->FindCalendarItems(kToday, call).ok());
  const auto requests = server.requests();
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].target, "/EWS/Exchange.asmx");
  EXPECT_EQ(requests[0].headers.at("authorization"), "Basic c3ZjOnNlY3JldA==");
  EXPECT_EQ(requests[0].headers.at("content-type"), "text/xml; charset=utf-8");
  EXPECT_EQ(requests[0].headers.at("content-length"), std::to_string(requests[0].body.size()));
  EXPECT_EQ(requests[0].headers.at("x-anchormailbox"), "anna@example.org");
  EXPECT_EQ(requests[0].headers.at("traceparent"), call.traceparent);
  EXPECT_EQ(requests[0].headers.at("return-client-request-id"), "true");
  EXPECT_NE(requests[0].headers.at("client-request-id"), requests[1].headers.at("client-request-id"));
  EXPECT_THAT(requests[0].body, HasSubstr("<t:PrimarySmtpAddress>anna@example.org</t:PrimarySmtpAddress>"));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(EwsClientWire, BearerTokenIsReadAgainWhenItsFileChanges) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, Found()); });
  EwsConfig config = Config(server.Url());
  config.auth = BearerAuth{secret_file()};
  const auto client = Make(config);
  WriteSecret("first\n");
  ASSERT_TRUE(client->FindCalendarItems(kToday).ok());
  WriteSecret("second\n");
  ASSERT_TRUE(client->FindCalendarItems(kToday).ok());
  EXPECT_EQ(server.requests()[0].headers.at("authorization"), "Bearer first");
  EXPECT_EQ(server.requests()[1].headers.at("authorization"), "Bearer second");
}

TEST_F(EwsClientWire, MissingSecretIsAConfigurationError) {
  std::filesystem::remove(secret_file());
  const auto client = Make(Config("http://127.0.0.1:1/"));
  EXPECT_EQ(ReasonOf(client->FindCalendarItems(kToday).status()), "EWS_SECRET_UNREADABLE");
}

TEST_F(EwsClientWire, AffinityCookieIsKeptByTheSubscriptionAndSentBack) {
  ScriptedServer server([](const ReceivedRequest& request, ScriptedReply& reply) {
    const bool first = request.headers.count("cookie") == 0;
    reply.Send(200, Subscribed(first ? "s1" : "s2"),
               first ? "Set-Cookie: exchangecookie=1; path=/;\r\n    HttpOnly\r\n"
                       "Set-Cookie: X-BackEndOverrideCookie=server~1941996295; path=/; secure; HttpOnly\r\n"
                     : "");
  });
  const auto client = Make(Config(server.Url()));
  Affinity affinity{.anchor_mailbox = "anna@example.org"};
  const auto first = client->Subscribe({}, {.mailbox = "anna@example.org", .affinity = affinity});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->affinity_cookie, "server~1941996295");
  affinity.cookie = first->affinity_cookie;
  const auto second = client->Subscribe({}, {.mailbox = "bo@example.org", .affinity = affinity});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->affinity_cookie, "server~1941996295");
  const auto request = server.requests().at(1);
  EXPECT_EQ(request.headers.at("x-anchormailbox"), "anna@example.org");
  EXPECT_EQ(request.headers.at("x-preferserveraffinity"), "true");
  EXPECT_EQ(request.headers.at("cookie"), "X-BackEndOverrideCookie=server~1941996295");
}

TEST_F(EwsClientWire, FaultWithHttp500TellsCodeAndBackOff) {
  const absl::Status status =
      Outcome([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(500, Fault("ErrorServerBusy", 4711)); });
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(BackOffOf(status), std::chrono::milliseconds(4711));
}

TEST_F(EwsClientWire, HttpStatusesWithoutSoapAreTranslated) {
  for (const auto& [http, reason] : std::vector<std::pair<int, std::string>>{{401, "EWS_NOT_AUTHORIZED"},
                                                                             {403, "EWS_FORBIDDEN"},
                                                                             {404, "EWS_NOT_THERE"},
                                                                             {500, "EWS_HTTP_ERROR"},
                                                                             {503, "EWS_SERVER_BUSY"},
                                                                             {302, "EWS_HTTP_ERROR"}}) {
    const absl::Status status = Outcome([http = http](const ReceivedRequest&, ScriptedReply& reply) {
      reply.Send(http, "<html>no</html>", "Retry-After: 7\r\nLocation: /owa\r\n");
    });
    EXPECT_EQ(ReasonOf(status), reason) << http;
    EXPECT_EQ(BackOffOf(status), std::chrono::seconds(7)) << http;
  }
}

TEST_F(EwsClientWire, LoginPageInsteadOfSoapIsABadAnswer) {
  const absl::Status status =
      Outcome([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, "<html><br>Sign in</html>"); });
  EXPECT_EQ(ReasonOf(status), "EWS_BAD_ANSWER");
}

TEST_F(EwsClientWire, HostileXmlIsRefused) {
  for (const std::string& xml : {"<!DOCTYPE x [<!ENTITY a \"b\">]>" + Found(), std::string(100'000, '<'), [] {
                                   std::string deep;
                                   for (int i = 0; i < 100'000; ++i) deep += "<a>";
                                   return deep;
                                 }()}) {
    const absl::Status status = Outcome([&](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, xml); });
    EXPECT_EQ(ReasonOf(status), "EWS_BAD_ANSWER");
  }
}

TEST_F(EwsClientWire, AnswerAboveTheCapIsRefused) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, std::string(5000, ' ')); });
  EwsConfig config = Config(server.Url());
  config.max_response_bytes = 4096;
  EXPECT_EQ(ReasonOf(Make(config)->FindCalendarItems(kToday).status()), "RESPONSE_TOO_LARGE");
}

TEST_F(EwsClientWire, WriteIsNeverSentTwiceByItself) {
  std::atomic<int> creates = 0;
  ScriptedServer server([&](const ReceivedRequest& request, ScriptedReply& reply) {
    if (request.body.find("CreateItem") == std::string::npos) {
      reply.Send(200, Found());
    } else {
      ++creates;
      reply.Close();
    }
  });
  const auto client = Make(Config(server.Url()));
  ASSERT_TRUE(client->FindCalendarItems(kToday).ok());  // leaves a connection to reuse
  const auto id = client->CreateCalendarItem({.start = kToday.start, .end = kToday.end}, Invitations::kAndSaveCopy);
  EXPECT_EQ(id.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(creates, 1);
  EXPECT_TRUE(client->FindCalendarItems(kToday).ok());
}

TEST_F(EwsClientWire, DeadlineOfTheCallCounts) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.WaitForHangUp(); });
  const auto client = Make(Config(server.Url()));
  const auto now = std::chrono::steady_clock::now();
  EXPECT_EQ(client->FindCalendarItems(kToday, {.deadline = now + std::chrono::milliseconds(40)}).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(client->FindCalendarItems(kToday, {.deadline = now}).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(EwsClientWire, ObserverHearsOperationAndResult) {
  ScriptedServer server([](const ReceivedRequest& request, ScriptedReply& reply) {
    if (request.body.find("FindItem") != std::string::npos) {
      reply.Send(200, Found());
    } else {
      reply.Send(500, Fault("ErrorServerBusy", 1));
    }
  });
  std::vector<std::string> heard;
  const auto client = Make(Config(server.Url()), [&](std::string_view operation, std::string_view result, auto) {
    heard.push_back(std::string(operation) + " " + std::string(result));
  });
  ASSERT_TRUE(client->FindCalendarItems(kToday).ok());
  ASSERT_FALSE(client->Subscribe({}).ok());
  EXPECT_THAT(heard, ::testing::ElementsAre("FindItem ok", "Subscribe EWS_SERVER_BUSY"));
}

TEST_F(EwsClientWire, PhotoByHttpStatus) {
  ScriptedServer server([](const ReceivedRequest& request, ScriptedReply& reply) {
    if (request.headers.count("if-none-match") > 0) {
      reply.Send(304, "", "ETag: \"e1\"\r\n");
    } else {
      reply.Send(404, "");
    }
  });
  const auto client = Make(Config(server.Url()));
  const auto known = client->GetUserPhoto("anna@example.org", "HR96x96", "\"e1\"");
  ASSERT_TRUE(known.ok()) << known.status();
  EXPECT_EQ(known->state, Photo::State::kNotModified);
  EXPECT_EQ(known->etag, "\"e1\"");
  const auto none = client->GetUserPhoto("anna@example.org", "HR96x96", "");
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->state, Photo::State::kNone);
  EXPECT_EQ(server.requests().at(0).headers.at("if-none-match"), "\"e1\"");
}

TEST_F(EwsClientWire, PasswordNeverTravelsInTheClear) {
  EwsConfig config = Config("http://mail.example.org/EWS/Exchange.asmx");
  EXPECT_THAT(MessageOf(EwsClient::Create(config).status()), HasSubstr("url: must be https"));
  for (const char* url : {"http://127.mail.example.org/", "http://10.0.0.1/", "http://localhost.example.org/"}) {
    config.url = url;
    EXPECT_FALSE(EwsClient::Create(config).ok()) << url;
  }
  for (const char* url : {"http://127.0.0.1:8080/", "http://localhost/", "http://[::1]/", "https://10.0.0.1/"}) {
    config.url = url;
    EXPECT_TRUE(EwsClient::Create(config).ok()) << url;
  }
  config.url = "http://127.0.0.1/EWS/Exchange.asmx";
  config.allow_loopback = false;
  EXPECT_FALSE(EwsClient::Create(config).ok());
}

TEST_F(EwsClientWire, ConfigurationErrorsNameTheField) {
  const EwsConfig good = Config("https://mail.example.org/EWS/Exchange.asmx");
  ASSERT_TRUE(good.Validate().ok());
  const auto expect_field = [&](const std::string& field, auto change) {
    EwsConfig bad = good;
    change(bad);
    EXPECT_THAT(MessageOf(bad.Validate()), StartsWith(field + ":"));
  };
  expect_field("url", [](EwsConfig& c) { c.url = "mail.example.org"; });
  expect_field("url", [](EwsConfig& c) { c.url = "https://u:p@mail.example.org/"; });
  expect_field("auth.user", [](EwsConfig& c) { c.auth = BasicAuth{"", "f"}; });
  expect_field("auth.password_file", [](EwsConfig& c) { c.auth = BasicAuth{"u", ""}; });
  expect_field("auth.token_file", [](EwsConfig& c) { c.auth = BearerAuth{}; });
  expect_field("call_timeout", [](EwsConfig& c) { c.call_timeout = {}; });
  expect_field("max_response_bytes", [](EwsConfig& c) { c.max_response_bytes = 0; });
}

TEST_F(EwsClientWire, ArgumentsOutOfRangeAreNamedAndNothingIsSent) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, Found()); });
  const auto client = Make(Config(server.Url()));
  const TimePoint start = kToday.start;
  EXPECT_THAT(MessageOf(client->ResolveNames({.text = " \t"}).status()), StartsWith("text:"));
  EXPECT_THAT(MessageOf(client->FindCalendarItems({.start = start, .end = start}).status()), StartsWith("end:"));
  EXPECT_THAT(
      MessageOf(client->FindCalendarItems({.start = start, .end = start + std::chrono::hours(24 * 800)}).status()),
      StartsWith("end:"));
  EXPECT_THAT(MessageOf(client->GetCalendarItems(std::vector<ItemId>(51), {}, Detail::kFacts).status()),
              StartsWith("ids:"));
  EXPECT_THAT(MessageOf(client->CreateCalendarItem({.start = start, .end = start}, Invitations::kNone).status()),
              StartsWith("end:"));
  EXPECT_THAT(MessageOf(client->DeleteCalendarItem({"i", ""}, DeleteType::kHardDelete, Invitations::kOnlyToChanged)),
              StartsWith("cancellations:"));
  EXPECT_THAT(MessageOf(client->SyncFolderItems(FolderRef::Calendar(), "", 513, {}).status()),
              StartsWith("max_changes:"));
  EXPECT_THAT(MessageOf(client->GetUserPhoto("", "HR96x96", "").status()), StartsWith("email:"));
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace crosspoint::ews
