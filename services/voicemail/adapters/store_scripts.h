#pragma once

#include "common/redis/script.h"

namespace crosspoint::voicemail {

// The scripts of the store. Their first keys are always the same; see StoreKeys in store_keys.h. Answers begin with a
// word that says how it went.

const RedisScript& AddScript();       // + request. id, fingerprint, limit, prefix, copy entry, notify entry, fields
const RedisScript& ChangeScript();    // id, change, etag, now, copy entry
const RedisScript& ForgetScript();    // id, deleted before
const RedisScript& ListScript();      // index, prefix, limit, after time, after id
const RedisScript& StateScript();     // prefix, since
const RedisScript& SettingsScript();  // etag, type, address, attach

const RedisScript& CopiesScript();   // prefix
const RedisScript& WrittenScript();  // owed since, item, place, read
const RedisScript& ApplyScript();    // + sync, lease. id, token, began, item, place, read, now
const RedisScript& PointScript();    // + sync, lease. token, inbox, deleted, stopped, release used
const RedisScript& ReleaseScript();  // + sync. Lets the brake off
const RedisScript& KeepScript();     // + sync. prefix, then for each: id, copy entry

}  // namespace crosspoint::voicemail
