// Forwarded services: a server in front of the guarded one passes every kind of call on.
#include "common/grpcx/forward.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/component/guard/guarded_server.h"
#include "tests/support/refusals.h"

namespace crosspoint::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Writer = std::shared_ptr<grpcx::ServerStream<v1::EchoResponse>>;
using Chatter = std::shared_ptr<grpcx::BidiStream<v1::EchoRequest, v1::EchoResponse>>;

const char* const kOwn = "tenants/acme/users/u42";

v1::EchoRequest RequestFor(const std::string& name, const std::string& text = "") {
  v1::EchoRequest request;
  request.set_name(name);
  request.set_text(text);
  return request;
}

// Lets "good" pass and refuses other sessions, on a thread of its own.
class WordGate final : public grpcx::ForwardGate {
 public:
  ~WordGate() override {
    for (auto& thread : threads_) thread.join();
  }
  void Check(const grpcx::Call& call, const std::string& session, std::function<void(absl::Status)> then) override {
    asked = std::string(call.method);
    // The thread may let the next call come here before it is kept.
    const std::lock_guard lock(mu_);
    threads_.emplace_back([session, then = std::move(then)] {
      then(session == "good" ? absl::OkStatus()
                             : ErrorWithInfo(absl::StatusCode::kFailedPrecondition, "not so",
                                             {.reason = "NOT_SO", .domain = "test", .metadata = {{"a", "b"}}}));
    });
  }
  std::string asked;

 private:
  std::mutex mu_;
  std::vector<std::thread> threads_;  // guarded by mu_
};

// The server in front, with the same issuer of tokens.
class Front {
 public:
  struct Options {
    grpcx::ForwardLimits limits;
    grpcx::ForwardGate* gate = nullptr;
    std::shared_ptr<grpc::Channel> channel;  // to the backend
    std::string backend = "testing";         // where the service goes; empty: by header
    grpcx::GuardConfig guard;
  };
  Front(GuardedServer& server, Options options)
      : guard_(server.authenticator(), clock_, log_, grpcx::Guard::Options{options.guard, nullptr, {}}),
        forwarder_({{"testing", options.channel}, {"absent", nullptr}}, options.limits, options.gate),
        service_("crosspoint.testing.v1.TestingService", forwarder_, options.backend, guard_) {
    server_ = *grpcx::RpcServer::Start({.max_request_bytes = options.guard.max_request_bytes}, guard_, {&service_});
    channel_ = *grpcx::MakeChannel({.target = "127.0.0.1:" + std::to_string(server_->port())});
  }

  std::shared_ptr<grpc::Channel> channel() { return channel_; }
  grpcx::Forwarder& forwarder() { return forwarder_; }
  grpcx::RpcServer& server() { return *server_; }

 private:
  SystemClock clock_;
  log::Logger log_{"front", log::Level::kError};
  grpcx::Guard guard_;
  grpcx::Forwarder forwarder_;
  grpcx::GuardedService service_;
  std::unique_ptr<grpcx::RpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

class Forward : public ::testing::Test {
 protected:
  void Start(Front::Options options = {}) {
    if (options.channel == nullptr) options.channel = backend_.Channel();
    front_ = std::make_unique<Front>(backend_, std::move(options));
    stub_ = v1::TestingService::NewStub(front_->channel());
    token_ = backend_.credentials().Token("acme", "u42");
  }
  std::string Echo(const std::string& token, const std::string& name = kOwn) {
    v1::EchoResponse response;
    return CodeAndReason(stub_->Echo(ContextWith(token).get(), RequestFor(name, "x"), &response));
  }

