#pragma once

#include <memory>
#include <string>

#include "ctl/client/settings.h"
#include "ctl/commands/commands.h"

namespace CLI {
class App;
}

namespace crosspoint::ctl {

// Everything that can be said on the command line, and what was said.
struct CommandLine {
  CommandLine();
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  std::unique_ptr<CLI::App> app;
  SettingFlags settings;
  bool json = false;
  std::string completion_shell;  // set by `completion`, which needs no server
  Chosen chosen;
};

}  // namespace crosspoint::ctl
