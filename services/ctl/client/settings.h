#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/config/binder.h"

namespace crosspoint::ctl {

// Whom to ask, and as whom.
struct Settings {
  std::string server;                      // host:port of the gateway
  std::filesystem::path ca_file;           // empty: the authorities this machine trusts
  std::filesystem::path certificate_file;  // only where callers must show one
  std::filesystem::path key_file;
  std::string server_name;  // that the server's certificate bears, when it is not the host
  bool plaintext = false;   // without TLS
  std::filesystem::path token_file;
  std::string tenant;  // empty: that of the token
  std::string user;    // empty: that of the token
  std::chrono::milliseconds timeout{10'000};
};

// What was said on the command line; wins over everything.
struct SettingFlags {
  std::optional<std::string> config_file;
  std::optional<std::string> server;
  std::optional<std::string> ca_file;
  std::optional<std::string> certificate_file;
  std::optional<std::string> key_file;
  std::optional<std::string> server_name;
  bool plaintext = false;
  std::optional<std::string> token_file;
  std::optional<std::string> tenant;
  std::optional<std::string> user;
  std::optional<std::string> timeout;
};

// Reads the file (flag, CROSSPOINT_CTL_CONFIG, or ctl.yaml in ~/.config/crosspoint if there), then the variables
// CROSSPOINT_SERVER, …_TOKEN_FILE, …_CA_FILE, …_CERTIFICATE_FILE, …_KEY_FILE, …_SERVER_NAME, …_PLAINTEXT, …_TENANT,
// …_USER, …_TIMEOUT, then the flags.
//   kInvalidArgument (usage)  naming file, variable or flag and what would be right
absl::StatusOr<Settings> LoadSettings(const SettingFlags& flags, const config::Environment& environment);

}  // namespace crosspoint::ctl
