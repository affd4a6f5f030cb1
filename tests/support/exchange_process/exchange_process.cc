#include "tests/support/exchange_process/exchange_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace crosspoint::testing {
namespace {

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "exchange simulator: %s\n", why.c_str());
  std::abort();
}

std::filesystem::path Binary() {
  const char* directory = std::getenv("CROSSPOINT_BIN_DIR");
  std::filesystem::path binaries =
      directory != nullptr ? directory : std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return binaries / "crosspoint-exchange-sim";
}

std::filesystem::path SchemaDirectory() {
  if (const char* given = std::getenv("CROSSPOINT_REFERENCE")) return std::filesystem::path(given) / "ews" / "schema";
  if (const char* source = std::getenv("CROSSPOINT_SOURCE_DIR")) {
    return std::filesystem::path(source) / ".." / "shared" / "reference" / "ews" / "schema";
  }
  return {};
}

}  // namespace

ExchangeProcess::ExchangeProcess(std::vector<std::string> extra_arguments)
    : extra_arguments_(std::move(extra_arguments)), http_({.addresses = {.allow_loopback = true}}) {
  std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-exchange-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) Die("cannot make a directory");
  directory_ = pattern;
  std::ofstream(directory_ / "password") << "Passw0rd!\n";
  std::ofstream(directory_ / "token") << "token-1\n";
  std::ofstream(directory_ / "tokens") << "token-1 svc\n";
  Start();
}

ExchangeProcess::~ExchangeProcess() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void ExchangeProcess::Start() {
  std::vector<std::string> arguments = {Binary().string(),
                                        "--port",
                                        std::to_string(port_),
                                        "--service-account",
                                        "svc:" + password_file(),
                                        "--accept-token-file",
                                        (directory_ / "tokens").string()};
  if (const auto schema = SchemaDirectory(); std::filesystem::exists(schema / "ews-all.xsd")) {
    arguments.insert(arguments.end(), {"--schema", schema.string()});
  }
  arguments.insert(arguments.end(), extra_arguments_.begin(), extra_arguments_.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  int out[2];
  if (pipe(out) != 0) Die("no pipe");
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    dup2(out[1], STDOUT_FILENO);
    close(out[0]);
    close(out[1]);
    execv(argv[0], argv.data());
    std::perror(argv[0]);
    _exit(127);
  }
  close(out[1]);
  FILE* lines = fdopen(out[0], "r");
  char line[256] = "";
  if (std::fgets(line, sizeof line, lines) == nullptr) Die("did not start: " + arguments[0]);
  std::fclose(lines);
  const std::string text = line;
  port_ = std::atoi(text.substr(text.rfind(':') + 1).c_str());
  if (port_ == 0) Die("said no port: " + text);
}

void ExchangeProcess::Freeze() { kill(pid_, SIGSTOP); }
void ExchangeProcess::Thaw() { kill(pid_, SIGCONT); }

void ExchangeProcess::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void ExchangeProcess::Restart() {
  Kill();
  Start();
}

std::string ExchangeProcess::Get(std::string_view path) { return Ask("GET", path, ""); }
std::string ExchangeProcess::Post(std::string_view path, std::string_view json) { return Ask("POST", path, json); }

void ExchangeProcess::ForgetFaults() { Ask("DELETE", "/sim/faults", ""); }

std::string ExchangeProcess::Ask(std::string_view method, std::string_view path, std::string_view json) {
  const auto answer = http_.Send({.method = std::string(method),
                                  .url = base_url() + std::string(path),
                                  .headers = {{"Content-Type", "application/json"}},
                                  .body = std::string(json)});
  if (!answer.ok()) Die(std::string(path) + ": " + answer.status().ToString());
  if (answer->status / 100 != 2)
    Die(std::string(path) + ": HTTP " + std::to_string(answer->status) + " " + answer->body);
  return answer->body;
}

}  // namespace crosspoint::testing
