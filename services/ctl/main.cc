// crosspointctl: asks a Crosspoint installation from the command line.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "ctl/client/failure.h"
#include "ctl/client/interrupt.h"
#include "ctl/client/session.h"
#include "ctl/client/settings.h"
#include "ctl/commands/command_line.h"
#include "ctl/commands/completion.h"
#include "ctl/output/output.h"

namespace {

using namespace crosspoint::ctl;

absl::Status Run(CommandLine& line, Output& output, Interrupt& interrupt, std::string& server) {
  if (!line.completion_shell.empty()) {
    output.Raw(CompletionScript(*line.app, line.completion_shell));
    return absl::OkStatus();
  }
  auto settings = LoadSettings(line.settings, crosspoint::config::ProcessEnvironment());
  if (!settings.ok()) return settings.status();
  server = settings->server;
  const auto session = Session::Open(*std::move(settings), output, interrupt);
  if (!session.ok()) return session.status();
  return line.chosen.command(**session);
}

}  // namespace

int main(int argc, char** argv) {
  // gRPC's own lines would stand between ours; what matters of them is in the status of the call.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  Interrupt interrupt;
  CommandLine line;
  try {
    line.app->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return line.app->exit(error) == 0 ? static_cast<int>(ExitCode::kOk) : static_cast<int>(ExitCode::kUsage);
  }
  Output output({.json = line.json});
  std::string server;
  auto status = Run(line, output, interrupt, server);
  if (!output.Flush() && status.ok()) status = absl::InternalError("the result could not be written");
  if (!status.ok()) output.Remark(Explain(status, server));
  return static_cast<int>(ExitCodeOf(status));
}
