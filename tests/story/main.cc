// The main story, played against the whole system on loopback: what deploy/demo.sh shows.
//   crosspoint-story --check       plays it and ends: 0 when every step succeeded
//   crosspoint-story --dir DIR     keeps configuration, certificates and logs there
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <fstream>

#include "tests/story/story.h"
#include "tests/support/stack/stack.h"

namespace {

using crosspoint::testing::Stack;

void PrintHowToGoOn(Stack& stack, const crosspoint::story::Story& story) {
  const auto dir = stack.dir();
  const auto gateway = stack.credentials().Certificate("gateway");
  std::ofstream(dir / "token") << stack.credentials().Token("default", story.user_id(), {"user", "tenant_admin"},
                                                            std::chrono::hours(12));
  fmt::print("\nIt stays up until you press Ctrl-C.\n\n");
  for (auto* process : stack.processes()) {
    fmt::print("  {:<16} pid {:<7} http://127.0.0.1:{}/healthz and /metrics, log {}\n", process->label(),
               process->pid(), process->http_port(), process->log_file().string());
  }
  fmt::print("  {:<16} {}\n", "exchange", stack.exchange().ews_url());
  fmt::print("  {:<16} redis-cli -s {}\n", "redis", stack.redis().socket_path());
  fmt::print(
      "\nAsk a service yourself, for example with grpcurl (the token is good for 12 hours):\n\n"
      "  grpcurl -cacert {} -cert {} -key {} -authority presence \\\n"
      "    -H \"authorization: Bearer $(cat {})\" -d '{{\"user\": \"{}\"}}' \\\n"
      "    {} crosspoint.presence.v1.PresenceService/GetPresence\n\n",
      gateway.ca.string(), gateway.certificate.string(), gateway.key.string(), (dir / "token").string(),
      story.user_name(), stack.Address("presence"));
  std::fflush(stdout);
}

// Until SIGINT or SIGTERM, which the caller has blocked.
void WaitForEnd(const sigset_t& ends) {
  int signal = 0;
  sigwait(&ends, &signal);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App arguments("Plays the main story of Crosspoint on this machine.");
  bool check = false;
  std::string dir;
  arguments.add_flag("--check", check, "end after the story");
  arguments.add_option("--dir", dir, "where configuration, certificates and logs go");
  CLI11_PARSE(arguments, argc, argv);

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  // While the story plays the signals end the program as usual; its children die with it.
  Stack stack({.dir = dir});
  crosspoint::story::Story story(stack);
  const bool succeeded = story.Play();
  if (!check && succeeded) {
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    PrintHowToGoOn(stack, story);
    WaitForEnd(ends);
  }
  return succeeded ? 0 : 1;
}
