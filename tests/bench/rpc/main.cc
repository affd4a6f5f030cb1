// What the Guard and all that goes with a call of ours cost, against gRPC by itself. See README.md in this folder.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "common/app/call_metrics.h"
#include "common/grpcx/guarded_service.h"
#include "common/grpcx/server.h"
#include "common/metrics/metrics.h"
#include "crosspoint/testing/v1/testing_service.grpc.pb.h"
#include "tests/bench/rpc/load.h"
#include "tests/support/credentials.h"

namespace crosspoint::bench {
namespace {

namespace v1 = crosspoint::testing::v1;
using testing::Credentials;

// gRPC by itself, as generated.
class BareEcho final : public v1::TestingService::Service {
 public:
  grpc::Status Echo(grpc::ServerContext*, const v1::EchoRequest* request, v1::EchoResponse* response) override {
    response->set_text(request->text());
    response->set_payload(request->payload());
    return grpc::Status::OK;
  }
};

// The same on a completion queue with threads of its own: the fastest style gRPC has on the server.
class QueueEcho {
 public:
  void Serve(grpc::ServerBuilder& builder) {
    builder.RegisterService(&service_);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    for (int i = 0; i < 4; ++i) threads_.emplace_back([this] { Work(); });
    for (int i = 0; i < 4; ++i) (new OneCall(*this))->Request();
  }
  ~QueueEcho() {
    server_->Shutdown();
    queue_->Shutdown();
    for (auto& thread : threads_) thread.join();
  }

 private:
  struct OneCall {
    explicit OneCall(QueueEcho& e) : echo(e) {}
    void Request() {
      echo.service_.RequestEcho(&context, &request, &writer, echo.queue_.get(), echo.queue_.get(), this);
    }
    void Complete(bool ok) {
      if (answered || !ok) {
        delete this;
        return;
      }
      (new OneCall(echo))->Request();
      v1::EchoResponse response;
      response.set_text(request.text());
      response.set_payload(request.payload());
      answered = true;
      writer.Finish(response, grpc::Status::OK, this);
    }
    QueueEcho& echo;
    grpc::ServerContext context;
    v1::EchoRequest request;
    grpc::ServerAsyncResponseWriter<v1::EchoResponse> writer{&context};
    bool answered = false;
  };

  void Work() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_->Next(&tag, &ok)) static_cast<OneCall*>(tag)->Complete(ok);
  }

  v1::TestingService::WithAsyncMethod_Echo<v1::TestingService::Service> service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::thread> threads_;
};

class GuardedEcho {
 public:
  explicit GuardedEcho(bool may_wait) : may_wait_(may_wait) {}
  void Bind(grpcx::Methods& methods) {
    may_wait_ ? methods.Unary("Echo", this, &GuardedEcho::Echo) : methods.Quick("Echo", this, &GuardedEcho::Echo);
  }

 private:
  absl::Status Echo(const v1::EchoRequest& request, const grpcx::Call&, v1::EchoResponse& response) {
    response.set_text(request.text());
    response.set_payload(request.payload());
    return absl::OkStatus();
  }
  const bool may_wait_;
};

grpcx::TlsFiles Files(const std::string& folder, const std::string& name, bool mutual_tls) {
  if (!mutual_tls) return {};
  const std::filesystem::path dir(folder);
  return {dir / (name + ".pem"), dir / (name + "-key.pem"), dir / "ca.pem"};
}

// Until the parent closes our input.
void ServeUntilTold(int port) {
  std::printf("%d\n", port);
  std::fclose(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

int ServeQueue(const grpcx::TlsFiles& tls) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", *grpcx::MakeServerCredentials(tls), &port);
  QueueEcho echo;
  echo.Serve(builder);
  ServeUntilTold(port);
  return 0;
}

int ServeBare(const grpcx::TlsFiles& tls) {
  BareEcho echo;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", *grpcx::MakeServerCredentials(tls), &port);
  builder.RegisterService(&echo);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 4);
  const auto server = builder.BuildAndStart();
  ServeUntilTold(port);
  server->Shutdown();
  return 0;
}

