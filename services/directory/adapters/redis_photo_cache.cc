#include "directory/adapters/redis_photo_cache.h"

#include "common/redis/script.h"
#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

const RedisScript kPutPhoto("directory_put_photo", R"lua(
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'etag', ARGV[1], 'type', ARGV[2], 'bytes', ARGV[3], 'fetched', ARGV[4], 'none', ARGV[5])
redis.call('EXPIRE', KEYS[1], 86400)
return 1
)lua");

std::string Key(const TenantId& tenant, const std::string& email, int size) {
  return "cp:{directory:" + tenant.value + "}:photo:" + std::to_string(size) + ":" + email;
}

}  // namespace

absl::StatusOr<std::optional<CachedPhoto>> RedisPhotoCache::Get(const TenantId& tenant, const std::string& email,
                                                                int size, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(
      auto reply,
      redis_.Call({"HMGET", Key(tenant, email, size), "etag", "type", "bytes", "fetched", "none"}, deadline));
  const auto& fields = reply.array();
  if (fields.size() != 5 || fields[3].is_nil()) return std::optional<CachedPhoto>();
  CachedPhoto photo;
  CROSSPOINT_ASSIGN_OR_RETURN(photo.fetch_time_us, fields[3].AsInteger());
  if (fields[4].text() != "1") {
    photo.picture = Picture{.etag = fields[0].text(), .content_type = fields[1].text(), .bytes = fields[2].text()};
  }
  return std::optional(std::move(photo));
}

absl::Status RedisPhotoCache::Put(const TenantId& tenant, const std::string& email, int size, const CachedPhoto& photo,
                                  Deadline deadline) {
  const auto picture = photo.picture.value_or(Picture{});
  return redis_
      .RunScript(kPutPhoto, {Key(tenant, email, size)},
                 {picture.etag, picture.content_type, picture.bytes, std::to_string(photo.fetch_time_us),
                  photo.picture ? "0" : "1"},
                 deadline)
      .status();
}

}  // namespace crosspoint::directory
