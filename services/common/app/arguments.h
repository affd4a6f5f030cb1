#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace crosspoint {

struct Arguments {
  std::filesystem::path config_file;
  std::filesystem::path ports_file;
  bool check_config = false;
};

// Reads the command line. An exit code instead when there is nothing to run: 0 after --help and --version, 2 after a
// mistake, which is said on standard error.
std::optional<int> ParseArguments(std::string_view program, int argc, const char* const* argv, Arguments& arguments);

}  // namespace crosspoint
