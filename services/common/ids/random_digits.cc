#include "common/ids/random_digits.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>

namespace crosspoint {

void SystemRandomBytes(std::span<uint8_t> bytes) {
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) std::abort();
}

std::string RandomDigits(size_t count, const RandomBytes& random) {
  constexpr uint8_t kFair = 250;  // the largest multiple of ten that a byte can hold
  std::string digits;
  std::array<uint8_t, 32> bytes{};
  while (digits.size() < count) {
    random(bytes);
    for (const auto byte : bytes) {
      if (digits.size() < count && byte < kFair) digits += static_cast<char>('0' + byte % 10);
    }
  }
  return digits;
}

}  // namespace crosspoint
