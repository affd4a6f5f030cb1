#include "tests/bench/rpc/load.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "crosspoint/testing/v1/testing_service.grpc.pb.h"
#include "tests/support/process_usage.h"

namespace crosspoint::bench {
namespace {

namespace v1 = crosspoint::testing::v1;
using std::chrono::steady_clock;

v1::EchoRequest MakeRequest(size_t payload_bytes) {
  v1::EchoRequest request;
  request.set_name("tenants/acme/users/u42");
  request.set_payload(std::string(payload_bytes, 'x'));
  return request;
}

void Prepare(grpc::ClientContext& context, const std::string& authorization) {
  if (authorization.empty()) return;
  context.AddMetadata("authorization", authorization);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
}

void CallOnce(v1::TestingService::Stub& stub, const v1::EchoRequest& request, const std::string& authorization) {
  grpc::ClientContext context;
  Prepare(context, authorization);
  v1::EchoResponse response;
  const auto status = stub.Echo(&context, request, &response);
  if (status.ok() && response.payload().size() == request.payload().size()) return;
  std::fprintf(stderr, "call failed: %d %s\n", status.error_code(), status.error_message().c_str());
  std::exit(1);
}

}  // namespace

ServerProcess::ServerProcess(const std::string& kind, const std::string& folder, bool mutual_tls) {
  int to_server[2];
  int from_server[2];
  if (pipe2(to_server, O_CLOEXEC) != 0 || pipe2(from_server, O_CLOEXEC) != 0) std::abort();
  const std::string serve = "--serve=" + kind;
  const std::string where = "--folder=" + folder;
  const char* const arguments[] = {"crosspoint-bench-rpc", serve.c_str(), where.c_str(),
                                   mutual_tls ? "--mtls" : nullptr, nullptr};
  pid_ = fork();
  if (pid_ == 0) {
    dup2(to_server[0], STDIN_FILENO);
    dup2(from_server[1], STDOUT_FILENO);
    execv("/proc/self/exe", const_cast<char* const*>(arguments));
    _exit(127);
  }
  close(to_server[0]);
  close(from_server[1]);
  input_ = to_server[1];
  std::FILE* const output = fdopen(from_server[0], "r");
  if (output == nullptr || std::fscanf(output, "%d", &port_) != 1 || port_ == 0) {
    std::fprintf(stderr, "the %s server did not start\n", kind.c_str());
    std::exit(1);
  }
  std::fclose(output);
}

ServerProcess::~ServerProcess() {
  close(input_);
  waitpid(pid_, nullptr, 0);
}

double ServerProcess::cpu_seconds() const { return testing::CpuSeconds(pid_); }

Caller::Caller(const ServerProcess& server, const Load& load,
               const std::shared_ptr<grpc::ChannelCredentials>& credentials)
    : server_(server), load_(load) {
  for (int i = 0; i < load.connections; ++i) {
    grpc::ChannelArguments args;
    args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // or all channels would share one connection
    channels_.push_back(grpc::CreateCustomChannel(server.target(), credentials, args));
  }
}

Round Caller::Run(const std::string& token) const {
  const std::string authorization = token.empty() ? "" : "Bearer " + token;
  std::atomic<bool> stop{false};
  std::atomic<int64_t> calls{0};
  const double cpu_before = server_.cpu_seconds();
  const auto begin = steady_clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < load_.threads; ++i) {
    threads.emplace_back([&, i] {
      const auto stub = v1::TestingService::NewStub(channels_[static_cast<size_t>(i) % channels_.size()]);
      const auto request = MakeRequest(load_.payload_bytes);
      int64_t mine = 0;
      for (; !stop.load(std::memory_order_relaxed); ++mine) CallOnce(*stub, request, authorization);
      calls += mine;
    });
  }
  std::this_thread::sleep_for(load_.round);
  stop = true;
  for (auto& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
  const auto count = static_cast<double>(calls.load());
  return {count / seconds, (server_.cpu_seconds() - cpu_before) * 1e6 / count};
}

std::vector<double> Caller::Latencies(const std::vector<std::string>& tokens) const {
  const auto stub = v1::TestingService::NewStub(channels_[0]);
  const auto request = MakeRequest(load_.payload_bytes);
  std::vector<double> micros;
  for (const auto& token : tokens) {
    const std::string authorization = "Bearer " + token;
    const auto begin = steady_clock::now();
    CallOnce(*stub, request, authorization);
    micros.push_back(std::chrono::duration<double, std::micro>(steady_clock::now() - begin).count());
  }
  return micros;
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace crosspoint::bench
