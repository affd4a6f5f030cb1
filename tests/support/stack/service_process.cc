#include "tests/support/stack/service_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

namespace crosspoint::testing {
namespace {

std::filesystem::path Binary(const std::string& name) {
  const char* directory = std::getenv("CROSSPOINT_BIN_DIR");
  const std::filesystem::path binaries =
      directory != nullptr ? directory : std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return binaries / ("crosspoint-" + name);
}

std::string Read(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

void Pause(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

ServiceProcess::ServiceProcess(std::string name, std::string label, std::filesystem::path dir, const std::string& yaml)
    : name_(std::move(name)), label_(std::move(label)), dir_(std::move(dir)) {
  std::ofstream(config_file()) << yaml;
}

ServiceProcess::~ServiceProcess() { Kill(); }

void ServiceProcess::Start() {
  std::filesystem::remove(dir_ / (label_ + ".ports"));
  const auto program = Binary(name_).string();
  const auto config = config_file().string();
  const auto ports = (dir_ / (label_ + ".ports")).string();
  const auto log = log_file().string();
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  const int out = open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execl(program.c_str(), program.c_str(), "--config", config.c_str(), "--ports-file", ports.c_str(), nullptr);
  std::perror(program.c_str());
  _exit(127);
}

int ServiceProcess::http_port() const {
  const auto ports = nlohmann::json::parse(Read(dir_ / (label_ + ".ports")), nullptr, false);
  return ports.is_object() ? ports.value("http", 0) : 0;
}

std::pair<int, std::string> ServiceProcess::Get(const std::string& path) const {
  const int port = http_port();
  if (port == 0) return {0, "no ports yet"};
  static http::HttpClient client({.addresses = {.allow_loopback = true}});
  http::HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(port) + path;
  request.timeout = std::chrono::seconds(2);
  const auto response = client.Send(request);
  if (!response.ok()) return {0, std::string(response.status().message())};
  return {response->status, response->body};
}

bool ServiceProcess::Ready() const { return Get("/healthz").first == 200; }

void ServiceProcess::WaitReady(std::chrono::milliseconds limit) {
  int status = 0;
  const bool ready = Eventually([&] { return Ready() || waitpid(pid_, &status, WNOHANG) == pid_; }, limit);
  if (ready && Ready()) return;
  std::fprintf(stderr, "%s is not ready: %s\n%s\n", label_.c_str(), Get("/healthz").second.c_str(),
               LastWords().c_str());
  std::exit(1);
}

std::string ServiceProcess::LastWords() const {
  const auto log = Read(log_file());
  return log.substr(log.size() - std::min<size_t>(log.size(), 4000));
}

void ServiceProcess::Signal(int number) const { kill(pid_, number); }

void ServiceProcess::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int ServiceProcess::Terminate(std::chrono::milliseconds limit) {
  if (pid_ <= 0) return -1;
  kill(pid_, SIGTERM);
  int status = 0;
  if (!Eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }, limit)) return -1;
  pid_ = -1;
  const int ended_with = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (ended_with != 0) std::fprintf(stderr, "%s ended with %d:\n%s\n", label_.c_str(), ended_with, LastWords().c_str());
  return ended_with;
}

long ServiceProcess::MemoryKb(const std::string& what) const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(what + ":", 0) == 0) return std::stol(line.substr(what.size() + 1));
  }
  return -1;
}

}  // namespace crosspoint::testing
