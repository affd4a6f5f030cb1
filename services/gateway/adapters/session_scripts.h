#pragma once

#include "common/redis/script.h"

namespace crosspoint::gateway {

// KEYS of all: sessions (hash: id -> JSON), leases (sorted set: id by the end of its lease in ms), roles (hash:
// "<role>/<device>" -> JSON {session, fence, expires}). All times are Redis's, in milliseconds.

// ARGV id, JSON, lease, most, excluded kinds ",1,2,". -> ok, now, end | excluded, kind | many, count
extern const RedisScript kOpenSession;
// ARGV id, secret, lease, replica, channels JSON, program, device. -> JSON, now, end, previous replica | nothing
extern const RedisScript kResumeSession;
// ARGV id, attachment, lease. -> alive | gone | taken
extern const RedisScript kTouchSession;
// ARGV id, attachment. -> 1 | 0
extern const RedisScript kCloseSession;
// -> {id, JSON, end} each
extern const RedisScript kListSessions;

// ARGV session, role, lease. -> ok, device, fence, end, now | held, session, end | gone
extern const RedisScript kAcquireRole;
// ARGV session, role, lease, fence. -> ok, device, fence, end, now | lost
extern const RedisScript kRenewRole;
// ARGV session, role, fence. -> ok | lost
extern const RedisScript kReleaseRole;
// ARGV device, role. -> session, fence, end, now | nothing
extern const RedisScript kReadRole;

}  // namespace crosspoint::gateway
