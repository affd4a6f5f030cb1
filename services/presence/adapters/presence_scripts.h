#pragma once

#include "common/redis/script.h"

namespace crosspoint::presence {

// Keys of a shard, all with the tag {presence:<shard>}:
//   claims:<user>              hash   claim id -> claim
//   signals:<user>             hash   'd:' and a device, or 'im' -> state '|' until when it is believed; absent: idle
//   routing:<user>             hash   profile and rules of the user's calls, see redis_routing_store.h
//   schedule:<user>            string version '|' JSON: the user's week
//   schedule-due               zset   users with a schedule by when it is to be planned next
//   holidays                   hash   tenant -> version '|' JSON
//   request:<user>:<id>        string length '|' fingerprint record: what was answered, for 24 hours
//   records                    hash   user -> record
//   revision                   string the shard's last revision
//   ended                      zset   users without claims and signals by the time they lost the last one
//   forgotten                  string highest revision of the records dropped 24 hours later
// Records and claims are texts, see record_codec.h. The clock argument is empty but in tests.

// KEYS claims, records, revision, ended, forgotten, signals[, request]
// ARGV user, clock, expected revision or '', fingerprint or '', number of claims to remove, their ids…
//      [, id, class, start or '', end, state, source, note, limit]
// Answers {'CHANGED' | 'SAME', now, record[, claim as stored, '' when it had ended already]} or {'ABORTED'} or
// {'FULL'}.
extern const RedisScript kChangeScript;

// KEYS as kChangeScript; ARGV user, clock. The same without a change of claims, only if the next edge has passed, or
// the record is of a time to come because the clock was set back.
extern const RedisScript kEdgeScript;

// KEYS as kEdgeScript; ARGV user, clock, devices allowed[, 'd:' and a device, or 'im', state, lease in microseconds]….
// State 0 takes the entry away. Answers like kEdgeScript or {'DEVICES'}.
extern const RedisScript kReportScript;

// KEYS claims, records[, request]; ARGV user, clock. Answers {now, record, answer, claim id, claim, …}.
extern const RedisScript kReadScript;

// KEYS records, revision, forgotten. Answers {revision, forgotten, user, record, …}.
extern const RedisScript kSnapshotScript;

// KEYS as kEdgeScript, schedule, schedule-due; ARGV user, clock, version of the schedule read ('0': none), text of the
// schedule, mark read or '', when to plan again (0: never)[, claim id, start, end, state, note]…. Writes the schedule
// "version|text", the claims in place of all those of source `schedule`, and when to plan again. Answers like
// kEdgeScript with the version it has now behind, or {'ABORTED'} when another version is stored.
extern const RedisScript kScheduleScript;
// KEYS schedule, schedule-due; ARGV user, clock. Answers {now, "version|text" or '', mark or ''}.
extern const RedisScript kScheduleReadScript;
// KEYS schedule-due; ARGV clock, how many, microseconds. Users that are due, put off by the microseconds.
extern const RedisScript kScheduleDueScript;
// KEYS schedule-due; ARGV beginning of the users' keys. Makes them due.
extern const RedisScript kScheduleMarkScript;

// KEYS a hash; ARGV field, etag or '', text. Replaces the field "version|text"; answers the version it has now, or ''
// when the etag is another one. The same text changes nothing.
extern const RedisScript kVersionedScript;

// KEYS records, revision; ARGV key, etag it must have, etag of the default, new etag, text. Replaces a tenant's table
// "revision|etag|text"; answers its revision, 0 when it is the same already, -1 when it has another etag.
extern const RedisScript kTableScript;

// KEYS epoch; ARGV old epoch, new epoch. Replaces the epoch unless another did so first; answers what holds now.
extern const RedisScript kEpochScript;

}  // namespace crosspoint::presence
