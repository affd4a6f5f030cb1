#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "exchange_sim/server/throttle.h"

namespace crosspoint::exchange_sim {

struct SimOptions {
  std::string listen_address = "127.0.0.1";
  int port = 0;  // 0: the kernel chooses
  std::string tls_cert_file;
  std::string tls_key_file;
  int people = 200;
  uint64_t seed = 1;
  std::map<std::string, std::string> service_accounts;  // user -> password; may impersonate
  std::map<std::string, std::string> tokens;            // bearer token -> account: a service account or an address
  std::string user_password;  // every mailbox owner may log in with address and this; empty: nobody
  // Schemes offered and taken: basic, bearer, ntlm, negotiate; empty: all that the other options make possible.
  std::vector<std::string> auth_schemes;
  std::string keytab_file;                                // keys of HTTP/HOST, for negotiate
  std::string jwks_file;                                  // the public keys of an issuer of access tokens, for bearer
  std::string oauth_audience;                             // that its tokens must be for
  std::map<std::string, std::string> oauth_applications;  // application id -> service account
  std::string schema_dir;                       // with the EWS schema every request and answer is checked; empty: not
  std::chrono::milliseconds heartbeat{30'000};  // between signs of life on a silent stream
  std::chrono::milliseconds stream_minute{60'000};  // what a minute of ConnectionTimeout lasts
  Limits limits;
  int servers = 1;                  // back ends, each with subscriptions of its own
  std::vector<std::string> quirks;  // habits of servers that are not Exchange, see README.md
  std::string journal_file;         // what changes is kept there, and is there again after a restart; empty: not
};

// A stand-in for an on-premises Exchange server; see README.md for what it can do.
//   ExchangeSim sim({.service_accounts = {{"svc", "secret"}}});
//   CROSSPOINT_RETURN_IF_ERROR(sim.Start());
//   connect to sim.url()
class ExchangeSim {
 public:
  explicit ExchangeSim(SimOptions options);
  ~ExchangeSim();  // stops
  ExchangeSim(const ExchangeSim&) = delete;
  ExchangeSim& operator=(const ExchangeSim&) = delete;

  absl::Status Start();
  void Stop();
  int port() const;
  std::string url() const;  // of EWS

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crosspoint::exchange_sim
