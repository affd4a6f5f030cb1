#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "common/http/client.h"
#include "common/status/status.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::http {
namespace {

using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;

const HttpClientConfig kLoopback{.addresses = {.allow_loopback = true}};

const Credentials kAllKinds[] = {BasicCredentials{"u", "p"}, BearerToken{"t"}, NtlmCredentials{"CORP\\u", "p"},
                                 NegotiateToken{"YII="}};

// A server's half of an NTLM login, with challenge 0123456789abcdef and an empty target. Source: MS-NLMP,
// section 2.2.1.2.
constexpr std::string_view kNtlmChallenge =
    "TlRMTVNTUAACAAAAAAAAADgAAAABAoEAASNFZ4mrze8AAAAAAAAAAAQABAA4AAAABgGwHQAAAA8AAAAA";

bool IsNtlm(const ReceivedRequest& request, char type) {
  const auto header = request.headers.find("authorization");
  // "NTLMSSP\0" and the type's low byte, in base64.
  const std::string prefix = type == 1 ? "NTLM TlRMTVNTUAABAAAA" : "NTLM TlRMTVNTUAADAAAA";
  return header != request.headers.end() && header->second.compare(0, prefix.size(), prefix) == 0;
}

void DemandNtlm(const ReceivedRequest& request, ScriptedReply& reply) {
  if (IsNtlm(request, 3)) {
    reply.Send(200, "in: " + request.body);
  } else {
    reply.Send(401, "no", "WWW-Authenticate: NTLM " + std::string(kNtlmChallenge) + "\r\n");
  }
}

TEST(HttpCredentials, NoRedirectCarriesThemToAnotherHostOrPort) {
  ScriptedServer other([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Send(401, "",
               "WWW-Authenticate: NTLM\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic realm=\"x\"\r\n");
  });
  for (const int status : {301, 302, 303, 307, 308}) {
    for (const std::string host : {"127.0.0.1", "localhost"}) {
      ScriptedServer server([&](const ReceivedRequest&, ScriptedReply& reply) {
        reply.Send(status, "", "Location: http://" + host + ":" + std::to_string(other.port()) + "/\r\n");
      });
      HttpClient client(kLoopback);
      for (const Credentials& credentials : kAllKinds) {
        const auto answer = client.Send({.url = server.Url(), .credentials = credentials, .max_redirects = 3});
        ASSERT_TRUE(answer.ok()) << answer.status();
        EXPECT_EQ(answer->status, 401);
        EXPECT_EQ(server.requests().back().headers.count("authorization"), 1u) << credentials.index();
      }
    }
  }
  ASSERT_EQ(other.requests().size(), 5u * 2 * 4);
  for (const auto& request : other.requests()) EXPECT_EQ(request.headers.count("authorization"), 0u) << request.method;
}

TEST(HttpCredentials, NegotiateTokenGoesOutAsItIs) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, "ok"); });
  HttpClient client(kLoopback);
  ASSERT_TRUE(client.Send({.url = server.Url(), .credentials = NegotiateToken{"YIIabc="}}).ok());
  EXPECT_EQ(server.requests().at(0).headers.at("authorization"), "Negotiate YIIabc=");
  const auto hostile = client.Send({.url = server.Url(), .credentials = NegotiateToken{"a\r\nX-Evil: 1"}});
  EXPECT_EQ(hostile.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(HttpCredentials, NtlmLogsInOneConnectionAndSendsTheBodyOnlyThen) {
  ScriptedServer server(DemandNtlm);
  HttpClient client(kLoopback);
  const auto answer = client.Send({.method = "POST",
                                   .url = server.Url(),
                                   .body = "what is asked",
                                   .credentials = NtlmCredentials{"CORP\\svc", "secret"},
                                   .replayable = false});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "in: what is asked");
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_TRUE(IsNtlm(requests[0], 1));
  EXPECT_EQ(requests[0].body, "");
  EXPECT_EQ(requests[0].connection, requests[1].connection);
}

TEST(HttpCredentials, NtlmLogsInANewConnectionForWhatMustNotBeSentTwice) {
  ScriptedServer server(DemandNtlm);
  HttpClient client(kLoopback);
  const auto send = [&](bool replayable) {
    const auto answer = client.Send({.method = "POST",
                                     .url = server.Url(),
                                     .body = "x",
                                     .credentials = NtlmCredentials{"svc", "secret"},
                                     .replayable = replayable});
    return answer.ok() ? answer->status : 0;
  };
  EXPECT_EQ(send(true), 200);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(send(false), 200);
  EXPECT_EQ(send(false), 200);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 6u);
  EXPECT_EQ(requests[2].connection, 2);
  EXPECT_EQ(requests[3].connection, 2);
  EXPECT_EQ(requests[4].connection, 3);
  EXPECT_EQ(requests[5].connection, 3);
}

TEST(HttpCredentials, NtlmThatTheServerRefusesIsAnAnswer) {
  ScriptedServer server([](const ReceivedRequest& request, ScriptedReply& reply) {
    reply.Send(401, "no",
               IsNtlm(request, 1) ? "WWW-Authenticate: NTLM " + std::string(kNtlmChallenge) + "\r\n"
                                  : std::string("WWW-Authenticate: NTLM\r\n"));
  });
  HttpClient client(kLoopback);
  const auto answer = client.Send({.url = server.Url(), .credentials = NtlmCredentials{"svc", "wrong"}});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(HttpCredentials, StreamIsToldTheHeadersOfTheAnswerNotOfTheChallenge) {
  ScriptedServer server(DemandNtlm);
  HttpClient client(kLoopback);
  std::mutex mu;
  std::condition_variable changed;
  std::vector<int> statuses;
  std::string text;
  bool ended = false;
  const auto stream = client.Stream(
      {.method = "POST", .url = server.Url(), .body = "x", .credentials = NtlmCredentials{"svc", "secret"}},
      {.on_headers =
           [&](const HttpResponse& response) {
             statuses.push_back(response.status);
             return absl::OkStatus();
           },
       .on_chunk =
           [&](std::string_view chunk) {
             text.append(chunk);
             return absl::OkStatus();
           },
       .on_end =
           [&](const absl::Status&) {
             const std::lock_guard lock(mu);
             ended = true;
             changed.notify_all();
           }});
  std::unique_lock lock(mu);
  changed.wait(lock, [&] { return ended; });
  EXPECT_EQ(statuses, std::vector<int>{200});
  EXPECT_EQ(text, "in: x");
}

TEST(HttpCredentials, ServerThatOnlyEverChallengesIsLeft) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Send(401, "", "WWW-Authenticate: NTLM " + std::string(kNtlmChallenge) + "\r\n");
  });
  HttpClient client(kLoopback);
  std::promise<absl::Status> end;
  const auto stream = client.Stream({.url = server.Url(), .credentials = NtlmCredentials{"svc", "secret"}},
                                    {.on_end = [&](const absl::Status& outcome) { end.set_value(outcome); }});
  const absl::Status outcome = end.get_future().get();
  EXPECT_EQ(GetErrorInfo(outcome)->reason, "TOO_MANY_REDIRECTS") << outcome;
  EXPECT_LE(server.requests().size(), 4u);
}

}  // namespace
}  // namespace crosspoint::http
