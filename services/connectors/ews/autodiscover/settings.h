#pragma once

#include <chrono>
#include <string>

namespace crosspoint::config {
class Binder;
}

namespace crosspoint::ews {

// Whether and where a tenant's mailboxes are looked up, as a configuration file says it.
struct AutodiscoverOptions {
  std::string at;  // empty: not at all; "domain": at each mail domain; else a URL
  std::chrono::seconds fresh_for{std::chrono::hours(6)};  // how long an answer holds
  std::chrono::seconds retry_after{60};  // pause after trouble, and between two questions about one mailbox

  bool on() const { return !at.empty(); }
  // Of Autodiscover::Create.
  std::string url() const { return at == "domain" ? "" : at; }
};

// Keys at, fresh_for, retry_after.
void BindConfig(config::Binder& binder, AutodiscoverOptions& settings);

}  // namespace crosspoint::ews
