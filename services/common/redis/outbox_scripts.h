#pragma once

#include "common/redis/script.h"

namespace crosspoint {

// The steps of OutboxWorker. KEYS are the stream and its owner key, ARGV begins with the consumer and the milliseconds
// of ownership. Take, Done and Bury answer {"entry", id, deliveries, fields} or something else when there is no work.
// `more` is "1" to take the next entry, "0" to give the stream back.
const RedisScript& OutboxTakeScript();      // KEYS stream, owner; ARGV me, ttl
const RedisScript& OutboxDoneScript();      // KEYS stream, owner; ARGV me, ttl, id, more
const RedisScript& OutboxBuryScript();      // KEYS stream, owner, dead; ARGV me, ttl, id, more, reason, attempts
const RedisScript& OutboxPostponeScript();  // KEYS owner; ARGV me, pause
const RedisScript& OutboxRenewScript();     // KEYS owner; ARGV me, ttl

// KEYS registry; ARGV milliseconds. Answers stream, score, 1 if older, and so on.
const RedisScript& OutboxRegisteredScript();
// KEYS registry; ARGV stream, score: drops the stream unless it was registered anew.
const RedisScript& OutboxForgetScript();

}  // namespace crosspoint
