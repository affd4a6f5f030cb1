// What feeding and reading very many mailboxes costs one process. See README.md in the folder above.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "common/tasks/task_pool.h"
#include "connectors/ews/client.h"
#include "connectors/ews/feed/feed_hub.h"
#include "tests/component/meeting_sync/fakes.h"
#include "tests/component/meeting_sync/service_process.h"
#include "tests/support/exchange_process/exchange_process.h"
#include "tests/support/redis_server.h"

namespace crosspoint::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using testing::ExchangeProcess;
using testing::ServiceProcess;

double Seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

// Private memory of a process, in kB.
long PrivateKb(const std::string& pid) {
  std::ifstream in("/proc/" + pid + "/smaps_rollup");
  long sum = 0;
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with("Private_")) sum += std::atol(line.substr(line.find(':') + 1).c_str());
  }
  return sum;
}

int Threads() {
  const auto tasks = std::filesystem::directory_iterator("/proc/self/task");
  return static_cast<int>(std::distance(begin(tasks), end(tasks)));
}

double At(std::vector<double> values, double quantile) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(quantile * static_cast<double>(values.size() - 1))];
}

// The value of a metric without labels, or of all series of one with labels that contain `label`.
double Metric(const ServiceProcess& service, const std::string& name, const std::string& label = "") {
  const auto text = service.Get("/metrics").second;
  double sum = 0;
  size_t at = 0;
  while ((at = text.find("\n" + name, at)) != std::string::npos) {
    const auto end = text.find('\n', at + 1);
    const auto line = text.substr(at + 1, end - at - 1);
    at = end;
    if (line.find(label) != std::string::npos) sum += std::atof(line.substr(line.rfind(' ') + 1).c_str());
  }
  return sum;
}

std::vector<std::string> Addresses(ExchangeProcess& exchange) {
  std::vector<std::string> addresses;
  const auto listed = nlohmann::json::parse(exchange.Get("/sim/mailboxes"));
  const auto& people = listed.is_array() ? listed : listed.at("mailboxes");
  for (const auto& person : people) {
    const auto address = person.at("email").get<std::string>();
    if (!address.starts_with("svc@")) addresses.push_back(address);
  }
  return addresses;
}

int OpenStreams(ExchangeProcess& exchange) {
  return nlohmann::json::parse(exchange.Get("/sim/stats")).at("open_streams").get<int>();
}

std::unique_ptr<ews::EwsClient> Connect(const ExchangeProcess& exchange) {
  return ews::EwsClient::Create({.url = exchange.ews_url(),
                                 .auth = ews::BasicAuth{"svc", exchange.password_file()},
                                 .allow_loopback = true,
                                 .max_connections = 512})
      .value();
}

void Create(ews::EwsClient& client, const std::string& address, std::chrono::hours ahead) {
  const auto start = std::chrono::ceil<std::chrono::hours>(SystemClock().Now()) + ahead + std::chrono::microseconds(0);
  const auto made =
      client.CreateCalendarItem({.subject = "change", .start = start, .end = start + std::chrono::minutes(30)},
                                ews::Invitations::kNone, {.mailbox = address});
  if (made.ok()) return;
  std::fprintf(stderr, "create: %s\n", std::string(made.status().ToString()).c_str());
  std::exit(1);
}

// When a mailbox heard last, and how often it had to be told to read everything.
struct Heard {
  std::atomic<Clock::rep> event{0};
  std::atomic<int> gaps{0};
};

class Listener final : public ews::FeedListener {
 public:
  explicit Listener(Heard& heard) : heard_(heard) {}
  void OnEvent(const ews::StreamEvent&) override {
    Clock::rep none = 0;
    heard_.event.compare_exchange_strong(none, Clock::now().time_since_epoch().count());
  }
  void OnGap() override { ++heard_.gaps; }
  void OnTrouble(const absl::Status&) override {}

 private:
  Heard& heard_;
};

