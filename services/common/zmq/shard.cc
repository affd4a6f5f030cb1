#include "common/zmq/shard.h"

#include <array>

namespace crosspoint {
namespace {

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
    table[i] = crc;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kCrcTable = MakeCrcTable();

}  // namespace

ShardId ShardOf(std::string_view key) {
  uint32_t crc = 0xFFFFFFFFu;
  for (const char c : key) crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<uint8_t>(c)) & 0xFF];
  return ShardId{static_cast<uint8_t>(~crc & 0xFF)};
}

}  // namespace crosspoint
