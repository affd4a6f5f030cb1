#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/ldap/filter.h"
#include "connectors/ldap/settings.h"

namespace crosspoint::ldap {

class Connection;

struct LdapEntry {
  std::string dn;
  std::map<std::string, std::vector<std::string>> attributes;  // by lower-case name; values are any bytes

  // Empty when there is none.
  const std::vector<std::string>& All(const std::string& name) const;
  std::string First(const std::string& name) const;
};

struct LdapQuery {
  std::string base_dn;
  Filter filter;
  std::vector<std::string> attributes;
  int size_limit = 0;  // 0: the server's own
};

struct LdapAnswer {
  std::vector<LdapEntry> entries;
  bool truncated = false;  // there are more, beyond a size limit
};

// Searches in an LDAP directory, the whole tree below a base. Thread-safe; every call blocks its thread until the
// answer or the deadline. Errors as in errors.h, and SECRET_UNREADABLE for the password's file.
class LdapClient {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // kInvalidArgument: settings that cannot work. Connects when first asked.
  static absl::StatusOr<std::unique_ptr<LdapClient>> Create(LdapSettings settings);
  ~LdapClient();
  LdapClient(const LdapClient&) = delete;
  LdapClient& operator=(const LdapClient&) = delete;

  absl::StatusOr<LdapAnswer> Search(const LdapQuery& query, Deadline deadline);
  // Everything, page by page; `take` gets each entry once and may end it by an error.
  absl::Status SearchAll(const LdapQuery& query, const std::function<absl::Status(LdapEntry)>& take, Deadline deadline);

  const LdapSettings& settings() const { return settings_; }

 private:
  explicit LdapClient(LdapSettings settings);
  absl::StatusOr<std::unique_ptr<Connection>> Take(Deadline deadline);
  void Return(std::unique_ptr<Connection> connection);
  // Runs `use` with a connection; once more with a new one when a kept one was dead and nothing had come of it.
  absl::Status With(Deadline deadline, const std::function<absl::Status(Connection&)>& use);

  const LdapSettings settings_;
  std::mutex mu_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;  // guarded by mu_
  int taken_ = 0;                                  // guarded by mu_
};

}  // namespace crosspoint::ldap
