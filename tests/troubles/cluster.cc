#include "tests/troubles/cluster.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "common/grpcx/channel.h"
#include "crosspoint/presence/v1/presence_service.grpc.pb.h"

namespace crosspoint::troubles {
namespace {

using namespace std::chrono_literals;

constexpr int kPort = 9443;
constexpr char kStoreAddress[] = "10.77.0.1";

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "troubles: %s\n", why.c_str());
  std::exit(1);
}

std::filesystem::path TemporaryDirectory() {
  char name[] = "/tmp/crosspoint-troubles-XXXXXX";
  if (mkdtemp(name) == nullptr) Die("cannot make a directory");
  return name;
}

std::string HostOf(int replica, bool namespaces) {
  return fmt::format("{}.0.{}", namespaces ? "10.77" : "127.0", 11 + replica);
}

testing::RedisServerOptions RedisFor(bool namespaces) {
  testing::RedisServerOptions options;
  if (!namespaces) return options;
  options.reach = testing::RedisServerOptions::Reach::kTcp;
  options.extra = {"--bind", kStoreAddress, "127.0.0.1", "--protected-mode", "no"};
  return options;
}

std::filesystem::path Program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "crosspoint-presence";
}

}  // namespace

Cluster::Cluster(int replicas, bool namespaces)
    : namespaces_(namespaces),
      dir_(TemporaryDirectory()),
      credentials_(testing::Credentials::Create(dir_ / "credentials")),
      redis_(std::make_unique<testing::RedisServer>(RedisFor(namespaces))) {
  std::vector<std::string> hosts;
  for (int i = 0; i < replicas; ++i) hosts.push_back(HostOf(i, namespaces));
  const auto files = credentials_.Certificate("presence", hosts);
  const auto store = namespaces ? fmt::format("{}:{}", kStoreAddress, redis_->port()) : "unix:" + redis_->socket_path();
  for (int i = 0; i < replicas; ++i) {
    Replica replica;
    const auto host = HostOf(i, namespaces);
    // Below those the kernel hands out by itself.
    const int port = namespaces ? kPort : 20'000 + getpid() % 10'000;
    replica.address = fmt::format("{}:{}", host, port);
    replica.config = dir_ / fmt::format("presence-{}.yaml", i);
    std::ofstream(replica.config) << fmt::format(
        "server: {{address: {}, port: {}, health_port: 0, http_port: 0, certificate_file: '{}', key_file: '{}', "
        "client_ca_file: '{}'}}\n"
        "auth: {{issuer: '{}', audience: '{}', jwks_file: '{}'}}\n"
        "redis: {{address: '{}', durability: single}}\n"
        "bus: {{bind: 'tcp://{}:*'}}\n"
        "directory: {{target: 'ipv4:127.0.0.1:1'}}\n"  // nobody asks by e-mail
        "log: {{level: warn}}\n",
        host, port, files.certificate.string(), files.key.string(), files.ca.string(), testing::Credentials::kIssuer,
        testing::Credentials::kAudience, credentials_.jwks_file().string(), store, host);
    replicas_.push_back(std::move(replica));
  }
}

Cluster::~Cluster() {
  for (int i = 0; i < size(); ++i) Kill(i);
  redis_.reset();
  std::error_code ignored;
  if (std::getenv("CROSSPOINT_KEEP_TROUBLES") == nullptr) std::filesystem::remove_all(dir_, ignored);
}

void Cluster::Start(int index) {
  auto& replica = replicas_[index];
  const auto program = Program().string();
  const auto config = replica.config.string();
  const auto log = (dir_ / fmt::format("presence-{}.log", index)).string();
  const auto space = fmt::format("cp{}", index + 1);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    const int out = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    if (namespaces_) {
      execlp("ip", "ip", "netns", "exec", space.c_str(), program.c_str(), "--config", config.c_str(), nullptr);
    } else {
      execl(program.c_str(), program.c_str(), "--config", config.c_str(), nullptr);
    }
    std::perror("exec");
    _exit(127);
  }
  const auto files = credentials_.Certificate("gateway");
  grpcx::ChannelConfig to{.target = "ipv4:" + replica.address};
  to.server_name = "presence";
  to.tls = {files.certificate, files.key, files.ca};
  to.max_backoff = 200ms;
  auto channel = grpcx::MakeChannel(to);
  if (!channel.ok()) Die(channel.status().ToString());
  const std::lock_guard lock(mu_);
  replica.pid = child;
  replica.channel = *channel;
}

