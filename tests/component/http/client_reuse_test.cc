// What becomes of requests whose kept connection ends under them.
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>

#include "common/http/client.h"
#include "common/status/status.h"
#include "tests/support/credentials.h"
#include "tests/support/scripted_http/scripted_server.h"

namespace crosspoint::http {
namespace {

using testing::Credentials;
using testing::ReceivedRequest;
using testing::ScriptedReply;
using testing::ScriptedServer;

// More than curl's own tries of one request.
constexpr int kKept = 8;

std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : "";
}

enum class Wire { kPlain, kTls };

class KeptConnections : public ::testing::TestWithParam<Wire> {
 protected:
  using Handler = ScriptedServer::Handler;

  static std::filesystem::path NewDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-kept-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    return pattern;
  }
  ~KeptConnections() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  // A server that answers the first request of each of kKept connections, all at once, then does `last` with it;
  // `next` takes what else comes on them. Later ones are answered. The client is left with kKept connections.
  void Keep(Handler last, Handler next) {
    const auto handler = [this, last = std::move(last), next = std::move(next)](const auto& request, auto& reply) {
      if (request.connection > kKept) {
        reply.Send(200, "new");
      } else if (IsFirst(request.connection)) {
        AwaitAll();
        reply.Send(200, "kept");
        if (last) last(request, reply);
      } else {
        next(request, reply);
      }
    };
    const auto identity = credentials_.Certificate("exchange");
    server_ = GetParam() == Wire::kTls
                  ? std::make_unique<ScriptedServer>(handler,
                                                     ScriptedServer::Tls{identity.certificate, identity.key, "", false})
                  : std::make_unique<ScriptedServer>(handler);
    std::vector<std::future<absl::StatusOr<HttpResponse>>> answers;
    for (int i = 0; i < kKept; ++i) {
      answers.push_back(std::async(std::launch::async, [this] { return Post(); }));
    }
    for (auto& answer : answers) ASSERT_TRUE(answer.get().ok());
    ASSERT_EQ(server_->connections(), kKept);
  }

  absl::StatusOr<HttpResponse> Post(size_t body_bytes = 100) {
    return client_.Send({.method = "POST", .url = server_->Url(), .body = std::string(body_bytes, 'x')});
  }

  void ExpectANewConnection(size_t body_bytes = 100) {
    const auto answer = Post(body_bytes);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->body, "new");
  }

  // Requests that came on the connections of Keep, after the first of each.
  size_t CameOnKept() const {
    size_t count = 0;
    for (const auto& request : server_->requests()) count += request.connection <= kKept ? 1 : 0;
    return count - kKept;
  }

 private:
  bool IsFirst(int connection) {
    const std::lock_guard lock(mu_);
    return ++requests_of_[connection] == 1;
  }
  void AwaitAll() {
    std::unique_lock lock(mu_);
    ++waiting_;
    all_.notify_all();
    all_.wait(lock, [this] { return waiting_ >= kKept; });
  }

  const std::filesystem::path directory_ = NewDirectory();
  const Credentials credentials_ = Credentials::Create(directory_);
  std::mutex mu_;
  std::condition_variable all_;
  std::map<int, int> requests_of_;  // guarded by mu_
  int waiting_ = 0;                 // guarded by mu_

 protected:
  std::unique_ptr<ScriptedServer> server_;
  HttpClient client_{{.ca_file = credentials_.ca_file(), .addresses = {.allow_loopback = true}}};
};

INSTANTIATE_TEST_SUITE_P(Wires, KeptConnections, ::testing::Values(Wire::kPlain, Wire::kTls),
                         [](const auto& wire) { return wire.param == Wire::kTls ? "Tls" : "Plain"; });

TEST_P(KeptConnections, ClosedAsTheNextRequestComesItGoesOnANewOne) {
  Keep(nullptr, [](const ReceivedRequest&, ScriptedReply& reply) { reply.Close(); });
  ExpectANewConnection();
}

TEST_P(KeptConnections, ClosedAfterTheirAnswersTheNextRequestGoesOnANewOne) {
  Keep([](const ReceivedRequest&, ScriptedReply& reply) { reply.Close(); },
       [](const ReceivedRequest&, ScriptedReply&) {});
  ExpectANewConnection();
}

TEST_P(KeptConnections, ClosedBeforeTheWholeRequestIsSentItGoesOnANewOne) {
  Keep([](const ReceivedRequest&, ScriptedReply& reply) { reply.Close(); },
       [](const ReceivedRequest&, ScriptedReply&) {});
  ExpectANewConnection(3'000'000);
}

TEST_P(KeptConnections, WhatMustNotBeRepeatedTakesNoneOfThem) {
  Keep(nullptr, [](const ReceivedRequest&, ScriptedReply& reply) { reply.Close(); });
  const auto answer = client_.Send({.method = "POST", .url = server_->Url(), .body = "x", .replayable = false});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(CameOnKept(), 0u);
}

TEST_P(KeptConnections, AnAnswerThatBreaksOffIsNotAskedForAgain) {
  Keep(nullptr, [](const ReceivedRequest&, ScriptedReply& reply) {
    reply.Write("HTTP/1.1 200 x\r\nContent-Length: 10\r\n\r\nhal");
    reply.Close();
  });
  EXPECT_FALSE(Post().ok());
  EXPECT_EQ(CameOnKept(), 1u);
}

TEST(NewConnections, AServerThatHangsUpOnThemTooIsTold) {
  ScriptedServer server([](const ReceivedRequest& request, ScriptedReply& reply) {
    if (request.method == "GET") {
      reply.Send(200, "");
    } else {
      reply.Close();
    }
  });
  HttpClient client({.addresses = {.allow_loopback = true}});
  ASSERT_TRUE(client.Send({.url = server.Url()}).ok());
  EXPECT_EQ(ReasonOf(client.Send({.method = "POST", .url = server.Url(), .body = "x"}).status()), "CONNECTION_LOST");
  EXPECT_EQ(server.connections(), 2);
}

}  // namespace
}  // namespace crosspoint::http
