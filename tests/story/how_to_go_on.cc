#include "tests/story/how_to_go_on.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace crosspoint::story {
namespace {

std::string TokenFile(Stage& stage, const std::string& label, const std::string& user, std::vector<std::string> roles) {
  const auto file = stage.stack().dir() / ("token-" + label);
  std::ofstream(file) << stage.stack().credentials().Token("default", user, std::move(roles), std::chrono::hours(12));
  return file.string();
}

std::string ConfigFile(Stage& stage, const std::string& token) {
  const auto file = stage.stack().dir() / "ctl.yaml";
  std::ofstream(file) << fmt::format("server: {}\nserver_name: gateway\nca_file: {}\ntoken_file: {}\n",
                                     stage.stack().Address("gateway"), stage.stack().credentials().ca_file().string(),
                                     token);
  return file.string();
}

}  // namespace

void TellHowToGoOn(Stage& stage) {
  auto& stack = stage.stack();
  const auto anna = TokenFile(stage, "anna", stage.anna.id(), {"user", "tenant_admin"});
  const auto pbx = TokenFile(stage, "pbx", "pbx", {"integrator"});
  const auto operations = TokenFile(stage, "operator", "operator", {"operator"});
  const auto config = ConfigFile(stage, anna);
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
      stage.anna.display_name, config, binary.string(), pbx, stage.anna.name, operations);
  fmt::print(
      "\nor as any gRPC client does, for example with grpcurl:\n\n"
      "  grpcurl -cacert {} -authority gateway -H \"authorization: Bearer $(cat {})\" \\\n"
      "    -d '{{\"user\": \"{}\"}}' {} crosspoint.presence.v1.PresenceService/GetPresence\n\n",
      stack.credentials().ca_file().string(), anna, stage.anna.name, stack.Address("gateway"));
  std::fflush(stdout);
}

}  // namespace crosspoint::story
