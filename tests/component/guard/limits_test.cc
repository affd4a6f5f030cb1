// Deadlines, overload, hostile requests, errors, shutdown, outgoing calls, authentication off.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <thread>

#include "common/grpcx/outgoing.h"
#include "common/tracing/tracing.h"
#include "tests/component/guard/guarded_server.h"

namespace crosspoint::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const char* const kOwn = "tenants/acme/users/u42";

v1::EchoRequest RequestFor(const std::string& name, size_t bytes = 0) {
  v1::EchoRequest request;
  request.set_name(name);
  request.set_payload(std::string(bytes, 'x'));
  return request;
}

class Limits : public ::testing::Test {
 protected:
  void Start(GuardedServer::Options options = {}) {
    server_ = std::make_unique<GuardedServer>(std::move(options));
    stub_ = server_->Stub();
    token_ = server_->credentials().Token("acme", "u42");
  }
  std::string Echo(size_t bytes = 0) {
    v1::EchoResponse response;
    return CodeAndReason(stub_->Echo(ContextWith(token_).get(), RequestFor(kOwn, bytes), &response));
  }
  std::future<std::string> EchoSlowly(const std::string& tenant) {
    return std::async(std::launch::async, [this, tenant] {
      v1::EchoResponse response;
      return CodeAndReason(stub_->EchoSlowly(ContextWith(server_->credentials().Token(tenant, "u42")).get(),
                                             RequestFor("tenants/" + tenant + "/users/u42"), &response));
    });
  }
  // Sends bytes that need not be a message.
  std::string Raw(const std::string& method, const std::string& bytes, std::string* answer = nullptr) {
    const auto channel = server_->Channel();
    grpc::GenericStub stub(channel);
    grpc::CompletionQueue queue;
    const auto context = ContextWith(token_);
    const auto call = stub.PrepareCall(context.get(), method, &queue);
    const auto wait = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    call->StartCall(nullptr);
    wait();
    const grpc::Slice slice(bytes);
    call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
    wait();
    call->WritesDone(nullptr);
    wait();
    grpc::ByteBuffer response;
    call->Read(&response, nullptr);
    if (wait() && answer != nullptr) {
      grpc::Slice all;
      (void)response.DumpToSingleSlice(&all);
      answer->assign(reinterpret_cast<const char*>(all.begin()), all.size());
    }
    grpc::Status status;
    call->Finish(&status, nullptr);
    wait();
    return CodeAndReason(status);
  }

  std::unique_ptr<GuardedServer> server_;
  std::unique_ptr<v1::TestingService::Stub> stub_;
  std::string token_;
};

TEST_F(Limits, CallsWithoutDeadlineGetTheServersOwn) {
  Start({.guard = {.default_deadline = seconds(7), .max_deadline = seconds(20)}});
  std::chrono::steady_clock::duration left{};
  server_->handler().inside = [&](const auto&, const grpcx::Call& call) {
    left = call.steady_deadline - std::chrono::steady_clock::now();
    EXPECT_LT(call.deadline, TimePoint::max());
    return absl::OkStatus();
  };
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token_);
  v1::EchoResponse response;
  ASSERT_TRUE(stub_->Echo(&context, RequestFor(kOwn), &response).ok());
  EXPECT_LE(left, seconds(7));
  EXPECT_GT(left, seconds(5));
  ASSERT_TRUE(stub_->Echo(ContextWith(token_, seconds(3600)).get(), RequestFor(kOwn), &response).ok());
  EXPECT_LE(left, seconds(20));
  EXPECT_GT(left, seconds(18));
  ASSERT_TRUE(stub_->Echo(ContextWith(token_, seconds(5)).get(), RequestFor(kOwn), &response).ok());
  EXPECT_LE(left, seconds(6)) << "on the wire it is rounded up";
}

