#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "connectors/ldap/client.h"

struct ldap;
struct ldapcontrol;

namespace crosspoint::ldap {

// One connection, used by one thread at a time. After an error that leaves it in doubt it is not usable any more.
class Connection {
 public:
  using TakeEntry = std::function<absl::Status(LdapEntry)>;

  explicit Connection(const LdapSettings& settings) : settings_(settings) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Connects and logs in unless that was done before. What follows ends by `deadline`.
  absl::Status Open(LdapClient::Deadline deadline);
  absl::Status Search(const LdapQuery& query, const TakeEntry& take, bool& truncated);
  absl::Status SearchAll(const LdapQuery& query, int page_size, const TakeEntry& take);

  bool usable() const { return handle_ != nullptr; }
  // Whether anything has come since Open: then a repetition would give it twice.
  bool heard() const { return heard_; }

 private:
  absl::Status Connect();
  absl::Status Bind();
  // Sends and reads until the last message. `control` may be null; the page's cookie is put into `cookie`.
  absl::Status Run(const LdapQuery& query, ::ldapcontrol* control, const TakeEntry& take, bool& truncated,
                   std::string& cookie);
  absl::Status Fail(int code, const std::string& diagnostic = {});
  std::string Diagnostic() const;
  void Close();

  const LdapSettings& settings_;
  struct ::ldap* handle_ = nullptr;
  LdapClient::Deadline deadline_;
  bool heard_ = false;
};

}  // namespace crosspoint::ldap
