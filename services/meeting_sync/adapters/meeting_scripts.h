#pragma once

#include "common/redis/script.h"

namespace crosspoint::meeting_sync {

// KEYS code; ARGV whose, milliseconds. 1 when the code is theirs now.
const RedisScript& ClaimCodeScript();
// Writes one record with all that follows: see the keys and arguments in the script.
const RedisScript& PutMeetingScript();
// KEYS times, meetings; ARGV microseconds, at most. Answers id, record, … of live meetings that end after that.
const RedisScript& ListMeetingsScript();
// KEYS revision, changes, meetings, floor; ARGV revision. Answers the revision, the floor, then id, record or nil, ….
const RedisScript& MeetingChangesScript();

}  // namespace crosspoint::meeting_sync
