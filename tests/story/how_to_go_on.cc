#include "tests/story/how_to_go_on.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace crosspoint::story {
namespace {

constexpr std::chrono::hours kTokenLife{12};

std::string ConfigFile(testing::Stack& stack, const std::filesystem::path& token) {
  const auto file = stack.dir() / "ctl.yaml";
  std::ofstream(file) << fmt::format("server: {}\nserver_name: gateway\nca_file: {}\ntoken_file: {}\n",
                                     stack.Address("gateway"), stack.credentials().ca_file().string(), token.string());
  return file.string();
}

}  // namespace

TokenFiles WriteTokens(Stage& stage, const std::filesystem::path& dir) {
  const auto write = [&](const char* name, const std::string& user, std::vector<std::string> roles) {
    auto file = dir / name;
    std::ofstream(file) << stage.system().credentials().Token("default", user, std::move(roles), kTokenLife);
    return file;
  };
  return {write("token-anna", stage.anna.id(), {"user", "tenant_admin"}), write("token-pbx", "pbx", {"integrator"}),
          write("token-operator", "operator", {"operator"})};
}

void TellHowToGoOn(Stage& stage, testing::Stack& stack) {
  const auto tokens = WriteTokens(stage, stack.dir());
  const auto config = ConfigFile(stack, tokens.anna);
  const auto binary = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "crosspointctl";
  fmt::print("\nIt stays up until you press Ctrl-C.\n\n");
  for (auto* process : stack.processes()) {
    fmt::print("  {:<16} pid {:<7} http://127.0.0.1:{}/healthz and /metrics, log {}\n", process->label(),
               process->pid(), process->http_port(), process->log_file().string());
  }
  fmt::print("  {:<16} {}\n", "exchange", stack.exchange().ews_url());
  fmt::print("  {:<16} redis-cli -s {}\n", "redis", stack.redis().socket_path());
  fmt::print(
      "\nTalk to it as {}, who also administers it (the tokens are good for 12 hours):\n\n"
      "  export CROSSPOINT_CTL_CONFIG={}\n"
      "  alias crosspointctl={}\n"
      "  crosspointctl search miller\n"
      "  crosspointctl presence watch\n"
      "  crosspointctl presence set do-not-disturb --for 15m\n"
      "  crosspointctl meetings list\n"
      "  crosspointctl connector test\n"
      "  crosspointctl --token-file {} outbox list --service meeting-sync\n",
      stage.anna.display_name, config, binary.string(), tokens.pbx.string(), stage.anna.name,
      tokens.operations.string());
  fmt::print(
      "\nor as any gRPC client does, for example with grpcurl:\n\n"
      "  grpcurl -cacert {} -authority gateway -H \"authorization: Bearer $(cat {})\" \\\n"
      "    -d '{{\"user\": \"{}\"}}' {} crosspoint.presence.v1.PresenceService/GetPresence\n\n",
      stack.credentials().ca_file().string(), tokens.anna.string(), stage.anna.name, stack.Address("gateway"));
  std::fflush(stdout);
}

}  // namespace crosspoint::story