  GuardedServer backend_;
  std::unique_ptr<Front> front_;
  std::unique_ptr<v1::TestingService::Stub> stub_;
  std::string token_;
};

TEST_F(Forward, AUnaryCallTakesTokenRequestIdTraceAndDeadlineAlong) {
  Start();
  backend_.handler().inside = [](const v1::EchoRequest&, const grpcx::Call& call) {
    EXPECT_EQ(call.principal->user.value, "u42");
    EXPECT_EQ(call.request_id(), "my-request");
    EXPECT_EQ(call.propagation.trace.TraceIdHex(), "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_LT(call.steady_deadline - std::chrono::steady_clock::now(), seconds(8));
    return absl::OkStatus();
  };
  const auto context = ContextWith(token_, seconds(7));
  context->AddMetadata("x-request-id", "my-request");
  context->AddMetadata("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  v1::EchoRequest request = RequestFor(kOwn, "hello");
  request.set_payload(std::string(100'000, 'p'));
  v1::EchoResponse response;
  ASSERT_EQ(CodeAndReason(stub_->Echo(context.get(), request, &response)), "OK");
  EXPECT_EQ(response.text(), "hello");
  EXPECT_EQ(response.payload(), request.payload());
  EXPECT_TRUE(Eventually([&] { return front_->forwarder().running() == 0; }));
}

TEST_F(Forward, AnErrorComesBackWithCodeTextAndDetails) {
  Start();
  backend_.handler().inside = [](const v1::EchoRequest&, const grpcx::Call&) {
    return ErrorWithInfo(absl::StatusCode::kAborted, "read it again",
                         {.reason = "ETAG_STALE", .domain = "directory.crosspoint", .metadata = {{"etag", "7"}}});
  };
  v1::EchoResponse response;
  const auto direct = backend_.Stub()->Echo(ContextWith(token_).get(), RequestFor(kOwn), &response);
  const auto forwarded = stub_->Echo(ContextWith(token_).get(), RequestFor(kOwn), &response);
  EXPECT_EQ(forwarded.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(forwarded.error_message(), direct.error_message());
  EXPECT_EQ(forwarded.error_details(), direct.error_details());
  EXPECT_FALSE(forwarded.error_details().empty());
}

TEST(ForwardedGuests, TheirAddressIsTheGatewaysWordAndNobodyElses) {
  GuardedServer::Options options;
  options.transport = Transport::kMutualTls;
  GuardedServer backend(std::move(options));
  std::string peer;
  backend.handler().inside = [&](const v1::EchoRequest&, const grpcx::Call& call) {
    peer = call.peer();
    return absl::OkStatus();
  };
  const auto echo = [&](const std::shared_ptr<grpc::Channel>& channel) {
    const auto context = ContextWith("");
    context->AddMetadata("x-forwarded-for", "203.0.113.1, 198.51.100.7");
    context->AddMetadata("crosspoint-guest", "ipv4:203.0.113.66:1");
    v1::EchoResponse response;
    peer.clear();
    const auto stub = v1::TestingService::NewStub(channel);
    EXPECT_EQ(CodeAndReason(stub->EchoAnyone(context.get(), RequestFor("x"), &response)), "OK");
    return peer;
  };
  Front::Options behind_proxy;
  behind_proxy.channel = backend.Channel("gateway");
  behind_proxy.limits.behind_proxy = true;
  EXPECT_EQ(echo(Front(backend, behind_proxy).channel()), "proxy:198.51.100.7:0");
  Front::Options alone;
  alone.channel = backend.Channel("gateway");
  EXPECT_THAT(echo(Front(backend, alone).channel()), ::testing::StartsWith("ipv4:127.0.0.1:"));
  EXPECT_EQ(echo(backend.Channel("gateway")), "ipv4:203.0.113.66:1");
  EXPECT_THAT(echo(backend.Channel("presence")), ::testing::StartsWith("ipv4:127.0.0.1:"));
}

TEST_F(Forward, AllFourKindsOfCallsPass) {
  Start();
  {
    const auto context = ContextWith(token_);
    const auto reader = stub_->Watch(context.get(), RequestFor(kOwn, "x"));
    v1::EchoResponse response;
    int count = 0;
    while (reader->Read(&response)) ++count;
    EXPECT_EQ(CodeAndReason(reader->Finish()), "OK");
    EXPECT_EQ(count, 3);
  }
  {
    const auto context = ContextWith(token_);
    v1::EchoResponse response;
    const auto writer = stub_->Upload(context.get(), &response);
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(writer->Write(RequestFor(i == 0 ? kOwn : "", std::to_string(i % 10))));
    writer->WritesDone();
    EXPECT_EQ(CodeAndReason(writer->Finish()), "OK");
    std::string expected;
    for (int i = 0; i < 200; ++i) expected += std::to_string(i % 10);
    EXPECT_EQ(response.text(), expected);
  }
  {
    const auto context = ContextWith(token_);
    const auto chat = stub_->Chat(context.get());
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(chat->Write(RequestFor(kOwn, std::to_string(i))));
      v1::EchoResponse response;
      ASSERT_TRUE(chat->Read(&response));
      EXPECT_EQ(response.text(), std::to_string(i));
    }
    chat->WritesDone();
    v1::EchoResponse none;
    EXPECT_FALSE(chat->Read(&none));
    EXPECT_EQ(CodeAndReason(chat->Finish()), "OK");
  }
  EXPECT_TRUE(Eventually([&] { return front_->forwarder().running() == 0; }));
}

TEST_F(Forward, BadTokensAreRefusedAtTheFrontAndNeverReachTheBackend) {
  Start({.channel = *grpcx::MakeChannel({.target = "127.0.0.1:1"})});
  EXPECT_EQ(Echo(""), "UNAUTHENTICATED NO_CREDENTIALS");
  EXPECT_EQ(Echo("rubbish"), "UNAUTHENTICATED TOKEN_INVALID");
  EXPECT_EQ(Echo(backend_.credentials().Token("acme", "u42", {})), "PERMISSION_DENIED ROLE_REQUIRED");
  EXPECT_EQ(Echo(token_), "UNAVAILABLE PEER_UNAVAILABLE");
  EXPECT_EQ(backend_.handler().runs(), 0);
}

TEST_F(Forward, EveryRefusalIsTheSameThroughTheFront) {
  Start();
  size_t tried = 0;
  for (const auto& call :
       CallWhatMustBeRefused(front_->channel(), "crosspoint.testing.v1.TestingService", "", backend_.credentials())) {
    ++tried;
    EXPECT_TRUE(call.as_expected()) << call.method << " with " << call.credentials << ": expected " << call.expected
                                    << ", got " << call.got;
  }
  EXPECT_GT(tried, 80u);
  EXPECT_EQ(backend_.handler().runs(), 0);
}

TEST_F(Forward, WhatOnlyServicesMayCallIsNotForwarded) {
  Start();
  v1::EchoResponse response;
  const auto all =
      backend_.credentials().Token("acme", "u42", {"user", "delegate", "integrator", "tenant_admin", "operator"});
  EXPECT_EQ(CodeAndReason(stub_->EchoServices(ContextWith(all).get(), RequestFor(kOwn), &response)),
            "PERMISSION_DENIED ROLE_REQUIRED");
  EXPECT_EQ(backend_.handler().runs(), 0);
}

TEST_F(Forward, CallersWithoutTokenPassWhereThePolicySaysSo) {
  Start();
  v1::EchoResponse response;
  EXPECT_EQ(CodeAndReason(stub_->EchoAnyone(ContextWith("").get(), RequestFor(kOwn, "hi"), &response)), "OK");
  EXPECT_EQ(response.text(), "hi");
}

TEST_F(Forward, ACancelledCallIsCancelledAtTheBackend) {
  Start();
  std::atomic<bool> running{false};
  std::atomic<bool> cancelled{false};
  backend_.handler().inside = [&](const v1::EchoRequest&, const grpcx::Call& call) {
    running = true;
    cancelled = Eventually([&] { return call.cancelled(); });
    return absl::OkStatus();
  };
  const auto context = ContextWith(token_);
  std::jthread caller([&] {
    v1::EchoResponse response;
    EXPECT_EQ(stub_->Echo(context.get(), RequestFor(kOwn), &response).error_code(), grpc::StatusCode::CANCELLED);
  });
  ASSERT_TRUE(Eventually([&] { return running.load(); }));
  context->TryCancel();
  EXPECT_TRUE(Eventually([&] { return cancelled.load(); }));
  EXPECT_TRUE(Eventually([&] { return front_->forwarder().running() == 0; }));
}

TEST_F(Forward, ACancelledStreamEndsAtTheBackend) {
  Start();
  std::atomic<bool> ended{false};
  backend_.handler().on_chat = [&](const grpcx::Call&, const Chatter& chat) {
    chat->OnEnd([&] { ended = true; });
    chat->OnMessage([chat](const v1::EchoRequest&) { (void)chat->Write(v1::EchoResponse()); }, [] {});
  };
  const auto context = ContextWith(token_);
  const auto chat = stub_->Chat(context.get());
  ASSERT_TRUE(chat->Write(RequestFor(kOwn)));
  v1::EchoResponse response;
  ASSERT_TRUE(chat->Read(&response));
  context->TryCancel();
  EXPECT_TRUE(Eventually([&] { return ended.load(); }));
  EXPECT_EQ(chat->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(Forward, ManyCallersAtOnceAllGetTheirAnswers) {
  Start();
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&, i] {
        for (int call = 0; call < 1500; ++call) {
          const auto text = std::to_string(i) + "/" + std::to_string(call);
          v1::EchoResponse response;
          const auto context = ContextWith(token_);
          // Some leave before the answer.
          if (call % 50 == 49) context->set_deadline(std::chrono::system_clock::now() + std::chrono::microseconds(800));
          const auto status = stub_->Echo(context.get(), RequestFor(kOwn, text), &response);
          const bool fine = status.ok() ? response.text() == text
                                        : status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED && call % 50 == 49;
          if (!fine) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(Eventually([&] { return front_->forwarder().running() == 0; }));
}

TEST_F(Forward, AnExpiredDeadlineIsToldAsOne) {
  Start();
  v1::EchoResponse response;
  EXPECT_EQ(stub_->EchoSlowly(ContextWith(token_, milliseconds(200)).get(), RequestFor(kOwn), &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(Eventually([&] { return front_->forwarder().running() == 0; }));
}

TEST_F(Forward, ASlowReaderSlowsTheBackendAndNothingPilesUp) {
  Start();
  std::atomic<int> accepted{0};
  std::atomic<bool> full{false};
  backend_.handler().on_watch = [&](const grpcx::Call&, const Writer& watch) {
    const auto write = [&, watch] {
      v1::EchoResponse response;
      response.set_payload(std::string(64 << 10, 'x'));
      while (accepted < 2000) {
        if (!watch->Write(response)) {
          full = true;
          return;
        }
        ++accepted;
      }
      watch->Finish(absl::OkStatus());
    };
    watch->OnWritable(write);
    write();
  };
  const auto context = ContextWith(token_, seconds(60));
  const auto reader = stub_->Watch(context.get(), RequestFor(kOwn));
  ASSERT_TRUE(Eventually([&] { return full.load(); }));
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_LT(accepted, 1000) << "somebody took 64 MB for a reader who reads nothing";
  int count = 0;
  v1::EchoResponse response;
  while (reader->Read(&response)) ++count;
  EXPECT_EQ(CodeAndReason(reader->Finish()), "OK");
  EXPECT_EQ(count, 2000);
}

TEST_F(Forward, ACallerHasALimitedNumberOfCallsAndStreams) {
  Start({.limits = {.max_calls_per_caller = 2, .max_streams_per_caller = 1}});
  std::vector<std::jthread> callers;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([this] {
      v1::EchoResponse response;
      EXPECT_EQ(CodeAndReason(stub_->EchoSlowly(ContextWith(token_).get(), RequestFor(kOwn), &response)), "OK");
    });
  }
  backend_.handler().WaitForSlowCalls(2);
  EXPECT_EQ(Echo(token_), "RESOURCE_EXHAUSTED TOO_MANY_CALLS");
  EXPECT_EQ(Echo(backend_.credentials().Token("acme", "u43"), "tenants/acme/users/u43"), "OK") << "another caller";
  const auto context = ContextWith(token_);
  const auto chat = stub_->Chat(context.get());
  ASSERT_TRUE(chat->Write(RequestFor(kOwn)));
  v1::EchoResponse response;
  ASSERT_TRUE(chat->Read(&response));
  const auto second_context = ContextWith(token_);
  const auto second = stub_->Chat(second_context.get());
  second->Write(RequestFor(kOwn));
  EXPECT_FALSE(second->Read(&response));
  EXPECT_EQ(CodeAndReason(second->Finish()), "RESOURCE_EXHAUSTED TOO_MANY_CALLS");
  backend_.handler().Release();
  callers.clear();
  EXPECT_TRUE(Eventually([&] { return Echo(token_) == "OK"; })) << "places are given back";
}

TEST_F(Forward, TooLargeRequestsAreRefusedWithAReason) {
  Front::Options options;
  options.guard.max_request_bytes = 10'000;
  Start(std::move(options));
  v1::EchoRequest request = RequestFor(kOwn);
  request.set_payload(std::string(11'000, 'x'));
  v1::EchoResponse response;
  EXPECT_EQ(CodeAndReason(stub_->Echo(ContextWith(token_).get(), request, &response)),
            "INVALID_ARGUMENT REQUEST_TOO_LARGE");
  EXPECT_EQ(backend_.handler().runs(), 0);
}

TEST_F(Forward, TheGateHasASayWhenASessionIsNamed) {
  WordGate gate;
  Start({.gate = &gate});
  const auto echo = [&](const std::string& session) {
    const auto context = ContextWith(token_);
    context->AddMetadata(grpcx::kSessionHeader, session);
    v1::EchoResponse response;
    return CodeAndReason(stub_->Echo(context.get(), RequestFor(kOwn), &response));
  };
  EXPECT_EQ(Echo(token_), "OK");
  EXPECT_EQ(gate.asked, "");
  EXPECT_EQ(echo("good"), "OK");
  EXPECT_EQ(gate.asked, "Echo");
  EXPECT_EQ(echo("bad"), "FAILED_PRECONDITION NOT_SO");
  for (const std::string session : {"good", "bad"}) {
    const auto context = ContextWith(token_);
    context->AddMetadata(grpcx::kSessionHeader, session);
    v1::EchoResponse response;
    const auto upload = stub_->Upload(context.get(), &response);
    upload->Write(RequestFor(kOwn, "x"));
    upload->WritesDone();
    EXPECT_EQ(CodeAndReason(upload->Finish()), session == "good" ? "OK" : "FAILED_PRECONDITION NOT_SO");
  }
}

TEST_F(Forward, WhereEveryBackendHasTheServiceAHeaderSaysWhich) {
  Start({.backend = ""});
  const auto echo = [&](const std::string& backend) {
    const auto context = ContextWith(token_);
    if (!backend.empty()) context->AddMetadata(grpcx::kBackendHeader, backend);
    v1::EchoResponse response;
    return CodeAndReason(stub_->Echo(context.get(), RequestFor(kOwn), &response));
  };
  EXPECT_EQ(echo("testing"), "OK");
  EXPECT_EQ(echo("absent"), "UNIMPLEMENTED NOT_CONFIGURED");
  EXPECT_EQ(echo("elsewhere"), "INVALID_ARGUMENT SERVICE_NOT_NAMED");
  EXPECT_EQ(echo(""), "INVALID_ARGUMENT SERVICE_NOT_NAMED");
}

TEST_F(Forward, AShutdownEndsStreamsWithAReasonAndLetsCallsEnd) {
  Start();
  const auto context = ContextWith(token_);
  const auto chat = stub_->Chat(context.get());
  ASSERT_TRUE(chat->Write(RequestFor(kOwn)));
  v1::EchoResponse response;
  ASSERT_TRUE(chat->Read(&response));
  std::jthread caller([this] {
    v1::EchoResponse slow;
    EXPECT_EQ(CodeAndReason(stub_->EchoSlowly(ContextWith(token_).get(), RequestFor(kOwn), &slow)), "OK");
  });
  backend_.handler().WaitForSlowCalls(1);
  std::jthread shutdown([this] { front_->server().Shutdown(seconds(10)); });
  EXPECT_FALSE(chat->Read(&response));
  EXPECT_EQ(CodeAndReason(chat->Finish()), "UNAVAILABLE SHUTTING_DOWN");
  backend_.handler().Release();
}

TEST_F(Forward, ACallThatWasBegunIsNotSentAgainThoughAPeerBehindItEnds) {
  Start();
  backend_.handler().inside = [](const v1::EchoRequest&, const grpcx::Call&) {
    const auto refusal = ErrorWithInfo(absl::StatusCode::kUnavailable, "it ends",
                                       {.reason = "SHUTTING_DOWN", .domain = "crosspoint", .metadata = {}});
    return grpcx::FromGrpc(grpcx::ToGrpc(refusal), "peer");
  };
  EXPECT_EQ(Echo(token_), "UNAVAILABLE PEER_UNAVAILABLE");
  EXPECT_EQ(backend_.handler().runs(), 1);
}

TEST_F(Forward, WhatAnEndingReplicaRefusesAnotherOneAnswers) {
  GuardedServer::Options options;
  options.keys = grpcx::FileJwksSource(backend_.credentials().jwks_file());
  GuardedServer other(std::move(options));
  Start({.channel = *grpcx::MakeChannel({.target = "ipv4:" + backend_.target() + "," + other.target()})});
  ASSERT_TRUE(Eventually([&] {
    EXPECT_EQ(Echo(token_), "OK");
    return backend_.handler().runs() > 0 && other.handler().runs() > 0;
  }));
  std::atomic<int> calls{0};
  std::vector<std::jthread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&](const std::stop_token& stop) {
      for (; !stop.stop_requested(); ++calls) EXPECT_EQ(Echo(token_), "OK");
    });
  }
  ASSERT_TRUE(Eventually([&] { return calls > 200; }));
  other.server().Shutdown(seconds(10));
  const int before = calls;
  ASSERT_TRUE(Eventually([&] { return calls > before + 200; }));
}

}  // namespace
}  // namespace crosspoint::testing
