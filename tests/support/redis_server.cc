#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <thread>

#include "common/redis/blocking_connection.h"
#include "common/status/status.h"
#include "tests/support/credentials.h"

namespace crosspoint::testing {
namespace {

[[noreturn]] void Die(const std::string& what) {
  std::cerr << "RedisServer: " << what << std::endl;
  std::abort();
}

std::filesystem::path MakeDirectory() {
  std::string path = (std::filesystem::temp_directory_path() / "cp-redis-XXXXXX").string();
  if (!mkdtemp(path.data())) Die("cannot make a directory in " + path);
  return path;
}

Deadline In(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

}  // namespace

int FreeTcpPort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Die("no free port");
  }
  close(fd);
  return ntohs(address.sin_port);
}

class RedisServer::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)), dir_(MakeDirectory()) {
    if (options_.reach == Options::Reach::kTls) {
      files_ = Credentials::Create(dir_ / "tls").Certificate("redis");
    }
    if (options_.reach != Options::Reach::kUnix) port_ = FreeTcpPort();
    if (!options_.user.empty()) std::ofstream(dir_ / "password") << options_.password << "\n";
    Start();
  }

  ~Impl() {
    if (pid_ > 0) End(SIGKILL);
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }

  std::vector<std::string> Arguments() const {
    const bool valkey = options_.kind == Options::Kind::kValkey;
    const auto file = [](const std::filesystem::path& path) { return path.string(); };
    std::vector<std::string> arguments = {valkey ? "valkey-server" : "redis-server",
                                          "--dir",
                                          file(dir_),
                                          "--unixsocket",
                                          file(Socket()),
                                          "--save",
                                          "",
                                          "--logfile",
                                          file(dir_ / "log"),
                                          "--daemonize",
                                          "no",
                                          "--repl-diskless-sync-delay",
                                          "0"};
    const auto add = [&arguments](std::initializer_list<std::string> more) { arguments.insert(arguments.end(), more); };
    if (options_.append_only) add({"--appendonly", "yes", "--appendfsync", "always"});
    if (options_.reach == Options::Reach::kTls) {
      add({"--port", "0", "--tls-port", std::to_string(port_), "--bind", "127.0.0.1", "--tls-cert-file",
           file(files_->certificate), "--tls-key-file", file(files_->key), "--tls-ca-cert-file", file(files_->ca),
           "--tls-auth-clients", options_.require_client_certificate ? "yes" : "optional"});
    } else {
      add({"--port", std::to_string(port_)});
      if (port_ != 0) add({"--bind", "127.0.0.1"});
    }
    if (!options_.user.empty()) {
      add({"--user", options_.user, "on", ">" + options_.password});
      std::istringstream rules(options_.rules);
      for (std::string rule; rules >> rule;) add({rule});
    }
    if (options_.replica_of_port != 0) add({"--replicaof", "127.0.0.1", std::to_string(options_.replica_of_port)});
    arguments.insert(arguments.end(), options_.extra.begin(), options_.extra.end());
    return arguments;
  }

  void Start() {
    auto arguments = Arguments();
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const auto parent = getpid();
    pid_ = fork();
    if (pid_ < 0) Die("fork failed");
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(1);
      const int null = open("/dev/null", O_RDWR);
      dup2(null, 0);
      dup2(null, 1);
      execvp(argv[0], argv.data());
      _exit(127);
    }
    AwaitAnswer(arguments[0]);
  }

  void AwaitAnswer(const std::string& program) {
    const auto give_up = In(std::chrono::seconds(20));
    while (std::chrono::steady_clock::now() < give_up) {
      int status = 0;
      if (waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        Die(program + " ended at once: " + Log());
      }
      RedisBlockingConnection probe(LocalConfig());
      if (probe.Call({"PING"}, In(std::chrono::seconds(1))).ok()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
    Die(program + " does not answer: " + Log());
  }

  std::string Log() const {
    std::ifstream in(dir_ / "log");
    return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  }

  void End(int signal) {
    if (pid_ <= 0) return;
    kill(pid_, signal);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
  }

  std::filesystem::path Socket() const { return dir_ / "redis.sock"; }

  RedisConfig LocalConfig() const {
    RedisConfig config;
    config.address = "unix:" + Socket().string();
    return config;
  }

  const Options options_;
  const std::filesystem::path dir_;
  std::optional<Credentials::Files> files_;
  int port_ = 0;
  pid_t pid_ = -1;
};

RedisServer::RedisServer(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
RedisServer::~RedisServer() = default;

RedisConfig RedisServer::config() const {
  auto config = impl_->LocalConfig();
  const auto& options = impl_->options_;
  if (options.reach != Options::Reach::kUnix) config.address = "127.0.0.1:" + std::to_string(impl_->port_);
  if (!options.user.empty()) {
    config.user = options.user;
    config.password_file = impl_->dir_ / "password";
  }
  if (options.reach == Options::Reach::kTls) {
    config.tls.enabled = true;
    config.tls.ca_file = impl_->files_->ca;
    if (options.require_client_certificate) {
      config.tls.cert_file = impl_->files_->certificate;
      config.tls.key_file = impl_->files_->key;
    }
  }
  config.allow_volatile = !options.append_only;
  return config;
}

std::string RedisServer::socket_path() const { return impl_->Socket(); }
int RedisServer::port() const { return impl_->port_; }
const std::filesystem::path& RedisServer::dir() const { return impl_->dir_; }
int RedisServer::pid() const { return impl_->pid_; }
void RedisServer::Kill() { impl_->End(SIGKILL); }
void RedisServer::Stop() { impl_->End(SIGTERM); }
void RedisServer::Freeze() { kill(impl_->pid_, SIGSTOP); }
void RedisServer::Thaw() { kill(impl_->pid_, SIGCONT); }

void RedisServer::Restart() {
  impl_->End(SIGKILL);
  impl_->Start();
}

RedisReply RedisServer::Command(const std::vector<std::string>& args) const {
  RedisBlockingConnection connection(impl_->LocalConfig());
  auto reply = connection.Call(args, In(std::chrono::seconds(10)));
  if (reply.ok()) return *std::move(reply);
  if (absl::IsUnavailable(reply.status()) && GetErrorInfo(reply.status())->reason == "REDIS_UNAVAILABLE") {
    Die("command failed: " + MessageOf(reply.status()) + "\n" + impl_->Log());
  }
  return RedisReply::Error(MessageOf(reply.status()));
}

}  // namespace crosspoint::testing
