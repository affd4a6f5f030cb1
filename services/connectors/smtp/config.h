#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace crosspoint::config {
class Binder;
}

namespace crosspoint::smtp {

enum class Security { kStartTls, kImplicitTls, kNone };

struct SmtpConfig {
  std::string host;  // empty: there is no relay
  int port = 587;
  Security security = Security::kStartTls;
  std::string ca_file;  // PEM; empty means the system's
  std::string user;     // empty: no login
  std::filesystem::path password_file;
  std::string from;  // address of the sender
  std::string from_name = "Crosspoint";
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{30'000};  // of a whole exchange

  bool configured() const { return !host.empty(); }
};

// Keys as in README.md.
void BindConfig(config::Binder& binder, SmtpConfig& config);

}  // namespace crosspoint::smtp
