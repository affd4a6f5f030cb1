// What forwarding costs: GetPresence at presence itself and through the gateway, same token, same connections, same
// machine, in alternating rounds.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "crosspoint/presence/v1/presence_service.grpc.pb.h"
#include "tests/support/process_usage.h"
#include "tests/support/stack/stack.h"

namespace crosspoint::bench {
namespace {

namespace pb = presence::v1;
using std::chrono::steady_clock;

struct Load {
  int connections = 4;
  int threads = 8;
  int rounds = 11;
  std::chrono::milliseconds round{1000};
};

double At(std::vector<double>& values, double part) {
  const auto index = std::min(values.size() - 1, static_cast<size_t>(part * static_cast<double>(values.size())));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index), values.end());
  return values[index];
}

// One way to the service, with connections of its own.
class Way {
 public:
  // `pids`: of the processes on the way.
  Way(testing::Stack& stack, const std::string& as, const std::string& service, std::vector<pid_t> pids,
      const Load& load)
      : load_(load), pids_(std::move(pids)), cpu_(pids_.size()) {
    for (int i = 0; i < load.connections; ++i) {
      stubs_.push_back(pb::PresenceService::NewStub(stack.ChannelAs(as, service)));
    }
  }

  // Calls one after the other on each thread; calls per second. Failures end the program.
  double Run(const std::string& token) {
    std::vector<std::vector<double>> times(static_cast<size_t>(load_.threads));
    const auto end = steady_clock::now() + load_.round;
    for (size_t i = 0; i < pids_.size(); ++i) cpu_[i] -= 1e6 * testing::CpuSeconds(pids_[i]);
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < load_.threads; ++i) {
        threads.emplace_back([&, i] {
          auto& stub = *stubs_[static_cast<size_t>(i % load_.connections)];
          while (steady_clock::now() < end) times[static_cast<size_t>(i)].push_back(Call(stub, token));
        });
      }
    }
    size_t calls = 0;
    for (const auto& one : times) {
      calls += one.size();
      micros_.insert(micros_.end(), one.begin(), one.end());
    }
    for (size_t i = 0; i < pids_.size(); ++i) cpu_[i] += 1e6 * testing::CpuSeconds(pids_[i]);
    rates_.push_back(static_cast<double>(calls) / std::chrono::duration<double>(load_.round).count());
    return rates_.back();
  }

  void Forget() {
    micros_.clear();
    rates_.clear();
    cpu_.assign(pids_.size(), 0);
  }
  double rate() { return At(rates_, 0.5); }
  double p50() { return At(micros_, 0.5); }
  double p99() { return At(micros_, 0.99); }
  // Processor time of one of the processes for one call; of all of them.
  double cpu(size_t i) const { return cpu_[i] / static_cast<double>(micros_.size()); }
  double cpu() const {
    double all = 0;
    for (size_t i = 0; i < cpu_.size(); ++i) all += cpu(i);
    return all;
  }
  void Print(const char* name) {
    fmt::print("  {:<24} {:8.0f} calls/s   p50 {:6.0f} us   p99 {:6.0f} us   cpu", name, rate(), p50(), p99());
    for (size_t i = 0; i < cpu_.size(); ++i) fmt::print("{} {:.0f}", i == 0 ? "" : " +", cpu(i));
    fmt::print(" us\n");
  }

 private:
  static double Call(pb::PresenceService::Stub& stub, const std::string& token) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    context.set_wait_for_ready(true);
    pb::GetPresenceRequest request;
    request.set_user("tenants/default/users/somebody");
    pb::Presence answer;
    const auto begin = steady_clock::now();
    const auto status = stub.GetPresence(&context, request, &answer);
    if (!status.ok()) {
      fmt::print(stderr, "{}\n", status.error_message());
      std::exit(1);
    }
    return std::chrono::duration<double, std::micro>(steady_clock::now() - begin).count();
  }

  const Load load_;
  const std::vector<pid_t> pids_;
  std::vector<double> cpu_;  // of each process, in microseconds
  std::vector<std::unique_ptr<pb::PresenceService::Stub>> stubs_;
  std::vector<double> micros_;
  std::vector<double> rates_;
};