int ServeGuarded(const std::string& folder, const grpcx::TlsFiles& tls, bool may_wait) {
  const SystemClock clock;
  log::Logger log("bench", log::Level::kInfo);  // as shipped: calls are logged at debug
  grpcx::AuthConfig auth;
  auth.issuer = Credentials::kIssuer;
  grpcx::Authenticator authenticator(auth, grpcx::FileJwksSource(std::filesystem::path(folder) / "jwks.json"), clock,
                                     log);
  metrics::Registry registry;
  CallMetrics metrics(registry, "bench");
  grpcx::Guard guard(authenticator, clock, log, {.config = {}, .observer = &metrics, .grants = {}});
  GuardedEcho echo(may_wait);
  const auto service = grpcx::MakeGuarded<v1::TestingService>(echo, guard);
  grpcx::ServerOptions options;
  options.tls = tls;
  const auto server = grpcx::RpcServer::Start(options, guard, {service.get()});
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    return 1;
  }
  ServeUntilTold((*server)->port());
  return 0;
}

struct Result {
  double ratio = 0;
  double ratio_may_wait = 0;
  double token_miss_us = 0;
};

struct Samples {
  std::vector<double> rates;
  std::vector<double> cpu;
  void Add(const Round& round) {
    rates.push_back(round.calls_per_second);
    cpu.push_back(round.server_cpu_us);
  }
  void Print(const char* name) const {
    std::printf("  %-34s %8.0f calls/s   %6.1f us server CPU per call\n", name, Median(rates), Median(cpu));
  }
};

// Medians of what a token seen for the first time takes longer than one known already.
double TokenMiss(const Caller& caller, const Credentials& credentials, Credentials::Algorithm algorithm,
                 const char* name) {
  constexpr int kTokens = 400;
  std::vector<std::string> fresh;
  for (int i = 0; i < kTokens; ++i) {
    Credentials::Claims claims{.tenant = "acme", .user = "u42", .ttl = std::chrono::seconds(3600 + i)};
    claims.algorithm = algorithm;
    fresh.push_back(credentials.Token(claims));
  }
  const double first = Median(caller.Latencies(fresh));
  const double again = Median(caller.Latencies(fresh));
  std::printf("  token %s: %.0f us at first sight, %.0f us when known, difference %.0f us\n", name, first, again,
              first - again);
  return first - again;
}

