#include "common/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "common/status/status.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::http {
namespace {

using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;

const HttpClientConfig kLoopback{.addresses = {.allow_loopback = true}};

std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : "";
}

void Ok(const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, "ok"); }

TEST(HttpClient, SendsBodyWithContentLengthAndReturnsTheAnswer) {
  ScriptedServer server([](const ReceivedRequest& request, ScriptedReply& reply) {
    reply.Send(201, request.method + " " + request.body, "X-Made: yes\r\n");
  });
  HttpClient client(kLoopback);
  const auto answer = client.Send({.method = "POST",
                                   .url = server.Url("/a?b=c"),
                                   .headers = {{"Content-Type", "text/xml"}, {"X-Empty", ""}},
                                   .body = std::string(2'000'000, 'x')});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->Get("x-made"), "yes");
  EXPECT_EQ(answer->body.size(), 2'000'005u);
  const auto request = server.requests().at(0);
  EXPECT_EQ(request.target, "/a?b=c");
  EXPECT_EQ(request.headers.at("content-length"), "2000000");
  EXPECT_EQ(request.headers.at("content-type"), "text/xml");
  EXPECT_EQ(request.headers.at("x-empty"), "");
  EXPECT_EQ(request.headers.at("user-agent"), "Crosspoint");
  EXPECT_EQ(request.headers.count("transfer-encoding"), 0u);
  EXPECT_EQ(request.headers.count("expect"), 0u);
}

TEST(HttpClient, OtherMethodsGoOutByTheirNames) {
  ScriptedServer server(Ok);
  HttpClient client(kLoopback);
  for (const char* method : {"GET", "PUT", "PATCH", "DELETE"}) {
    ASSERT_TRUE(client.Send({.method = method, .url = server.Url()}).ok()) << method;
    EXPECT_EQ(server.requests().back().method, method);
  }
}

TEST(HttpClient, StoppedItEndsWhatHangsAndRefusesWhatComes) {
  std::promise<void> asked;
  ScriptedServer server([&](const ReceivedRequest&, ScriptedReply&) {
    asked.set_value();
    std::this_thread::sleep_for(std::chrono::seconds(1));
  });
  HttpClient client(kLoopback);
  auto hanging = std::async(std::launch::async, [&] { return client.Send({.url = server.Url()}).status(); });
  asked.get_future().wait();
  const auto begin = std::chrono::steady_clock::now();
  client.Stop();
  EXPECT_EQ(hanging.get().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(client.Send({.url = server.Url()}).status().code(), absl::StatusCode::kCancelled);
  absl::Status ended;
  const auto stream = client.Stream({.url = server.Url()}, {.on_end = [&](const absl::Status& why) { ended = why; }});
  EXPECT_EQ(ended.code(), absl::StatusCode::kCancelled);
  client.Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(900));
}

TEST(HttpClient, ConnectionIsReused) {
  ScriptedServer server(Ok);
  HttpClient client(kLoopback);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client.Send({.url = server.Url()}).ok());
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(client.connections_opened(), 1u);
}

TEST(HttpClient, WhatMustNotBeRepeatedGoesOnANewConnection) {
  ScriptedServer server(Ok);
  HttpClient client(kLoopback);
  ASSERT_TRUE(client.Send({.url = server.Url()}).ok());
  ASSERT_TRUE(client.Send({.method = "POST", .url = server.Url(), .replayable = false}).ok());
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, UnrepeatableRequestReachesTheServerOnceWhenItHangsUp) {
  std::atomic<int> seen = 0;
  ScriptedServer server([&](const ReceivedRequest& request, ScriptedReply& reply) {
    if (request.method == "GET") {
      reply.Send(200, "");
    } else {
      ++seen;
      reply.Close();
    }
  });
  HttpClient client(kLoopback);
  ASSERT_TRUE(client.Send({.url = server.Url()}).ok());
  const auto answer = client.Send({.method = "POST", .url = server.Url(), .replayable = false});
  EXPECT_EQ(ReasonOf(answer.status()), "CONNECTION_LOST");
  EXPECT_EQ(seen, 1);
  EXPECT_TRUE(client.Send({.url = server.Url()}).ok());
}

TEST(HttpClient, BasicAndBearerCredentialsBecomeHeaders) {
  ScriptedServer server(Ok);
  HttpClient client(kLoopback);
  ASSERT_TRUE(client.Send({.url = server.Url(), .credentials = BasicCredentials{"svc", "pa:ss"}}).ok());
  ASSERT_TRUE(client.Send({.url = server.Url(), .credentials = BearerToken{"abc.def"}}).ok());
  EXPECT_EQ(server.requests().at(0).headers.at("authorization"), "Basic c3ZjOnBhOnNz");
  EXPECT_EQ(server.requests().at(1).headers.at("authorization"), "Bearer abc.def");
}

TEST(HttpClient, RedirectIsAnAnswerUnlessAskedToFollow) {
  ScriptedServer server([](const ReceivedRequest& request, ScriptedReply& reply) {
    if (request.target == "/from") {
      reply.Send(302, "", "Location: /to\r\n");
    } else {
      reply.Send(200, "there");
    }
  });
  HttpClient client(kLoopback);
  EXPECT_EQ(client.Send({.url = server.Url("/from")})->status, 302);
  EXPECT_EQ(client.Send({.url = server.Url("/from"), .max_redirects = 3})->body, "there");
}

TEST(HttpClient, EndlessRedirectsEnd) {
  ScriptedServer server(
      [](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(302, "", "Location: /again\r\n"); });
  HttpClient client(kLoopback);
  EXPECT_EQ(ReasonOf(client.Send({.url = server.Url(), .max_redirects = 3}).status()), "TOO_MANY_REDIRECTS");
}

