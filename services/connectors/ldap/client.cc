#include "connectors/ldap/client.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "connectors/ldap/connection.h"

namespace crosspoint::ldap {

const std::vector<std::string>& LdapEntry::All(const std::string& name) const {
  static const std::vector<std::string> kNone;
  const auto it = attributes.find(name);
  return it == attributes.end() ? kNone : it->second;
}

std::string LdapEntry::First(const std::string& name) const {
  const auto& values = All(name);
  return values.empty() ? "" : values.front();
}

absl::StatusOr<std::unique_ptr<LdapClient>> LdapClient::Create(LdapSettings settings) {
  CROSSPOINT_RETURN_IF_ERROR(settings.Validate());
  return std::unique_ptr<LdapClient>(new LdapClient(std::move(settings)));
}

LdapClient::LdapClient(LdapSettings settings) : settings_(std::move(settings)) {}
LdapClient::~LdapClient() = default;

absl::StatusOr<std::unique_ptr<Connection>> LdapClient::Take(Deadline deadline) {
  std::unique_lock lock(mu_);
  if (!returned_.wait_until(lock, deadline, [this] { return taken_ < settings_.max_connections; })) {
    return ErrorWithInfo(absl::StatusCode::kResourceExhausted, "LDAP: all connections are in use",
                         {.reason = "LDAP_LIMIT", .domain = "ldap.crosspoint", .metadata = {}});
  }
  ++taken_;
  if (idle_.empty()) return std::make_unique<Connection>(settings_);
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void LdapClient::Return(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mu_);
    --taken_;
    if (connection->usable()) idle_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

absl::Status LdapClient::With(Deadline deadline, const std::function<absl::Status(Connection&)>& use) {
  const auto until = std::min(deadline, std::chrono::steady_clock::now() + settings_.call_timeout);
  CROSSPOINT_ASSIGN_OR_RETURN(auto connection, Take(until));
  const bool kept = connection->usable();
  auto status = connection->Open(until);
  if (status.ok()) status = use(*connection);
  if (kept && absl::IsUnavailable(status) && !connection->heard()) {
    connection = std::make_unique<Connection>(settings_);
    status = connection->Open(until);
    if (status.ok()) status = use(*connection);
  }
  Return(std::move(connection));
  return status;
}

absl::StatusOr<LdapAnswer> LdapClient::Search(const LdapQuery& query, Deadline deadline) {
  LdapAnswer answer;
  const auto status = With(deadline, [&](Connection& connection) {
    answer = {};
    return connection.Search(
        query,
        [&answer](LdapEntry entry) {
          answer.entries.push_back(std::move(entry));
          return absl::OkStatus();
        },
        answer.truncated);
  });
  if (!status.ok()) return status;
  return answer;
}

absl::Status LdapClient::SearchAll(const LdapQuery& query, const std::function<absl::Status(LdapEntry)>& take,
                                   Deadline deadline) {
  return With(deadline, [&](Connection& connection) { return connection.SearchAll(query, settings_.page_size, take); });
}

}  // namespace crosspoint::ldap
