#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/ids/ids.h"
#include "common/log/log.h"
#include "meeting_sync/app/ports.h"

namespace crosspoint::meeting_sync {

// A mail server of a tenant, by its address.
struct MailServer {
  TenantId tenant;
  std::string url;
  auto operator<=>(const MailServer&) const = default;
};

// Knows which server has a mailbox.
class MailServers {
 public:
  virtual ~MailServers() = default;
  // As far as is known; never waits.
  virtual MailServer ServerOf(const Mailbox& mailbox) = 0;
};

// Whether the mail servers of each tenant answer, and the circuit breaker before each: while a server is down one call
// at a time is let through to try it, ever less often, so that a dead server holds no threads that others need. An
// outage is logged once when it begins and once when it ends. Thread-safe.
class TenantHealth {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // `servers`: each tenant's own.
  TenantHealth(std::vector<MailServer> servers, log::Logger& log,
               std::function<SteadyTime()> now = std::chrono::steady_clock::now);

  // What a call's end says about the server.
  enum class Verdict { kAnswered, kTrouble, kNothing };
  static Verdict VerdictOf(const absl::Status& status);

  // Before a call; OK must be followed by Leave.
  //   kUnavailable  MAIL_SERVER_DOWN, metadata "back_off_ms": when it will be tried next
  absl::Status Enter(const MailServer& server);
  void Leave(const MailServer& server, Verdict verdict, const absl::Status& status);

  // OK once any tenant's server has answered since the start, or when there is no tenant at all: one tenant's server
  // must not keep the others from being served. Later outages degrade, they do not make the service unready.
  absl::Status Ready() const;
  // How many tenants have a server that does not answer now and is still asked.
  int tenants_down() const;

 private:
  struct Entry {
    bool reached = false;  // ever
    bool down = false;
    bool trying = false;  // a call is on its way to a server that is down
    int troubles = 0;     // in a row
    SteadyTime next_try{};
    std::string problem;
  };
  log::Logger& log_;
  const std::function<SteadyTime()> now_;
  mutable std::mutex mu_;
  std::map<MailServer, Entry> servers_;  // guarded by mu_
};

}  // namespace crosspoint::meeting_sync
