#include "exchange_sim/access/md4.h"

#include <array>
#include <bit>
#include <cstdint>

namespace crosspoint::exchange_sim {
namespace {

using State = std::array<uint32_t, 4>;

uint32_t WordAt(std::string_view block, int index) {
  uint32_t word = 0;
  for (int i = 3; i >= 0; --i)
    word = (word << 8) | static_cast<unsigned char>(block[static_cast<size_t>(index * 4 + i)]);
  return word;
}

// The order of words, the shifts and the constant of each of the three rounds. Source: RFC 1320, section 3.4.
struct Round {
  std::array<int, 16> words;
  std::array<int, 4> shifts;
  uint32_t constant;
};
constexpr std::array<Round, 3> kRounds{{
    {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {3, 7, 11, 19}, 0},
    {{0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}, {3, 5, 9, 13}, 0x5a827999},
    {{0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}, {3, 9, 11, 15}, 0x6ed9eba1},
}};

uint32_t Mix(size_t round, uint32_t x, uint32_t y, uint32_t z) {
  if (round == 0) return (x & y) | (~x & z);
  if (round == 1) return (x & y) | (x & z) | (y & z);
  return x ^ y ^ z;
}

void Compress(State& state, std::string_view block) {
  State s = state;
  for (size_t round = 0; round < kRounds.size(); ++round) {
    for (size_t step = 0; step < 16; ++step) {
      const uint32_t sum =
          s[0] + Mix(round, s[1], s[2], s[3]) + WordAt(block, kRounds[round].words[step]) + kRounds[round].constant;
      s = {s[3], std::rotl(sum, kRounds[round].shifts[step % 4]), s[1], s[2]};
    }
  }
  for (size_t i = 0; i < 4; ++i) state[i] += s[i];
}

}  // namespace

std::string Md4(std::string_view bytes) {
  std::string padded(bytes);
  padded += '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  const uint64_t bits = uint64_t{bytes.size()} * 8;
  for (int i = 0; i < 8; ++i) padded += static_cast<char>((bits >> (8 * i)) & 255);
  State state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for (size_t at = 0; at < padded.size(); at += 64) Compress(state, std::string_view(padded).substr(at, 64));
  std::string digest;
  for (const uint32_t word : state) {
    for (int i = 0; i < 4; ++i) digest += static_cast<char>((word >> (8 * i)) & 255);
  }
  return digest;
}

}  // namespace crosspoint::exchange_sim
