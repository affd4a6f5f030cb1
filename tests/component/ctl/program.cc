#include "tests/component/ctl/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>

namespace crosspoint::testing {
namespace {

// Ends before main does, while the threads it was made on still live.
class CtlEnvironment final : public ::testing::Environment {
 public:
  void TearDown() override { stack.reset(); }
  std::unique_ptr<Stack> stack;
};

CtlEnvironment* const environment =
    static_cast<CtlEnvironment*>(::testing::AddGlobalTestEnvironment(new CtlEnvironment));

std::string Unique(const std::string& what) {
  static std::atomic<int> next{1};
  return what + "-" + std::to_string(next++);
}

std::string Content(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string Binary() {
  const char* directory = std::getenv("CROSSPOINT_BIN_DIR");
  const std::filesystem::path binaries =
      directory != nullptr ? directory : std::filesystem::read_symlink("/proc/self/exe").parent_path();
  return binaries / "crosspointctl";
}

[[noreturn]] void Become(const std::vector<std::string>& command, const std::filesystem::path& in,
                         const std::filesystem::path& out, const std::filesystem::path& err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(open(in.c_str(), O_RDONLY), STDIN_FILENO);
  dup2(open(out.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600), STDOUT_FILENO);
  dup2(open(err.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600), STDERR_FILENO);
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

Stack& CtlStack() {
  if (environment->stack == nullptr) {
    environment->stack = std::make_unique<Stack>(
        StackOptions{.presence = 1, .tenants = {{"default", ""}, {"south", "bridge_mode: hosted"}}});
    environment->stack->Start();
  }
  return *environment->stack;
}

std::vector<nlohmann::json> CtlResult::Messages() const {
  std::vector<nlohmann::json> messages;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) messages.push_back(nlohmann::json::parse(line));
  return messages;
}

Ctl::Ctl(const std::string& user, std::vector<std::string> roles, const std::string& tenant)
    : server_(CtlStack().Address("gateway")), token_file_(CtlStack().dir() / Unique("token")) {
  SetToken(CtlStack().credentials().Token(tenant, user, std::move(roles)));
}

void Ctl::SetToken(const std::string& token) const { std::ofstream(token_file_, std::ios::trunc) << token; }

CtlResult Ctl::Run(const std::vector<std::string>& arguments, const std::string& input) const {
  return Start(arguments, input)->Wait();
}

std::unique_ptr<Ctl::Background> Ctl::Start(const std::vector<std::string>& arguments, const std::string& input) const {
  std::vector<std::string> command{
      Binary(),        "--server",   server_,        "--ca",     CtlStack().credentials().ca_file(),
      "--server-name", server_name_, "--token-file", token_file_};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto in = WriteFile(Unique("in"), input);
  const auto out = CtlStack().dir() / Unique("out");
  const auto err = CtlStack().dir() / Unique("err");
  const pid_t pid = fork();
  if (pid == 0) Become(command, in, out, err);
  return std::make_unique<Background>(pid, out, err);
}

Ctl::Background::Background(pid_t pid, std::filesystem::path out, std::filesystem::path err)
    : pid_(pid), out_(std::move(out)), err_(std::move(err)) {}

Ctl::Background::~Background() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string Ctl::Background::out() const { return Content(out_); }
std::string Ctl::Background::err() const { return Content(err_); }
void Ctl::Background::Signal(int number) const { kill(pid_, number); }

CtlResult Ctl::Background::Wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), .out = out(), .err = err()};
}

std::filesystem::path WriteFile(const std::string& name, const std::string& content) {
  const auto file = CtlStack().dir() / name;
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
  return file;
}

std::string MakeCtlUser(const std::string& display_name, const std::string& email, const std::string& extension) {
  const auto blank = display_name.find(' ');
  const nlohmann::json mailbox{{"email", email},
                               {"display_name", display_name},
                               {"given_name", display_name.substr(0, blank)},
                               {"surname", display_name.substr(blank + 1)},
                               {"business_phone", "+1 555 0100"}};
  CtlStack().exchange().Post("/sim/mailboxes", mailbox.dump());
  const auto file = WriteFile(Unique("user.csv"), "display_name,email,extension,mailbox\n" + display_name + "," +
                                                      email + "," + extension + ",ews\n");
  const auto result = Ctl().Run({"users", "import", file, "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto messages = result.Messages();
  return messages.empty() ? "" : messages[0].value("name", "");
}

}  // namespace crosspoint::testing