TEST(HttpClient, LoopbackIsRefusedUnlessAllowedAlsoByName) {
  ScriptedServer server(Ok);
  HttpClient client({});
  for (const std::string& url : {server.Url(), "http://localhost:" + std::to_string(server.port())}) {
    const auto answer = client.Send({.url = url});
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kPermissionDenied) << answer.status();
    EXPECT_EQ(ReasonOf(answer.status()), "ADDRESS_REFUSED");
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(HttpClient, RedirectToARefusedAddressIsRefused) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Send(302, "", "Location: http://169.254.169.254/latest/meta-data\r\n");
  });
  HttpClient client(kLoopback);
  EXPECT_EQ(ReasonOf(client.Send({.url = server.Url(), .max_redirects = 1}).status()), "ADDRESS_REFUSED");
}

TEST(HttpClient, AddressHookHasTheLastWord) {
  ScriptedServer server(Ok);
  std::atomic<int> asked_port = 0;
  HttpClientConfig config = kLoopback;
  config.allow_address = [&](std::string_view ip, int port) {
    asked_port = port;
    return ip != "127.0.0.1";
  };
  HttpClient client(config);
  EXPECT_EQ(ReasonOf(client.Send({.url = server.Url()}).status()), "ADDRESS_REFUSED");
  EXPECT_EQ(asked_port, server.port());
}

TEST(HttpClient, AnswerAboveTheCapIsRefused) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.Send(200, std::string(1001, 'x')); });
  HttpClient client(kLoopback);
  const auto answer = client.Send({.url = server.Url(), .max_response_bytes = 1000});
  EXPECT_EQ(ReasonOf(answer.status()), "RESPONSE_TOO_LARGE");
  EXPECT_TRUE(client.Send({.url = server.Url(), .max_response_bytes = 1001}).ok());
}

TEST(HttpClient, EndlessHeadersAreRefused) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write("HTTP/1.1 200 OK\r\n");
    while (reply.Write("X-More: " + std::string(1000, 'x') + "\r\n")) {
    }
  });
  HttpClient client(kLoopback);
  EXPECT_EQ(ReasonOf(client.Send({.url = server.Url()}).status()), "RESPONSE_TOO_LARGE");
}

TEST(HttpClient, SilentServerMeansTimeoutWhileAnswering) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) { reply.WaitForHangUp(); });
  HttpClient client(kLoopback);
  const auto answer = client.Send({.url = server.Url(), .timeout = Milliseconds(50)});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(GetErrorInfo(answer.status())->metadata.at("phase"), "answer");
}

TEST(HttpClient, NobodyListeningIsUnavailableAndNothingWasSentThenRecovers) {
  int port = 0;
  { port = ScriptedServer(Ok).port(); }
  HttpClient client(kLoopback);
  const auto answer = client.Send({.url = "http://127.0.0.1:" + std::to_string(port)});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(answer.status()), "CONNECT_FAILED");
  ScriptedServer server(Ok);
  EXPECT_TRUE(client.Send({.url = server.Url()}).ok());
}

TEST(HttpClient, CutAnswerIsALostConnection) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    reply.Close();
  });
  HttpClient client(kLoopback);
  EXPECT_EQ(ReasonOf(client.Send({.url = server.Url()}).status()), "CONNECTION_LOST");
}

TEST(HttpClient, GarbageInsteadOfHttpIsAnError) {
  ScriptedServer server([](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write("220 mail.example.org ESMTP\r\n");
    reply.Close();
  });
  HttpClient client(kLoopback);
  EXPECT_FALSE(client.Send({.url = server.Url()}).ok());
}

TEST(HttpClient, RequestsThatCannotBeSentAreNamed) {
  HttpClient client(kLoopback);
  for (const HttpRequest& request :
       {HttpRequest{.url = "ftp://127.0.0.1/"}, HttpRequest{.url = "http://u:p@127.0.0.1/"},
        HttpRequest{.method = "GE T", .url = "http://127.0.0.1/"},
        HttpRequest{.url = "http://127.0.0.1/", .headers = {{"X", "a\r\nY: b"}}},
        HttpRequest{.url = "http://127.0.0.1/", .headers = {{"X:", "a"}}},
        HttpRequest{.url = "http://127.0.0.1/", .headers = {{"Content-Length", "1"}}}}) {
    EXPECT_EQ(client.Send(request).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(HttpClient, ManyThreadsShareOneClient) {
  ScriptedServer server([](const ReceivedRequest& request, ScriptedReply& reply) { reply.Send(200, request.target); });
  HttpClient client({.addresses = {.allow_loopback = true}, .max_connections_per_host = 4});
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string target = "/" + std::to_string(t) + "/" + std::to_string(i);
        const auto answer = client.Send({.url = server.Url(target)});
        if (answer.ok() && answer->body == target) ++right;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 400);
  EXPECT_LE(server.connections(), 4);
}

TEST(HttpClient, DestructionCancelsWhatStillRuns) {
  std::promise<void> arrived;
  ScriptedServer server([&](const ReceivedRequest&, ScriptedReply& reply) {
    arrived.set_value();
    reply.WaitForHangUp();
  });
  std::promise<absl::Status> outcome;
  {
    HttpClient client(kLoopback);
    client.Send({.url = server.Url()}, [&](const auto& answer) { outcome.set_value(answer.status()); });
    arrived.get_future().wait();
  }
  EXPECT_EQ(outcome.get_future().get().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace crosspoint::http
