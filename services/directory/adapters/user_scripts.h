#pragma once

#include "common/redis/script.h"

namespace crosspoint::directory {

// Creates, updates, deletes or restores one user. Keys: user, emails, extensions, meta, changed, ids, request.
// Arguments: mode, id, data, extension, expected revision or '', request hash or '', a fresh epoch, then the folded
// addresses. Answers {'ok', data, revision, created, updated, deleted} or {word, details…}.
extern const RedisScript kWriteUser;

// Keys: meta, changed. Arguments: prefix of user keys, epoch, revision, limit, a fresh epoch. Answers {epoch, revision,
// complete, {id, data, revision, created, updated, deleted}…}.
extern const RedisScript kReadUserChanges;

// Keys: ids. Arguments: prefix of user keys, id to begin after or '', limit, '1' for deleted ones too. Answers
// {last id or '', {id, data, …}…}.
extern const RedisScript kListUsers;

}  // namespace crosspoint::directory
