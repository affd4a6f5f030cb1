#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/clock/clock.h"
#include "common/grpcx/channel.h"
#include "common/grpcx/guarded_service.h"
#include "common/grpcx/server.h"
#include "common/grpcx/status.h"
#include "crosspoint/testing/v1/testing_service.grpc.pb.h"
#include "tests/support/credentials.h"

namespace crosspoint::testing {

template <class Condition>
bool Eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// Echoes, counts how often it ran, and lets the test look inside a running call.
class TestingHandler {
 public:
  using Request = v1::EchoRequest;
  using Response = v1::EchoResponse;
  using Call = grpcx::Call;

  void Bind(grpcx::Methods& methods);

  // Of any method, including the starts and messages of streams.
  int runs() const { return runs_; }
  void ResetRuns() { runs_ = 0; }
  // Uploads and chats whose callers said that this was all.
  int whole() const { return whole_; }

  // Runs inside Echo, EchoInTenant, EchoAnyone and EchoServices when set.
  std::function<absl::Status(const Request&, const Call&)> inside;
  // Gets the stream of Watch and Chat when set.
  std::function<void(const Call&, std::shared_ptr<grpcx::ServerStream<Response>>)> on_watch;
  std::function<void(const Call&, std::shared_ptr<grpcx::BidiStream<Request, Response>>)> on_chat;

  // EchoSlowly waits until released.
  void Release();
  void WaitForSlowCalls(int count);

 private:
  absl::Status Echo(const Request& request, const Call& call, Response& response);
  absl::Status EchoItems(const v1::EchoItemsRequest& request, const Call& call, Response& response);
  absl::Status EchoSlowly(const Request& request, const Call& call, Response& response);
  void Watch(const Request& request, const Call& call, std::shared_ptr<grpcx::ServerStream<Response>> stream);
  void Upload(const Call& call, std::shared_ptr<grpcx::ClientStream<Request, Response>> stream);
  void Chat(const Call& call, std::shared_ptr<grpcx::BidiStream<Request, Response>> stream);

  std::atomic<int> runs_{0};
  std::atomic<int> whole_{0};
  std::mutex mu_;
  std::condition_variable changed_;
  int slow_ = 0;           // guarded by mu_
  bool released_ = false;  // guarded by mu_
};

enum class Transport { kPlain, kMutualTls };

// A guarded TestingService on a real port of loopback, and channels to it.
class GuardedServer {
 public:
  struct Options {
    Transport transport = Transport::kPlain;
    grpcx::GuardConfig guard;
    grpcx::DelegateGrants grants;
    grpcx::CallObserver* observer = nullptr;
    grpcx::AuthConfig auth;                   // issuer, audience and keys are filled in
    std::unique_ptr<grpcx::JwksSource> keys;  // null: the credentials' file
    std::string address = "127.0.0.1:0";
    std::chrono::seconds tls_reread{10};
    log::Level log_level = log::Level::kError;
  };

  GuardedServer() : GuardedServer(Options{}) {}
  explicit GuardedServer(Options options);
  ~GuardedServer();

  // A channel as `service` would have one; without a certificate when plain.
  std::shared_ptr<grpc::Channel> Channel(std::string_view service = "gateway");
  std::unique_ptr<v1::TestingService::Stub> Stub(std::string_view service = "gateway");

  TestingHandler& handler() { return handler_; }
  const Credentials& credentials() const { return credentials_; }
  Credentials& credentials() { return credentials_; }
  FakeClock& clock() { return clock_; }
  grpcx::Guard& guard() { return *guard_; }
  grpcx::Authenticator& authenticator() { return *authenticator_; }
  grpcx::RpcServer& server() { return *server_; }
  std::string target() const;

 private:
  struct TemporaryFolder {
    TemporaryFolder();
    ~TemporaryFolder();
    std::filesystem::path path;
  };

  TemporaryFolder folder_;
  Credentials credentials_;
  FakeClock clock_;
  log::Logger log_;
  TestingHandler handler_;
  Transport transport_;
  std::unique_ptr<grpcx::Authenticator> authenticator_;
  std::unique_ptr<grpcx::Guard> guard_;
  std::unique_ptr<grpcx::GuardedService> service_;
  std::unique_ptr<grpcx::RpcServer> server_;
};

// A context with a deadline and, unless empty, a token.
std::unique_ptr<grpc::ClientContext> ContextWith(std::string_view token,
                                                 std::chrono::milliseconds timeout = std::chrono::seconds(10));

// "NOT_FOUND RESOURCE_NOT_FOUND": code and reason, for one-line expectations.
std::string CodeAndReason(const absl::Status& status);
std::string CodeAndReason(const grpc::Status& status);

}  // namespace crosspoint::testing
