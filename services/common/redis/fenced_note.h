#pragma once

#include <string>

#include "common/redis/client.h"

namespace crosspoint {

// Sets `field` of the hash `key` while `token` holds the lease `lease_key` of the same tag; not durable, as it is there
// for people to read.  kAborted FENCED: somebody else holds it now
absl::Status FencedNote(RedisClient& redis, const std::string& key, const std::string& lease_key,
                        const std::string& token, const std::string& field, const std::string& value);

}  // namespace crosspoint