// Callers who search the corporate list, through the gateway, all the time: they need Exchange.
class Searchers {
 public:
  Searchers(testing::Stack& stack, const std::string& token) {
    for (int i = 0; i < 8; ++i) {
      threads_.emplace_back([&stack, token, this](const std::stop_token& stop) {
        const auto stub = directory::v1::DirectoryService::NewStub(stack.GatewayChannel());
        while (!stop.stop_requested()) {
          grpc::ClientContext context;
          context.AddMetadata("authorization", "Bearer " + token);
          context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
          directory::v1::SearchPeopleRequest request;
          request.set_parent(testing::Stack::kTenant);
          request.set_query(fmt::format("nobody {}", ++asked_));
          directory::v1::SearchPeopleResponse answer;
          (void)stub->SearchPeople(&context, request, &answer);
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
      });
    }
  }

 private:
  std::atomic<int> asked_{0};
  std::vector<std::jthread> threads_;
};

struct Frozen {
  double p99_us = 0;         // of calls that do not need Exchange, while it answers
  double frozen_p99_us = 0;  // and while it does not
};

Frozen WithFrozenExchange(testing::Stack& stack, const std::string& token, const Load& load) {
  const Searchers searchers(stack, token);
  const std::vector<pid_t> pids = {stack.gateway().pid()};
  Way before(stack, "", "gateway", pids, load);
  Way frozen(stack, "", "gateway", pids, load);
  for (int i = 0; i < load.rounds; ++i) {
    before.Run(token);
    stack.exchange().Freeze();
    frozen.Run(token);
    stack.exchange().Thaw();
  }
  before.Print("Exchange answers");
  frozen.Print("Exchange is frozen");
  return {before.p99(), frozen.p99()};
}

int Run(const Load& load) {
  testing::StackOptions options;
  options.presence = 1;
  options.meeting_sync = 0;
  options.contact = 0;
  options.voicemail = 0;
  // All threads bear one user's token: the limit of calls per caller is not what is measured.
  options.gateway_yaml = "forward: {max_calls_per_caller: 10000}\n";
  testing::Stack stack(options);
  stack.Start();
  const auto token = stack.credentials().Token("default", "somebody", {"user"});
  const pid_t self = getpid();
  Way direct(stack, "gateway", "presence", {self, stack.presence().pid()}, load);
  Way forwarded(stack, "", "gateway", {self, stack.presence().pid(), stack.gateway().pid()}, load);
  direct.Run(token);  // connections and caches
  forwarded.Run(token);
  direct.Forget();
  forwarded.Forget();
  std::vector<double> ratios;
  for (int i = 0; i < load.rounds; ++i) {
    double floor = 0;
    if (i % 2 == 0) floor = direct.Run(token);
    const double ours = forwarded.Run(token);
    if (i % 2 == 1) floor = direct.Run(token);
    ratios.push_back(ours / floor);
  }
  fmt::print("GetPresence, {} connections, {} threads, {} rounds, TLS\n", load.connections, load.threads, load.rounds);
  direct.Print("presence itself");
  forwarded.Print("through the gateway");
  const auto frozen = WithFrozenExchange(stack, token, load);
  fmt::print(
      "ratio={:.3f} direct_per_s={:.0f} forwarded_per_s={:.0f} added_p50_us={:.0f} added_p99_us={:.0f} "
      "cpu_ratio={:.3f} gateway_cpu_us={:.1f} p99_us={:.0f} frozen_p99_us={:.0f}\n",
      At(ratios, 0.5), direct.rate(), forwarded.rate(), forwarded.p50() - direct.p50(), forwarded.p99() - direct.p99(),
      direct.cpu() / forwarded.cpu(), forwarded.cpu(2), frozen.p99_us, frozen.frozen_p99_us);
  return 0;
}

}  // namespace
}  // namespace crosspoint::bench

int main(int argc, char** argv) {
  crosspoint::bench::Load load;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const int value =
        std::max(1, std::atoi(argument.substr(std::min(argument.size(), argument.find('=') + 1)).c_str()));
    if (argument.starts_with("--rounds=")) {
      load.rounds = value;
    } else if (argument.starts_with("--threads=")) {
      load.threads = value;
    } else if (argument.starts_with("--round-ms=")) {
      load.round = std::chrono::milliseconds(value);
    } else {
      fmt::print(stderr, "usage: {} [--rounds=N] [--round-ms=N] [--threads=N]\n", argv[0]);
      return 2;
    }
  }
  return crosspoint::bench::Run(load);
}
