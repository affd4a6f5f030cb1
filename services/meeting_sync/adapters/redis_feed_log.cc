#include "meeting_sync/adapters/redis_feed_log.h"

#include <algorithm>
#include <cctype>
#include <tuple>

#include "common/status/status.h"
#include "meeting_sync/adapters/keys.h"

namespace crosspoint::meeting_sync {
namespace {

constexpr int64_t kMaxEntries = 100'000;

const RedisScript& AppendScript() {
  static const RedisScript script("meeting_sync_feed", R"lua(
for i = 3, #ARGV do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'user', ARGV[2], 'folder', ARGV[i])
end
return 1
)lua");
  return script;
}

std::string KeyOf(const TenantId& tenant) { return TenantKey(tenant, "feed"); }

std::string NameOf(MailboxFolder folder) {
  switch (folder) {
    case MailboxFolder::kCalendar:
      return "calendar";
    case MailboxFolder::kInbox:
      return "inbox";
    case MailboxFolder::kOther:
      return "other";
    case MailboxFolder::kContacts:
      break;
  }
  return "contacts";
}

MailboxFolder FolderOf(const std::string& name) {
  if (name == "calendar") return MailboxFolder::kCalendar;
  if (name == "other") return MailboxFolder::kOther;
  return name == "inbox" ? MailboxFolder::kInbox : MailboxFolder::kContacts;
}

// "1700000000000-5" as two numbers.
std::optional<std::pair<uint64_t, uint64_t>> ParseId(const std::string& id) {
  const auto dash = id.find('-');
  if (dash == std::string::npos || dash == 0 || dash > 18 || id.size() - dash - 1 > 18 || dash + 1 == id.size()) {
    return std::nullopt;
  }
  const auto digit = [](unsigned char c) { return std::isdigit(c) != 0 || c == '-'; };
  if (!std::all_of(id.begin(), id.end(), digit) || std::count(id.begin(), id.end(), '-') != 1) return std::nullopt;
  return std::pair{std::stoull(id.substr(0, dash)), std::stoull(id.substr(dash + 1))};
}

}  // namespace

absl::Status RedisFeedLog::Append(const UserId& user, const std::vector<MailboxFolder>& folders) {
  std::vector<std::string> args{std::to_string(kMaxEntries), user.value};
  for (const auto folder : folders) args.push_back(NameOf(folder));
  return redis_.RunScriptDurable(AppendScript(), {KeyOf(user.tenant)}, std::move(args), redis_.DefaultDeadline())
      .status();
}

// Trimmed entries leave no trace of themselves: what lies before the oldest that is there may have had successors. A
// reader that began with the empty stream has missed something only if there are more than are ever kept.
absl::StatusOr<bool> RedisFeedLog::IsTrimmed(const TenantId& tenant, const EntryId& from) {
  if (from == EntryId{0, 0}) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto length, redis_.Call({"XLEN", KeyOf(tenant)}, redis_.DefaultDeadline()));
    return length.integer() >= kMaxEntries;
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto oldest,
                              redis_.Call({"XRANGE", KeyOf(tenant), "-", "+", "COUNT", "1"}, redis_.DefaultDeadline()));
  if (oldest.array().empty() || oldest.array()[0].array().empty()) return true;
  const auto first = ParseId(oldest.array()[0].array()[0].text());
  return first && from < *first;
}

absl::StatusOr<FeedPage> RedisFeedLog::Read(const TenantId& tenant, const std::string& watermark, size_t limit) {
  const auto from = ParseId(watermark);
  if (!from) return InvalidField("watermark", "a watermark of an earlier answer");
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.Call({"XRANGE", KeyOf(tenant), "(" + watermark, "+", "COUNT", std::to_string(limit)},
                                    redis_.DefaultDeadline()));
  FeedPage page;
  for (const auto& entry : reply.array()) {
    if (entry.array().size() != 2) continue;
    FeedEntry read{.watermark = entry.array()[0].text(), .user = {tenant, ""}};
    const auto& fields = entry.array()[1].array();
    for (size_t i = 0; i + 1 < fields.size(); i += 2) {
      if (fields[i].text() == "user") read.user.value = fields[i + 1].text();
      if (fields[i].text() == "folder") read.folder = FolderOf(fields[i + 1].text());
    }
    page.entries.push_back(std::move(read));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(page.gap, IsTrimmed(tenant, *from));
  return page;
}

absl::StatusOr<std::string> RedisFeedLog::Newest(const TenantId& tenant) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply, redis_.Call({"XREVRANGE", KeyOf(tenant), "+", "-", "COUNT", "1"}, redis_.DefaultDeadline()));
  if (reply.array().empty() || reply.array()[0].array().empty()) return std::string("0-0");
  return reply.array()[0].array()[0].text();
}

}  // namespace crosspoint::meeting_sync
