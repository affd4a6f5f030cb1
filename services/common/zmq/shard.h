#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace crosspoint {

inline constexpr size_t kShardCount = 256;

// One of the 256 parts into which a channel's keys fall; each counts its own revisions.
struct ShardId {
  uint8_t value = 0;
  auto operator<=>(const ShardId&) const = default;
};

// The shard of `key`: the lowest byte of its CRC-32 (IEEE 802.3, as zlib's crc32; "123456789" gives 0xCBF43926). Part
// of the wire contract and of Redis keys, the same in every language; it never changes.
ShardId ShardOf(std::string_view key);

}  // namespace crosspoint
