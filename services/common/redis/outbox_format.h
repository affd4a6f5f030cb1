#pragma once

#include <string>
#include <string_view>

#include "common/redis/outbox.h"
#include "common/redis/reply.h"

namespace crosspoint {

// Keys beside a stream "<prefix>{tag}:outbox".
std::string OutboxDeadStream(std::string_view stream);  // "<prefix>{tag}:dead"
std::string OutboxOwnerKey(std::string_view stream);    // "<prefix>{tag}:outbox:owner"

// `fields` is Redis's flat list of names and values; unknown names are ignored.
OutboxEntry ParseOutboxEntry(const RedisReply& fields);
std::string OutboxField(const RedisReply& fields, std::string_view name);

}  // namespace crosspoint