bool Cluster::Running(int replica) const {
  const std::lock_guard lock(mu_);
  return replicas_[replica].pid > 0;
}

std::shared_ptr<grpc::Channel> Cluster::Channel(int replica) const {
  const std::lock_guard lock(mu_);
  return replicas_[replica].channel;
}

void Cluster::Kill(int index) {
  auto& replica = replicas_[index];
  if (replica.pid <= 0) return;
  kill(replica.pid, SIGKILL);
  waitpid(replica.pid, nullptr, 0);
  const std::lock_guard lock(mu_);
  replica.pid = -1;
}

void Cluster::Freeze(int replica) const { kill(replicas_[replica].pid, SIGSTOP); }
void Cluster::Thaw(int replica) const { kill(replicas_[replica].pid, SIGCONT); }

bool Cluster::WaitReady() {
  for (const auto& replica : replicas_) {
    if (replica.pid <= 0) continue;
    const auto stub = presence::v1::PresenceService::NewStub(replica.channel);
    presence::v1::GetPresenceRequest request;
    request.set_user("tenants/acme/users/nobody");
    grpc::Status status(grpc::StatusCode::UNKNOWN, "");
    for (int tries = 0; tries < 300 && !status.ok(); ++tries) {
      const auto context = As("nobody", "user");
      presence::v1::Presence answer;
      status = stub->GetPresence(context.get(), request, &answer);
      if (!status.ok()) std::this_thread::sleep_for(20ms);
    }
    if (!status.ok()) {
      std::fprintf(stderr, "troubles: %s does not answer: %s; see the logs in %s\n", replica.address.c_str(),
                   status.error_message().c_str(), dir_.c_str());
      return false;
    }
  }
  return true;
}

long Cluster::RssKb(int replica) const {
  std::ifstream file(fmt::format("/proc/{}/status", replicas_[replica].pid));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  return 0;
}

void Cluster::Nft(int replica, const std::string& rules) const {
  const auto file = dir_ / "rules.nft";
  std::ofstream(file) << rules;
  const auto command = fmt::format("ip netns exec cp{} nft -f {}", replica + 1, file.string());
  if (std::system(command.c_str()) != 0) Die("cannot set the rules of a namespace: " + command);
}

namespace {

// `rule` for what comes in; `rule_out` for what goes out.
std::string Table(const std::string& in, const std::string& out) {
  return fmt::format(
      "table inet troubles {{\n"
      "  chain in {{ type filter hook input priority 0; {} }}\n"
      "  chain out {{ type filter hook output priority 0; {} }}\n"
      "}}\n",
      in, out);
}

}  // namespace

void Cluster::CutFromPeersAndStore(int replica) const {
  Nft(replica, Table(fmt::format("tcp dport {} accept; ip saddr 10.77.0.0/24 drop;", kPort),
                     fmt::format("tcp sport {} accept; ip daddr 10.77.0.0/24 drop;", kPort)));
}

void Cluster::CutFromPeers(int replica) const {
  Nft(replica, Table("ip saddr 10.77.0.11-10.77.0.20 drop;", "ip daddr 10.77.0.11-10.77.0.20 drop;"));
}

void Cluster::LosePackets(int replica, int percent) const {
  const auto rule = fmt::format("meta oifname != \"lo\" numgen random mod 100 < {} drop;", percent);
  Nft(replica, Table(fmt::format("meta iifname != \"lo\" numgen random mod 100 < {} drop;", percent), rule));
}

void Cluster::Mend(int replica) const { Nft(replica, "delete table inet troubles\n"); }

std::unique_ptr<grpc::ClientContext> Cluster::As(const std::string& user, const std::string& role) const {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + 3s);
  // A call that fails at once would not drive the connection on which it waits.
  context->set_wait_for_ready(true);
  context->AddMetadata("authorization", "Bearer " + credentials_.Token("acme", user, {role}));
  return context;
}

}  // namespace crosspoint::troubles
