#include "ctl/commands/command_line.h"

#include <CLI/CLI.hpp>

namespace crosspoint::ctl {

CommandLine::CommandLine() : app(std::make_unique<CLI::App>("Asks a Crosspoint installation.", "crosspointctl")) {
  app->fallthrough();  // global options may follow the command
  app->require_subcommand(1);
  app->set_version_flag("--version", std::string(CROSSPOINT_VERSION));
  app->add_option("--server", settings.server, "HOST:PORT of the gateway");
  app->add_option("--token-file", settings.token_file, "file with the bearer token");
  app->add_option("--ca", settings.ca_file, "authority that signed the server's certificate; default: this machine's");
  app->add_option("--certificate", settings.certificate_file, "own certificate, where callers must show one");
  app->add_option("--key", settings.key_file, "its key");
  app->add_option("--server-name", settings.server_name, "that the server's certificate bears, when not the host");
  app->add_flag("--plaintext", settings.plaintext, "without TLS; the token can be read on the way");
  app->add_option("--tenant", settings.tenant, "default: that of the token");
  app->add_option("--user", settings.user, "id or address; default: that of the token");
  app->add_option("--timeout", settings.timeout, "for one call; default 10s");
  app->add_option("--config", settings.config_file, "default: ~/.config/crosspoint/ctl.yaml");
  app->add_flag("--json", json, "results as protobuf JSON, one message a line");
  AddUsers(*app, chosen);
  AddSearch(*app, chosen);
  AddPresence(*app, chosen);
  AddMeetings(*app, chosen);
  AddVoicemail(*app, chosen);
  AddContacts(*app, chosen);
  AddConnector(*app, chosen);
  AddOutbox(*app, chosen);
  AddSessions(*app, chosen);
  app->add_subcommand("completion", "Print a script that completes commands in the shell")
      ->add_option("shell", completion_shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
  app->footer("Exit codes: 0 done, 1 refused or failed, 2 wrong use, 3 no answer, 4 not allowed, 5 partly done.");
}

CommandLine::~CommandLine() = default;

}  // namespace crosspoint::ctl
