#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "presence/app/table_book.h"

namespace crosspoint::presence {

// How a tenant's table stands among the records of its shard, under a key no user can have, and travels on the bus:
// revision '|' etag '|' JSON. Written by the script too.
inline UserKey TableKeyOf(const TenantId& tenant) { return tenant.value + "/"; }
inline bool IsTableKey(std::string_view key) { return key.ends_with('/'); }
inline TenantId TenantOfTable(std::string_view key) { return TenantId{std::string(key.substr(0, key.size() - 1))}; }

// The JSON alone.
std::string EncodeLook(const StoredTable& stored);
std::string EncodeTable(const StoredTable& stored);
// All but the epoch.
std::optional<StoredTable> DecodeTable(std::string_view text);

}  // namespace crosspoint::presence