// Quick calls leave one thread at the queue; whatever may wait must still find others.
TEST_F(Limits, CallsThatWaitHoldUpNeitherQuickOnesNorEachOther) {
  Start();
  constexpr int kWaiting = 12;  // more than threads that ever watch the queue
  v1::EchoItemsRequest items;
  items.add_items()->add_names(kOwn);
  const auto quick = [&] {
    v1::EchoResponse response;
    return CodeAndReason(stub_->EchoItems(ContextWith(token_).get(), items, &response));
  };
  for (int round = 0; round < 3; ++round) {
    std::promise<void> release;
    std::atomic<int> inside{0};
    server_->handler().inside = [&inside, released = release.get_future().share()](const auto&, const grpcx::Call&) {
      ++inside;
      released.wait();
      return absl::OkStatus();
    };
    for (int i = 0; i < 300; ++i) ASSERT_EQ(quick(), "OK");
    std::vector<std::future<std::string>> waiting;
    for (int i = 0; i < kWaiting; ++i) waiting.push_back(std::async(std::launch::async, [&] { return Echo(); }));
    EXPECT_TRUE(Eventually([&] { return inside == kWaiting; })) << inside << " of " << kWaiting << " run";
    for (int i = 0; i < 300; ++i) EXPECT_EQ(quick(), "OK");
    release.set_value();
    for (auto& call : waiting) EXPECT_EQ(call.get(), "OK");
  }
}

TEST_F(Limits, ATenantMayHaveOnlySoManyCallsWaiting) {
  Start({.guard = {.max_waiting_calls = 8, .max_waiting_per_tenant = 2}});
  auto first = EchoSlowly("acme");
  auto second = EchoSlowly("acme");
  server_->handler().WaitForSlowCalls(2);
  EXPECT_EQ(EchoSlowly("acme").get(), "RESOURCE_EXHAUSTED TOO_MANY_WAITING");
  auto other = EchoSlowly("globex");
  server_->handler().WaitForSlowCalls(3);
  EXPECT_EQ(Echo(), "OK") << "quick calls are not held up";
  EXPECT_EQ(server_->guard().waiting_calls(), 3u);
  server_->handler().Release();
  EXPECT_EQ(first.get(), "OK");
  EXPECT_EQ(second.get(), "OK");
  EXPECT_EQ(other.get(), "OK");
  EXPECT_EQ(EchoSlowly("acme").get(), "OK");
}