Result Measure(const Credentials& credentials, const std::string& folder, const Load& load, int rounds,
               bool mutual_tls) {
  std::printf("%s: %d connections, %d threads, %zu bytes payload, %d rounds of %lld ms each\n",
              mutual_tls ? "mutual TLS" : "plain", load.connections, load.threads, load.payload_bytes, rounds,
              static_cast<long long>(load.round.count()));
  const ServerProcess bare("bare", folder, mutual_tls);
  const ServerProcess queue("queue", folder, mutual_tls);
  const ServerProcess guarded("guarded", folder, mutual_tls);
  const ServerProcess guarded_wait("guarded-wait", folder, mutual_tls);
  const auto channel_credentials = *grpcx::MakeChannelCredentials(Files(folder, "gateway", mutual_tls));
  const Caller to_bare(bare, load, channel_credentials);
  const Caller to_queue(queue, load, channel_credentials);
  const Caller to_guarded(guarded, load, channel_credentials);
  const Caller to_guarded_wait(guarded_wait, load, channel_credentials);
  const std::string token = credentials.Token("acme", "u42");
  to_bare.Run("");  // connections, pools and caches
  to_queue.Run("");
  to_guarded.Run(token);
  to_guarded_wait.Run(token);
  Samples floor;
  Samples queue_floor;
  Samples queue_with_headers;
  Samples ours;
  Samples ours_wait;
  std::vector<double> ratios;
  std::vector<double> ratios_wait;
  for (int i = 0; i < rounds; ++i) {
    // Who goes first changes, so that a machine that gets slower favours nobody.
    const auto floors = [&] {
      floor.Add(to_bare.Run(""));
      queue_floor.Add(to_queue.Run(""));
    };
    if (i % 2 == 0) floors();
    ours.Add(to_guarded.Run(token));
    ours_wait.Add(to_guarded_wait.Run(token));
    if (i % 2 == 1) floors();
    queue_with_headers.Add(to_queue.Run(token));
    // Whichever of gRPC's own styles is faster in this round counts.
    const double best = std::max(floor.rates.back(), queue_floor.rates.back());
    ratios.push_back(ours.rates.back() / best);
    ratios_wait.push_back(ours_wait.rates.back() / best);
  }
  floor.Print("bare gRPC, synchronous");
  queue_floor.Print("bare gRPC, completion queue");
  queue_with_headers.Print("  with token and deadline");
  ours.Print("guarded, quick");
  ours_wait.Print("guarded, may wait for Redis");
  Result result;
  result.ratio = Median(ratios);
  result.ratio_may_wait = Median(ratios_wait);
  std::printf("  ratio %.3f (of equal headers %.3f)\n", result.ratio,
              Median(ours.rates) / Median(queue_with_headers.rates));
  if (!mutual_tls) {
    result.token_miss_us = std::max(TokenMiss(to_guarded, credentials, Credentials::Algorithm::kEs256, "ES256"),
                                    TokenMiss(to_guarded, credentials, Credentials::Algorithm::kRs256, "RS256"));
  }
  return result;
}

int Run(int rounds, const Load& load) {
  char folder[] = "/tmp/crosspoint-bench-XXXXXX";
  if (mkdtemp(folder) == nullptr) return 1;
  Result plain;
  Result mutual_tls;
  {
    const auto credentials = Credentials::Create(folder);
    credentials.Certificate("testing");
    credentials.Certificate("gateway");
    plain = Measure(credentials, folder, load, rounds, false);
    mutual_tls = Measure(credentials, folder, load, rounds, true);
  }
  std::filesystem::remove_all(folder);
  fmt::print("ratio={:.3f} ratio_mtls={:.3f} ratio_may_wait={:.3f} token_miss_us={:.0f}\n", plain.ratio,
             mutual_tls.ratio, plain.ratio_may_wait, plain.token_miss_us);
  return 0;
}

}  // namespace
}  // namespace crosspoint::bench

int main(int argc, char** argv) {
  using namespace crosspoint::bench;
  std::string serve;
  std::string folder;
  bool mutual_tls = false;
  int rounds = 11;
  Load load;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto value = argument.substr(std::min(argument.size(), argument.find('=') + 1));
    if (argument.starts_with("--serve=")) {
      serve = value;
    } else if (argument.starts_with("--folder=")) {
      folder = value;
    } else if (argument == "--mtls") {
      mutual_tls = true;
    } else if (argument.starts_with("--rounds=")) {
      rounds = std::max(1, std::atoi(value.c_str()));
    } else if (argument.starts_with("--threads=")) {
      load.threads = std::max(1, std::atoi(value.c_str()));
    } else if (argument.starts_with("--round-ms=")) {
      load.round = std::chrono::milliseconds(std::max(10, std::atoi(value.c_str())));
    } else {
      std::fprintf(stderr, "usage: %s [--rounds=N] [--round-ms=N] [--threads=N]\n", argv[0]);
      return 2;
    }
  }
  if (serve == "bare") return ServeBare(Files(folder, "testing", mutual_tls));
  if (serve == "queue") return ServeQueue(Files(folder, "testing", mutual_tls));
  const bool may_wait = serve == "guarded-wait";
  if (may_wait || serve == "guarded") return ServeGuarded(folder, Files(folder, "testing", mutual_tls), may_wait);
  return Run(rounds, load);
}
