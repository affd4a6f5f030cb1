#pragma once

#include <chrono>
#include <string>

#include "absl/status/status.h"

namespace crosspoint::config {
class Binder;
}

namespace crosspoint::ldap {

// An LDAP server as a configuration file names it.
struct LdapSettings {
  std::string url;            // "ldaps://ldap.corp.example", "ldap://…" with start_tls; empty: none
  bool start_tls = false;     // ldap:// turns to TLS before anything is told
  bool allow_plain = false;   // ldap:// without TLS: the password is readable on the way
  std::string ca_file;        // PEM; empty means the system's
  std::string bind_dn;        // empty: anonymous
  std::string password_file;  // with bind_dn
  std::string base_dn;        // below which people are
  // Who counts as an entry of the list. No class that a server may not know: "not" of something unknown holds for
  // nobody.
  std::string people_filter = "(&(objectClass=person)(|(mail=*)(telephoneNumber=*)))";
  std::chrono::milliseconds call_timeout{10'000};  // the longest a call waits, whatever its deadline
  std::chrono::milliseconds connect_timeout{3'000};
  int max_connections = 4;
  int page_size = 500;

  bool configured() const { return !url.empty(); }
  // kInvalidArgument naming what is wrong.
  absl::Status Validate() const;
};

// Keys url, start_tls, allow_plain, ca_file, bind_dn, password_file, base_dn, people_filter, call_timeout,
// connect_timeout, max_connections, page_size.
void BindConfig(config::Binder& binder, LdapSettings& settings);

}  // namespace crosspoint::ldap