TEST_F(Limits, AWaitingCallWhoseCallerGaveUpInTheQueueDoesNotRun) {
  Start({.guard = {.max_waiting_calls = 1, .max_waiting_per_tenant = 4}});
  auto first = EchoSlowly("acme");
  server_->handler().WaitForSlowCalls(1);
  v1::EchoResponse response;
  const auto status = stub_->EchoSlowly(ContextWith(token_, milliseconds(200)).get(), RequestFor(kOwn), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  // The server counts the same time from when the request reached it.
  std::this_thread::sleep_for(milliseconds(200));
  server_->handler().Release();
  EXPECT_EQ(first.get(), "OK");
  EXPECT_EQ(EchoSlowly("acme").get(), "OK");
  EXPECT_EQ(server_->handler().runs(), 2) << "the one in the middle never ran";
}

TEST_F(Limits, TooManyQuickCallsAreRefusedAtOnce) {
  Start({.guard = {.max_unary_calls = 2}});
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::atomic<int> inside{0};
  server_->handler().inside = [&](const auto&, const grpcx::Call&) {
    ++inside;
    released.wait();
    return absl::OkStatus();
  };
  auto first = std::async(std::launch::async, [this] { return Echo(); });
  auto second = std::async(std::launch::async, [this] { return Echo(); });
  while (inside < 2) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(Echo(), "RESOURCE_EXHAUSTED OVERLOADED");
  release.set_value();
  EXPECT_EQ(first.get(), "OK");
  EXPECT_EQ(second.get(), "OK");
  EXPECT_EQ(Echo(), "OK");
}

TEST_F(Limits, LargeRequestsAreRefused) {
  Start({.guard = {.max_request_bytes = 1000}});
  EXPECT_EQ(Echo(900), "OK");
  server_->handler().ResetRuns();
  EXPECT_EQ(Echo(1100), "INVALID_ARGUMENT REQUEST_TOO_LARGE");
  EXPECT_EQ(Echo(100'000), "RESOURCE_EXHAUSTED") << "cut off by gRPC";
  EXPECT_EQ(server_->handler().runs(), 0);
}

TEST_F(Limits, LargeHeadersAreRefused) {
  Start();
  auto context = ContextWith(token_);
  context->AddMetadata("x-filler", std::string(40'000, 'x'));
  v1::EchoResponse response;
  EXPECT_EQ(stub_->Echo(context.get(), RequestFor(kOwn), &response).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(server_->handler().runs(), 0);
  // gRPC sometimes ends the connection too, and a call that begins just then with it.
  EXPECT_TRUE(Eventually([&] { return Echo() == "OK"; }));
}

TEST_F(Limits, MalformedMessagesAreRefused) {
  Start();
  for (const char* method : {"Echo", "EchoSlowly", "Watch", "Upload", "Unbuilt"}) {
    const std::string path = std::string("/crosspoint.testing.v1.TestingService/") + method;
    EXPECT_EQ(Raw(path, "\xff\xff\xff\xff"), "INVALID_ARGUMENT MALFORMED_MESSAGE") << method;
    EXPECT_EQ(Raw(path, std::string("\x0a\x02\xc3\x28", 4)), "INVALID_ARGUMENT MALFORMED_MESSAGE") << "not UTF-8";
  }
  EXPECT_EQ(Raw("/crosspoint.testing.v1.TestingService/Nothing", ""), "UNIMPLEMENTED");
  EXPECT_EQ(server_->handler().runs(), 0);
}

TEST_F(Limits, StrangersCannotMakeUsParse) {
  Start();
  token_ = "";
  EXPECT_EQ(Raw("/crosspoint.testing.v1.TestingService/Echo", "\xff\xff"), "UNAUTHENTICATED NO_CREDENTIALS");
}

TEST_F(Limits, HandlersErrorsArriveWithTheirReason) {
  Start();
  server_->handler().inside = [](const auto&, const grpcx::Call&) {
    return ErrorWithInfo(absl::StatusCode::kAlreadyExists, "taken",
                         {"EMAIL_TAKEN", "directory.crosspoint", {{"email", "a@b"}}});
  };
  v1::EchoResponse response;
  const auto status = grpcx::FromGrpc(stub_->Echo(ContextWith(token_).get(), RequestFor(kOwn), &response));
  EXPECT_EQ(GetErrorInfo(status)->metadata.at("email"), "a@b");
  server_->handler().inside = [](const auto&, const grpcx::Call&) { return absl::UnknownError("?"); };
  EXPECT_EQ(stub_->Echo(ContextWith(token_).get(), RequestFor(kOwn), &response).error_code(),
            grpc::StatusCode::INTERNAL);
  server_->handler().inside = [](const auto&, const grpcx::Call&) -> absl::Status { throw 7; };
  EXPECT_EQ(Echo(), "INTERNAL");
  server_->handler().inside = nullptr;
  EXPECT_EQ(Echo(), "OK");
}

TEST_F(Limits, RequestIdAndTraceAreThoseOfTheCallerOrNew) {
  Start();
  std::string request_id;
  tracing::TraceContext trace;
  server_->handler().inside = [&](const auto&, const grpcx::Call& call) {
    request_id = call.request_id();
    trace = call.propagation.trace;
    EXPECT_EQ(log::CurrentContext().request_id, request_id);
    EXPECT_EQ(tracing::Current(), trace);
    return absl::OkStatus();
  };
  auto context = ContextWith(token_);
  context->AddMetadata("x-request-id", "abc-123");
  context->AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  v1::EchoResponse response;
  ASSERT_TRUE(stub_->Echo(context.get(), RequestFor(kOwn), &response).ok());
  EXPECT_EQ(request_id, "abc-123");
  EXPECT_EQ(trace.TraceIdHex(), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_NE(trace.SpanIdHex(), "b7ad6b7169203331") << "a step of its own";
  context = ContextWith(token_);
  context->AddMetadata("x-request-id", "not usable: {}");
  ASSERT_TRUE(stub_->Echo(context.get(), RequestFor(kOwn), &response).ok());
  EXPECT_TRUE(tracing::IsUsableRequestId(request_id)) << request_id;
  EXPECT_TRUE(trace.valid());
}

TEST(Outgoing, TheUsersTokenTravelsOnAndIsVerifiedAgain) {
  GuardedServer back(GuardedServer::Options{.transport = Transport::kMutualTls});
  GuardedServer front;
  const auto to_back = back.Stub("directory");
  // The front takes the back's issuer for its own; the caller's token is good for both.
  std::string seen_user;
  std::string seen_request_id;
  std::string seen_trace;
  TimePoint seen_deadline;
  back.handler().inside = [&](const auto&, const grpcx::Call& call) {
    seen_user = call.principal->user.Name();
    seen_request_id = call.request_id();
    seen_trace = call.propagation.trace.TraceIdHex();
    seen_deadline = call.deadline;
    return absl::OkStatus();
  };
  const auto back_token = back.credentials().Token("acme", "u42");
  TimePoint front_deadline;
  std::string front_trace;
  front.handler().inside = [&](const v1::EchoRequest& request, const grpcx::Call& call) {
    front_deadline = call.deadline;
    front_trace = call.propagation.trace.TraceIdHex();
    v1::EchoResponse response;
    auto propagation = call.propagation;
    propagation.token = back_token;
    return grpcx::FromGrpc(to_back->Echo(grpcx::OutgoingContext(propagation, call.steady_deadline), request, &response),
                           "back");
  };
  v1::EchoResponse response;
  auto context = ContextWith(front.credentials().Token("acme", "u42"), seconds(5));
  context->AddMetadata("x-request-id", "abc-123");
  EXPECT_EQ(CodeAndReason(front.Stub()->Echo(context.get(), RequestFor(kOwn), &response)), "OK");
  EXPECT_EQ(seen_user, kOwn);
  EXPECT_EQ(seen_request_id, "abc-123");
  EXPECT_EQ(seen_trace, front_trace);
  EXPECT_LE(seen_deadline, front_deadline + milliseconds(50));
}

TEST(Outgoing, InsideACallEverythingIsCarriedOn) {
  GuardedServer server;
  const auto stub = server.Stub();
  int depth = 0;
  std::vector<std::string> request_ids;
  server.handler().inside = [&](const v1::EchoRequest& request, const grpcx::Call& call) {
    request_ids.push_back(call.request_id());
    if (++depth > 1) return absl::OkStatus();
    v1::EchoResponse response;
    return grpcx::FromGrpc(stub->Echo(grpcx::OutgoingContext(call), request, &response), "testing");
  };
  v1::EchoResponse response;
  const auto context = ContextWith(server.credentials().Token("acme", "u42"));
  EXPECT_EQ(CodeAndReason(stub->Echo(context.get(), RequestFor(kOwn), &response)), "OK");
  ASSERT_EQ(request_ids.size(), 2u);
  EXPECT_EQ(request_ids[0], request_ids[1]);
}

TEST(Outgoing, BackgroundWorkIsTheServiceItself) {
  GuardedServer server(GuardedServer::Options{.transport = Transport::kMutualTls});
  std::string subject;
  server.handler().inside = [&](const auto&, const grpcx::Call& call) {
    subject = call.principal->subject;
    return absl::OkStatus();
  };
  v1::EchoResponse response;
  const auto deadline = std::chrono::steady_clock::now() + seconds(5);
  EXPECT_TRUE(server.Stub("presence")->Echo(grpcx::OutgoingContext(deadline), RequestFor(kOwn), &response).ok());
  EXPECT_EQ(subject, "service:presence");
}

TEST(Shutdown, AcceptedCallsEndWellAndRefusedOnesDidNotRun) {
  GuardedServer server;
  const auto stub = server.Stub();
  const auto token = server.credentials().Token("acme", "u42");
  auto running = std::async(std::launch::async, [&] {
    v1::EchoResponse response;
    return CodeAndReason(stub->EchoSlowly(ContextWith(token).get(), RequestFor(kOwn), &response));
  });
  server.handler().WaitForSlowCalls(1);
  auto down = std::async(std::launch::async, [&] { server.server().Shutdown(seconds(10)); });
  int ok = 0;
  absl::Status refused;
  while (refused.ok()) {  // calls are taken until the server has told its clients
    v1::EchoResponse response;
    refused = grpcx::FromGrpc(stub->Echo(ContextWith(token, seconds(1)).get(), RequestFor(kOwn), &response), "testing");
    if (refused.ok()) ++ok;
  }
  // By the server itself, or by gRPC once the connection knows.
  EXPECT_EQ(CodeAndReason(refused), "UNAVAILABLE PEER_UNAVAILABLE");
  EXPECT_EQ(server.handler().runs(), 1 + ok) << "what was refused did not run";
  server.handler().Release();
  EXPECT_EQ(running.get(), "OK");
  down.get();
}

TEST(Shutdown, ConnectionThatNeverReadsIsNotWaitedFor) {
  GuardedServer server;
  const int deaf = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(server.server().port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(deaf, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0) << errno;
  // An HTTP/2 client's preface and an empty SETTINGS frame (RFC 9113 section 3.4), then silence.
  const std::string hello("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  ASSERT_EQ(write(deaf, hello.data(), hello.size()), static_cast<ssize_t>(hello.size()));
  char answer[9];
  ASSERT_EQ(read(deaf, answer, sizeof(answer)), 9) << "the server's SETTINGS";
  const auto begin = std::chrono::steady_clock::now();
  server.server().Shutdown(seconds(19));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(10));
  close(deaf);
}

TEST(Shutdown, WaitsForHandlersOfCallsThatItCut) {
  GuardedServer server;
  const auto stub = server.Stub();
  const auto token = server.credentials().Token("acme", "u42");
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::atomic<int> inside{0};
  server.handler().inside = [&](const auto&, const grpcx::Call& call) {
    ++inside;
    released.wait();
    EXPECT_TRUE(call.cancelled());
    return absl::OkStatus();
  };
  const auto call = [&](auto method) {
    return std::async(std::launch::async, [&, method] {
      v1::EchoResponse response;
      return ((*stub).*method)(ContextWith(token).get(), RequestFor(kOwn), &response).ok();
    });
  };
  auto quick = call(&v1::TestingService::Stub::Echo);
  auto slow = call(&v1::TestingService::Stub::EchoSlowly);
  server.handler().WaitForSlowCalls(1);
  while (inside < 1) std::this_thread::sleep_for(milliseconds(1));
  auto down = std::async(std::launch::async, [&] { server.server().Shutdown(milliseconds(200)); });
  EXPECT_FALSE(quick.get()) << "cut, though its handler still runs";
  EXPECT_FALSE(slow.get());
  EXPECT_EQ(down.wait_for(milliseconds(50)), std::future_status::timeout);
  release.set_value();
  server.handler().Release();
  down.get();
}

TEST(AuthOff, LocalCallersMayDoEverything) {
  GuardedServer server(GuardedServer::Options{.auth = {.off = true}});
  std::string user;
  server.handler().inside = [&](const auto&, const grpcx::Call& call) {
    EXPECT_EQ(call.principal->kind, grpcx::Principal::Kind::kUnchecked);
    user = call.principal->user.Name();
    return absl::OkStatus();
  };
  const auto stub = server.Stub();
  v1::EchoResponse response;
  EXPECT_TRUE(stub->Echo(ContextWith("").get(), RequestFor("tenants/any/users/one"), &response).ok());
  EXPECT_TRUE(stub->EchoServices(ContextWith("rubbish").get(), RequestFor(""), &response).ok());
  EXPECT_EQ(user, "tenants/default/users/local");
  const auto in_process = v1::TestingService::NewStub(server.server().InProcessChannel());
  EXPECT_TRUE(in_process->Echo(ContextWith("").get(), RequestFor(kOwn), &response).ok());
}

TEST(AuthOff, OnlyLoopbackIsListenedOn) {
  SystemClock clock;
  log::Logger log("guard-test", log::Level::kError);
  grpcx::Authenticator off({.off = true}, nullptr, clock, log);
  grpcx::Guard guard(off, clock, log);
  for (const char* address : {"0.0.0.0:0", "[::]:0", "10.0.0.1:0", "example.com:0", "127.evil.example:0"}) {
    const auto server = grpcx::RpcServer::Start({.address = address}, guard, {});
    ASSERT_FALSE(server.ok()) << address;
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
}

TEST(Server, ReflectionListsGuardedServices) {
  class Reflected : public Limits {
   public:
    void TestBody() override {
      Start();
      std::string answer;
      // ServerReflectionRequest{list_services: "*"}
      EXPECT_EQ(Raw("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "\x3a\x01*", &answer), "OK");
      EXPECT_THAT(answer, ::testing::HasSubstr("crosspoint.testing.v1.TestingService"));
    }
  };
  Reflected().TestBody();
}

TEST(Server, AnAddressInUseIsSaid) {
  GuardedServer first;
  SystemClock clock;
  const auto second = grpcx::RpcServer::Start({.address = first.target()}, first.guard(), {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace crosspoint::testing