struct FeedResult {
  double fed_s = 0;
  int streams = 0;
  int threads = 0;
  double bytes_per_mailbox = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

// The feed alone, in this process: from the change's sending to the callback.
FeedResult MeasureFeed(ExchangeProcess& exchange, const std::vector<std::string>& addresses, int changes) {
  FeedResult result;
  const auto client = Connect(exchange);
  const auto writer = Connect(exchange);
  Create(*writer, addresses[0], std::chrono::hours(24));  // whatever is made once is there before the measuring
  ews::EwsFeedServer server(*client);
  TaskPool tasks(9);
  ews::FeedHub hub(tasks, {}, [] { return 0.5; });
  const int idle_threads = Threads();
  std::vector<Heard> heard(addresses.size());
  const long idle_kb = PrivateKb("self");
  std::vector<std::unique_ptr<ews::FeedSeat>> seats;
  const auto begin = Clock::now();
  for (size_t i = 0; i < addresses.size(); ++i) {
    seats.push_back(
        hub.Add({.address = addresses[i], .server = &server, .grouping = ""}, std::make_unique<Listener>(heard[i])));
  }
  while (hub.stats().fed < addresses.size()) std::this_thread::sleep_for(milliseconds(20));
  result.fed_s = Seconds(Clock::now() - begin);
  std::this_thread::sleep_for(milliseconds(500));
  result.streams = OpenStreams(exchange);
  result.threads = Threads() - idle_threads;
  result.bytes_per_mailbox =
      static_cast<double>(PrivateKb("self") - idle_kb) * 1024 / static_cast<double>(addresses.size());

  std::mt19937 random(1);
  std::vector<double> latencies;
  for (int i = 0; i < changes; ++i) {
    const auto who = random() % addresses.size();
    heard[who].event = 0;
    const auto sent = Clock::now();
    Create(*writer, addresses[who], std::chrono::hours(i % 500));
    while (heard[who].event == 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
    const Clock::time_point told{Clock::duration(heard[who].event)};
    latencies.push_back(Seconds(told - sent) * 1e3);
  }
  result.p50_ms = At(latencies, 0.5);
  result.p99_ms = At(latencies, 0.99);
  seats.clear();
  hub.Stop();
  client->Stop();
  tasks.Stop();
  return result;
}

struct ServiceResult {
  double read_s = 0;
  int streams = 0;
  int peak_streams = 0;
  int threads = 0;
  double idle_cpu_percent = 0;
  double bytes_per_mailbox = 0;
  double peak_bytes_per_mailbox = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

// The whole service as a process, with a real Redis: every mailbox leased, fed, read once and kept.
ServiceResult MeasureService(ExchangeProcess& exchange, const std::vector<std::string>& addresses, int changes) {
  ServiceResult result;
  testing::RedisServer redis;
  testing::FakePresence presence;
  testing::FakeDirectory directory;
  ServiceProcess service(fmt::format(
      "redis: {{address: 'unix:{}'}}\npresence: {{target: '{}'}}\ndirectory: {{target: '{}'}}\n"
      "tenants: {{acme: {{ews: {{url: '{}', user: svc, password_file: '{}', allow_loopback: true}}}}}}\n",
      redis.socket_path(), presence.target(), directory.target(), exchange.ews_url(), exchange.password_file()));
  service.AwaitPorts();
  const auto put = [&](size_t i) { directory.Put(fmt::format("p{:05}", i), addresses[i]); };
  put(0);  // idle is a process that has read one mailbox
  if (!service.AwaitReady() || !testing::Eventually([&] {
        return Metric(service, "crosspoint_meeting_sync_runs_total", "result=\"ok\"") >= 1;
      })) {
    std::fprintf(stderr, "the service does not start:\n%s\n", service.log().c_str());
    std::exit(1);
  }
  const auto private_kb = [&] { return service.MemoryKb("Private_Clean") + service.MemoryKb("Private_Dirty"); };
  const long idle_kb = private_kb();
  const auto count = static_cast<double>(addresses.size());
  const auto begin = Clock::now();
  for (size_t i = 1; i < addresses.size(); ++i) put(i);
  long peak_kb = 0;
  while (Metric(service, "crosspoint_meeting_sync_mailboxes_fed") < count ||
         Metric(service, "crosspoint_meeting_sync_runs_total", "result=\"ok\"") < count) {
    std::this_thread::sleep_for(milliseconds(250));
    result.peak_streams = std::max(result.peak_streams, OpenStreams(exchange));
    peak_kb = std::max(peak_kb, private_kb());
    if (Clock::now() - begin > std::chrono::minutes(20)) {
      std::fprintf(stderr, "not done after 20 minutes: %.0f fed\n",
                   Metric(service, "crosspoint_meeting_sync_mailboxes_fed"));
      std::exit(1);
    }
  }
  result.read_s = Seconds(Clock::now() - begin);
  std::this_thread::sleep_for(std::chrono::seconds(12));  // replaced connections end within ten seconds
  const double cpu = service.CpuSeconds();
  std::this_thread::sleep_for(std::chrono::seconds(10));  // two renewals of every lease
  result.idle_cpu_percent = (service.CpuSeconds() - cpu) * 10;
  result.streams = OpenStreams(exchange);
  result.threads = service.ThreadCount();
  result.bytes_per_mailbox = static_cast<double>(private_kb() - idle_kb) * 1024 / count;
  result.peak_bytes_per_mailbox = static_cast<double>(std::max(peak_kb, private_kb()) - idle_kb) * 1024 / count;

  const auto writer = Connect(exchange);
  std::mt19937 random(2);
  std::vector<double> latencies;
  for (int i = 0; i < changes; ++i) {
    const auto who = random() % addresses.size();
    const auto user = fmt::format("tenants/acme/users/p{:05}", who);
    const auto before = presence.Claims(user).size();
    const auto sent = Clock::now();
    Create(*writer, addresses[who], std::chrono::hours(i % 300));
    while (presence.Claims(user).size() == before && Clock::now() - sent < std::chrono::seconds(10)) {
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    latencies.push_back(Seconds(Clock::now() - sent) * 1e3);
  }
  result.p50_ms = At(latencies, 0.5);
  result.p99_ms = At(latencies, 0.99);
  return result;
}

int Run(int people, int changes) {
  fmt::print("starting a server with {} mailboxes\n", people);
  ExchangeProcess exchange({"--people", std::to_string(people), "--servers", "2"});
  const auto addresses = Addresses(exchange);
  fmt::print("feed alone, in process, {} mailboxes\n", addresses.size());
  std::fflush(stdout);
  const auto feed = MeasureFeed(exchange, addresses, changes);
  fmt::print("  all fed after {:.1f} s, {} streaming connections, {} threads, {:.0f} bytes a mailbox\n", feed.fed_s,
             feed.streams, feed.threads, feed.bytes_per_mailbox);
  fmt::print("  change sent to callback: p50 {:.2f} ms, p99 {:.2f} ms\n", feed.p50_ms, feed.p99_ms);
  fmt::print("the service with Redis, as a process\n");
  std::fflush(stdout);
  const auto service = MeasureService(exchange, addresses, changes / 5);
  fmt::print("  all fed and read after {:.1f} s, {} threads, then {:.1f} % of a core when nothing happens\n",
             service.read_s, service.threads, service.idle_cpu_percent);
  fmt::print("  streaming connections {}, {} while growing\n", service.streams, service.peak_streams);
  fmt::print("  private memory over idle: {:.0f} bytes a mailbox, {:.0f} at most\n", service.bytes_per_mailbox,
             service.peak_bytes_per_mailbox);
  fmt::print("  change sent to claim placed: p50 {:.1f} ms, p99 {:.1f} ms\n", service.p50_ms, service.p99_ms);
  fmt::print(
      "mailboxes={} streams={} bytes_per_mailbox={:.0f} peak_bytes_per_mailbox={:.0f} threads={} "
      "idle_cpu_percent={:.1f} fed_s={:.1f} "
      "read_s={:.1f} callback_p50_ms={:.2f} callback_p99_ms={:.2f} claim_p50_ms={:.1f} claim_p99_ms={:.1f}\n",
      addresses.size(), std::max(feed.streams, service.streams), service.bytes_per_mailbox,
      service.peak_bytes_per_mailbox, service.threads, service.idle_cpu_percent, feed.fed_s, service.read_s,
      feed.p50_ms, feed.p99_ms, service.p50_ms, service.p99_ms);
  return 0;
}

}  // namespace
}  // namespace crosspoint::bench

int main(int argc, char** argv) {
  int people = 10'000;
  int changes = 1'000;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto value = std::atoi(argument.substr(std::min(argument.size(), argument.find('=') + 1)).c_str());
    if (argument.starts_with("--people=") && value > 0) {
      people = value;
    } else if (argument.starts_with("--changes=") && value > 0) {
      changes = value;
    } else {
      std::fprintf(stderr, "usage: %s [--people=N] [--changes=N]\n", argv[0]);
      return 2;
    }
  }
  const auto binaries = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  setenv("CROSSPOINT_BIN_DIR", binaries.c_str(), 0);
  return crosspoint::bench::Run(people, changes);
}
