#include "common/ids/random_digits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace crosspoint {
namespace {

TEST(RandomDigits, EachDigitIsEquallyLikely) {
  // Every byte once: 25 of each digit, the six bytes left over are passed by.
  uint8_t next = 0;
  const auto digits = RandomDigits(250, [&next](std::span<uint8_t> bytes) {
    for (auto& byte : bytes) byte = next++;
  });
  for (char digit = '0'; digit <= '9'; ++digit) EXPECT_EQ(std::count(digits.begin(), digits.end(), digit), 25) << digit;
}

TEST(RandomDigits, AreAsManyAsAskedAndDiffer) {
  EXPECT_EQ(RandomDigits(0), "");
  EXPECT_EQ(RandomDigits(9).size(), 9u);
  EXPECT_NE(RandomDigits(24), RandomDigits(24));
}

}  // namespace
}  // namespace crosspoint
