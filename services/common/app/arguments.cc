#include "common/app/arguments.h"

#include <CLI/CLI.hpp>

namespace crosspoint {
namespace {

// Where an image or a package has the configuration of `program` ("crosspoint-presence"); empty when it is not there.
std::string InstalledConfigFile(std::string_view program) {
  const auto file = "/etc/crosspoint/" + std::string(program.substr(program.find('-') + 1)) + ".yaml";
  std::error_code unreadable;
  return std::filesystem::exists(file, unreadable) ? file : "";
}

}  // namespace

std::optional<int> ParseArguments(std::string_view program, int argc, const char* const* argv, Arguments& arguments) {
  CLI::App parser("A service of Crosspoint.", std::string(program));
  std::string config_file = InstalledConfigFile(program);
  std::string ports_file;
  parser.add_option("--config", config_file, "YAML file; CROSSPOINT_* variables win over it")->type_name("FILE");
  parser.add_option("--ports-file", ports_file, "write the ports as JSON once they are open")->type_name("FILE");
  parser.add_flag("--check-config", arguments.check_config, "say whether the configuration is good, and exit");
  parser.set_version_flag("--version", std::string(program) + " " + CROSSPOINT_VERSION);
  try {
    parser.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool mistake = error.get_exit_code() != 0;
    if (mistake) {
      std::cerr << program << ": " << error.what() << "; see --help\n";
      return 2;
    }
    return parser.exit(error);
  }
  arguments.config_file = config_file;
  arguments.ports_file = ports_file;
  return std::nullopt;
}

}  // namespace crosspoint
