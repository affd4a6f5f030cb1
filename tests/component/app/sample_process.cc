#include "tests/component/app/sample_process.h"

#include <fcntl.h>
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/http/client.h"

namespace crosspoint::testing {
namespace {

constexpr char kBase[] =
    "server: {address: 127.0.0.1, port: 0, health_port: 0, http_port: 0, drain_delay: 0s}\n"
    "auth: {off: true}\n";

std::string Bytes(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const auto& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

// One request and one answer on a bidirectional stream.
std::string Exchange(const std::string& target, const std::string& method, const std::string& message) {
  grpc::GenericStub stub(grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  queue.Next(&tag, &ok);
  const grpc::Slice slice(message);
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  queue.Next(&tag, &ok);
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  queue.Next(&tag, &ok);
  const auto bytes = ok ? Bytes(answer) : std::string("no answer");
  context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  queue.Next(&tag, &ok);
  queue.Shutdown();
  return bytes;
}

// One unary call of grpc.health.v1; the answer's bytes. Source: grpc/health/v1/health.proto, whose only field of the
// response is the status, number 1: SERVING is 1, NOT_SERVING 2.
std::string CheckHealth(const std::string& target) {
  grpc::GenericStub stub(grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
  grpc::CompletionQueue queue;
  const grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  queue.Shutdown();
  if (!status.ok()) return status.error_message();
  const auto bytes = Bytes(response);
  return bytes == "\x08\x01" ? "SERVING" : bytes == "\x08\x02" ? "NOT_SERVING" : "unreadable";
}

}  // namespace

SampleProcess::SampleProcess() : yaml_(kBase) {
  char name[] = "/tmp/crosspoint_app_XXXXXX";
  dir_ = mkdtemp(name);
  Configure("diary_file: " + (dir_ / "diary").string() + "\n");
}

SampleProcess::~SampleProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::filesystem::remove_all(dir_);
}

void SampleProcess::Start(const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& environment) {
  std::ofstream(dir_ / "sample.yaml") << yaml_;
  const char* bin = std::getenv("CROSSPOINT_BIN_DIR");
  const auto program = (std::filesystem::path(bin != nullptr ? bin : ".") / "app_sample").string();
  auto words = arguments;
  if (words.empty()) {
    words = {"--config", (dir_ / "sample.yaml").string(), "--ports-file", (dir_ / "ports.json").string()};
  }
  words.insert(words.begin(), program);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto out = (dir_ / "stdout").string();
  const auto err = (dir_ / "stderr").string();
  pid_ = fork();
  if (pid_ != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(open(out.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600), STDOUT_FILENO);
  dup2(open(err.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600), STDERR_FILENO);
  for (const auto& [key, value] : environment) setenv(key.c_str(), value.c_str(), 1);
  execv(program.c_str(), argv.data());
  _exit(127);
}

void SampleProcess::StartAndWait() {
  Start();
  if (!Eventually([this] { return std::filesystem::exists(dir_ / "ports.json"); })) {
    std::fprintf(stderr, "app_sample in $CROSSPOINT_BIN_DIR does not start: %s\n", Stderr().c_str());
    std::abort();
  }
  ports_ = nlohmann::json::parse(Read("ports.json"));
}

void SampleProcess::Signal(int number) const { kill(pid_, number); }

int SampleProcess::Wait(std::chrono::milliseconds limit) {
  int status = 0;
  if (!Eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }, limit)) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::pair<int, std::string> SampleProcess::Get(const std::string& path) const {
  http::HttpClient client({.addresses = {.allow_loopback = true}});
  http::HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(port("http")) + path;
  request.timeout = std::chrono::seconds(2);
  const auto response = client.Send(request);
  return response.ok() ? std::pair(response->status, response->body)
                       : std::pair(0, std::string(response.status().message()));
}

std::string SampleProcess::Health() const { return CheckHealth("127.0.0.1:" + std::to_string(port("health"))); }

// Field 7 of the request is list_services. Source: grpc/reflection/v1alpha/reflection.proto.
std::string SampleProcess::Reflection() const {
  return Exchange("127.0.0.1:" + std::to_string(port("grpc")),
                  "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", std::string("\x3a\x01*"));
}

std::vector<nlohmann::json> SampleProcess::Logged(const std::string& event) const {
  std::vector<nlohmann::json> found;
  std::istringstream lines(Stderr());
  for (std::string line; std::getline(lines, line);) {
    auto json = nlohmann::json::parse(line, nullptr, false);
    EXPECT_TRUE(json.is_object()) << "not one JSON object: " << line;
    if (json.is_object() && json["event"] == event) found.push_back(std::move(json));
  }
  return found;
}

std::vector<std::string> SampleProcess::Diary() const {
  std::vector<std::string> lines;
  std::istringstream diary(Read("diary"));
  for (std::string line; std::getline(diary, line);) lines.push_back(line);
  return lines;
}

long SampleProcess::MemoryKb(const std::string& what) const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(what + ":", 0) == 0) return std::stol(line.substr(what.size() + 1));
  }
  return -1;
}

std::string SampleProcess::Read(const std::string& file) const {
  std::ifstream in(dir_ / file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace crosspoint::testing
