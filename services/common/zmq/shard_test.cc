#include "common/zmq/shard.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace crosspoint {
namespace {

// Published CRC-32 check values: the contract with other languages.
TEST(Shard, IsTheLowestByteOfTheCommonCrc32) {
  EXPECT_EQ(ShardOf("123456789").value, 0x26);                                    // CBF43926
  EXPECT_EQ(ShardOf("").value, 0x00);                                             // 00000000
  EXPECT_EQ(ShardOf("a").value, 0x43);                                            // E8B7BE43
  EXPECT_EQ(ShardOf("The quick brown fox jumps over the lazy dog").value, 0x39);  // 414FA339
}

TEST(Shard, SpreadsConsecutiveNamesEvenly) {
  std::array<int, kShardCount> count{};
  constexpr int kPerShard = 100;
  for (int i = 0; i < kPerShard * static_cast<int>(kShardCount); ++i) {
    ++count[ShardOf("tenants/acme/users/u" + std::to_string(i)).value];
  }
  for (const int n : count) {
    EXPECT_GT(n, kPerShard / 2);
    EXPECT_LT(n, kPerShard * 2);
  }
}

}  // namespace
}  // namespace crosspoint
