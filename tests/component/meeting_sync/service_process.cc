#include "tests/component/meeting_sync/service_process.h"

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/http/client.h"
#include "tests/support/process_usage.h"

namespace crosspoint::testing {
namespace {

constexpr char kBase[] =
    "server: {address: 127.0.0.1, port: 0, health_port: 0, http_port: 0, drain_delay: 0s}\n"
    "auth: {off: true}\n";

}  // namespace

ServiceProcess::ServiceProcess(const std::string& yaml) {
  char name[] = "/tmp/crosspoint_meeting_sync_XXXXXX";
  dir_ = mkdtemp(name);
  std::ofstream(dir_ / "config.yaml") << kBase << yaml;
  const char* bin = std::getenv("CROSSPOINT_BIN_DIR");
  const auto program = (std::filesystem::path(bin != nullptr ? bin : ".") / "crosspoint-meeting-sync").string();
  const auto config = (dir_ / "config.yaml").string();
  const auto ports = (dir_ / "ports.json").string();
  const auto err = (dir_ / "stderr").string();
  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(open(err.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600), STDERR_FILENO);
  execl(program.c_str(), program.c_str(), "--config", config.c_str(), "--ports-file", ports.c_str(), nullptr);
  _exit(127);
}

ServiceProcess::~ServiceProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (::testing::Test::HasFailure()) fprintf(stderr, "log of the service:\n%s", log().c_str());
  std::filesystem::remove_all(dir_);
}

void ServiceProcess::AwaitPorts() {
  ASSERT_TRUE(Eventually([this] { return std::filesystem::exists(dir_ / "ports.json"); })) << log();
  const auto json = nlohmann::json::parse(Read("ports.json"));
  for (const auto& [which, port] : json.items()) ports_[which] = port.get<int>();
}

bool ServiceProcess::AwaitReady(std::chrono::milliseconds limit) const {
  return Eventually([this] { return Get("/healthz").first == 200; }, limit);
}

void ServiceProcess::Signal(int number) const { kill(pid_, number); }

int ServiceProcess::Wait(std::chrono::milliseconds limit) {
  int status = 0;
  if (!Eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }, limit)) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string ServiceProcess::address() const { return "127.0.0.1:" + std::to_string(ports_.at("grpc")); }

std::shared_ptr<grpc::Channel> ServiceProcess::channel() const {
  return grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
}

std::pair<int, std::string> ServiceProcess::Get(const std::string& path) const {
  http::HttpClient client({.addresses = {.allow_loopback = true}});
  http::HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(ports_.at("http")) + path;
  request.timeout = std::chrono::seconds(2);
  const auto response = client.Send(request);
  return response.ok() ? std::pair(response->status, response->body)
                       : std::pair(0, std::string(response.status().message()));
}

int ServiceProcess::LogCount(const std::string& event) const {
  int count = 0;
  std::istringstream lines(log());
  for (std::string line; std::getline(lines, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_object() && json.value("event", "") == event) ++count;
  }
  return count;
}

long ServiceProcess::MemoryKb(const std::string& what) const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(what + ":", 0) == 0) return std::stol(line.substr(what.size() + 1));
  }
  return -1;
}

int ServiceProcess::ThreadCount() const {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task")) {
    static_cast<void>(entry);
    ++count;
  }
  return count;
}

double ServiceProcess::CpuSeconds() const { return testing::CpuSeconds(pid_); }

std::string ServiceProcess::Read(const std::string& file) const {
  std::ifstream in(dir_ / file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace crosspoint::testing
