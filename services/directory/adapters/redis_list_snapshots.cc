#include "directory/adapters/redis_list_snapshots.h"

#include <algorithm>

#include "common/redis/script.h"
#include "common/status/status.h"
#include "directory/adapters/corporate_record.h"
#include "directory/adapters/redis_errors.h"

namespace crosspoint::directory {
namespace {

constexpr size_t kEntriesPerWrite = 500;

// Keys: list. Arguments: entries. The time runs from the first write on.
const RedisScript kAddEntries("directory_add_list_entries", R"lua(
redis.call('RPUSH', KEYS[1], unpack(ARGV))
redis.call('EXPIRE', KEYS[1], 1800)
return 1
)lua");

// Keys: list. Arguments: offset, count. Answers {length, entry…}; the length counts a mark at the end.
const RedisScript kReadEntries("directory_read_list_entries", R"lua(
local length = redis.call('LLEN', KEYS[1])
local offset, count = tonumber(ARGV[1]), tonumber(ARGV[2])
local last = math.min(offset + count, length - 1) - 1
local result = {length}
if offset <= last then
  for _, entry in ipairs(redis.call('LRANGE', KEYS[1], offset, last)) do result[#result + 1] = entry end
end
return result
)lua");

// The last element of every snapshot, so that an empty list is something too.
constexpr char kEnd[] = "end";

std::string NewestKey(const TenantId& tenant) { return KeyPrefix(tenant) + "list"; }
std::string ListKey(const TenantId& tenant, const std::string& id) { return NewestKey(tenant) + ":" + id; }

}  // namespace

absl::Status RedisListSnapshots::Put(const TenantId& tenant, const std::string& id,
                                     const std::vector<CorporateEntry>& entries, Deadline deadline) {
  const auto key = ListKey(tenant, id);
  for (size_t begin = 0; begin < entries.size(); begin += kEntriesPerWrite) {
    std::vector<std::string> records;
    const auto end = std::min(begin + kEntriesPerWrite, entries.size());
    for (size_t i = begin; i < end; ++i) records.push_back(EncodeEntry(entries[i]));
    CROSSPOINT_RETURN_IF_ERROR(redis_.RunScript(kAddEntries, {key}, std::move(records), deadline).status());
  }
  CROSSPOINT_RETURN_IF_ERROR(redis_.RunScript(kAddEntries, {key}, {kEnd}, deadline).status());
  return redis_.Call({"SET", NewestKey(tenant), id, "EX", std::to_string(fresh_for_.count())}, deadline).status();
}

absl::StatusOr<std::string> RedisListSnapshots::Newest(const TenantId& tenant, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto reply, redis_.Call({"GET", NewestKey(tenant)}, deadline));
  return reply.is_nil() ? std::string() : reply.text();
}

absl::StatusOr<ListSnapshots::Page> RedisListSnapshots::Read(const TenantId& tenant, const std::string& id,
                                                             size_t offset, size_t count, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      const auto reply,
      redis_.RunScript(kReadEntries, {ListKey(tenant, id)}, {std::to_string(offset), std::to_string(count)}, deadline));
  const auto& parts = reply.array();
  if (parts.empty()) return absl::InternalError("directory_read_list_entries answered nothing");
  CROSSPOINT_ASSIGN_OR_RETURN(const auto length, parts[0].AsInteger());
  if (length == 0) return absl::NotFoundError("the snapshot " + id + " is not kept any more");
  Page page;
  for (size_t i = 1; i < parts.size(); ++i) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto entry, DecodeEntry(parts[i].text()));
    page.entries.push_back(std::move(entry));
  }
  page.last = offset + page.entries.size() + 1 >= static_cast<size_t>(length);
  return page;
}

}  // namespace crosspoint::directory
