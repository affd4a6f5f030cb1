#include "meeting_sync/adapters/redis_watch_memory.h"

#include "common/status/status.h"
#include "meeting_sync/adapters/keys.h"

namespace crosspoint::meeting_sync {
namespace {

constexpr char kLifeSeconds[] = "86400";

std::string KeyOf(const UserId& user, const std::string& token) { return MailboxKey(user, "list:" + token); }

}  // namespace

// Lines of name and digest, neither of which holds a blank.
absl::Status RedisWatchMemory::Remember(const UserId& user, const std::string& token, const ListVersion& version) {
  std::string text;
  for (const auto& [name, digest] : version) text += name + " " + digest + "\n";
  return redis_.Call({"SET", KeyOf(user, token), text, "EX", kLifeSeconds}, redis_.DefaultDeadline()).status();
}

absl::StatusOr<std::optional<ListVersion>> RedisWatchMemory::Recall(const UserId& user, const std::string& token) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"GET", KeyOf(user, token)}, redis_.DefaultDeadline()));
  if (reply.is_nil()) return std::optional<ListVersion>();
  ListVersion version;
  std::string_view rest = reply.text();
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos) return std::optional<ListVersion>();
    version.emplace(line.substr(0, blank), line.substr(blank + 1));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  // What was cut short or is somebody else's does not give the token.
  if (TokenOf(version) != token) return std::optional<ListVersion>();
  return std::optional(std::move(version));
}

}  // namespace crosspoint::meeting_sync
