#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "connectors/ews/auth_settings.h"
#include "connectors/ews/client.h"

namespace crosspoint::config {
class Binder;
}

namespace crosspoint::ews {

// How much one server account is asked at a time by all services together. Exchange counts up to 27 requests in flight
// for an account (10 before 2013) and advises to stay under 10; streams do not count.
struct PolitenessSettings {
  int account_slots = 10;
  int mailbox_slots = 4;
  std::chrono::milliseconds background_patience{2'000};  // how long background work waits for a slot with its thread
};

// An Exchange server as a configuration file names it.
struct EwsSettings {
  std::string url;  // empty: the tenant has none
  EwsAuthSettings auth;
  std::string ca_file;
  bool allow_loopback = false;                // the server may be on this machine
  bool allow_plain_http = false;              // for tests only: the password is readable on the way
  std::vector<std::string> allowed_hosts;     // see EwsConfig
  std::vector<std::string> allowed_networks;  // see EwsConfig
  std::string server_version = EwsConfig{}.server_version;
  std::chrono::milliseconds call_timeout = EwsConfig{}.call_timeout;
  std::chrono::milliseconds stream_silence = EwsConfig{}.stream_silence;
  long max_connections = EwsConfig{}.max_connections;
  int max_attempts = 3;  // of user-facing calls that only read
  PolitenessSettings politeness;

  bool configured() const { return !url.empty(); }
  EwsConfig ToConfig() const;
};

// Keys url, ca_file, allow_loopback, allow_plain_http, allowed_hosts, allowed_networks, server_version, call_timeout,
// stream_silence, max_connections, max_attempts, account_slots, mailbox_slots, background_patience, and those of
// BindAuth.
void BindConfig(config::Binder& binder, EwsSettings& settings);

}  // namespace crosspoint::ews
