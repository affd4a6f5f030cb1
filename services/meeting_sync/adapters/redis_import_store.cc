#include "meeting_sync/adapters/redis_import_store.h"

#include <charconv>

#include "common/status/status.h"
#include "meeting_sync/adapters/keys.h"
#include "meeting_sync/app/bridge_reasons.h"

namespace crosspoint::meeting_sync {
namespace {

constexpr char kRevision[] = "revision";

// KEYS: imported. ARGV: the revision that was read, the most there may be, then pairs of key and text. Answers 1, or
// why not: -1 changed meanwhile, -2 too many.
const RedisScript& PutScript() {
  static const RedisScript script("meeting_sync_import", R"lua(
if (redis.call('HGET', KEYS[1], 'revision') or '0') ~= ARGV[1] then return -1 end
local count = redis.call('HLEN', KEYS[1])
if count > 0 then count = count - 1 end
for i = 3, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 0 then count = count + 1 end
end
if count > tonumber(ARGV[2]) then return -2 end
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('HINCRBY', KEYS[1], 'revision', 1)
return 1
)lua");
  return script;
}

const RedisScript& RemoveScript() {
  static const RedisScript script("meeting_sync_import_remove", R"lua(
if redis.call('HDEL', KEYS[1], ARGV[1]) == 1 then redis.call('HINCRBY', KEYS[1], 'revision', 1) end
return 1
)lua");
  return script;
}

std::string KeyOf(const UserId& user) { return MailboxKey(user, "imported"); }

}  // namespace

absl::StatusOr<ImportStore::Table> RedisImportStore::Load(const UserId& user, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply,
                              redis_.Call({"HGETALL", KeyOf(user)}, std::min(deadline, redis_.DefaultDeadline())));
  Table table;
  const auto& fields = reply.array();
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto& field = fields[i].text();
    const auto& value = fields[i + 1].text();
    if (field == kRevision) {
      std::from_chars(value.data(), value.data() + value.size(), table.revision);
    } else if (auto imported = DecodeImported(value)) {
      table.meetings.emplace(ItemKey{field}, *std::move(imported));
    } else {
      log_.Warn("unreadable_record", {{"user", user.Name()}, {"field", field}});
    }
  }
  return table;
}

absl::Status RedisImportStore::Put(const UserId& user, const std::vector<ImportedMeeting>& meetings, uint64_t revision,
                                   Deadline deadline) {
  std::vector<std::string> args{std::to_string(revision), std::to_string(kMaxImported)};
  for (const auto& meeting : meetings) {
    args.push_back(KeyOfImported(meeting.uid).value);
    args.push_back(EncodeImported(meeting));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.RunScriptDurable(PutScript(), {KeyOf(user)}, std::move(args),
                                                                        std::min(deadline, redis_.DefaultDeadline())));
  if (reply.integer() == -1) return MeetingChanged();
  if (reply.integer() == -2) return TooMany("imported meetings", kMaxImported);
  return absl::OkStatus();
}

absl::Status RedisImportStore::Remove(const UserId& user, const ItemKey& key, Deadline deadline) {
  return redis_
      .RunScriptDurable(RemoveScript(), {KeyOf(user)}, {key.value}, std::min(deadline, redis_.DefaultDeadline()))
      .status();
}

}  // namespace crosspoint::meeting_sync
