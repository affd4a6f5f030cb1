#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "presence/app/ports.h"

namespace crosspoint {
class RedisReply;
}

namespace crosspoint::presence {

// What the scripts that begin with the common part of presence_scripts.cc have in common.

// The keys of a user's claims and state, in their order.
std::vector<std::string> UserKeys(uint8_t shard, const UserKey& user);

// {word, now, record, ...}; a word of refusal as its error.
absl::StatusOr<ChangeResult> ResultOf(const RedisReply& reply, uint8_t shard, std::string epoch);

absl::Status Unreadable(const char* what);

}  // namespace crosspoint::presence
