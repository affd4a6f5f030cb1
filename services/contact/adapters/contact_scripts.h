#pragma once

#include "common/redis/script.h"

namespace crosspoint::contact {

// Lua put in front of every script that writes contacts. ARGV: the key prefix of the owner, how many contacts a user
// may have, the epoch for a store that has none yet. It defines `at` (next argument to read, 4), `take()` and
//   read_writes()         takes a count and so many writes of six arguments
//   refusal(writes)       nil, or why none of them may happen: {'stale'}, {'missing'}, {'full'}
//   write_all(writes)     carries them out; returns created, updated, deleted, unchanged, id of the last, and the set
//                         of ids that changed
extern const char kWritesLua[];

// ARGV from 4: request hash or '', id to tell the mailbox of or '', outbox entry, writes. KEYS: meta, outbox, request.
extern const RedisScript kWriteContacts;
// ARGV: prefix, epoch, revision, limit, new epoch. KEYS: meta.
extern const RedisScript kReadChanges;
// ARGV from 4: source, '1' for replace_all, expected, received, digest, refused, refusals, '1' when complete, seen,
// writes. KEYS: meta, upload, seen.
extern const RedisScript kStepUpload;

}  // namespace crosspoint::contact
