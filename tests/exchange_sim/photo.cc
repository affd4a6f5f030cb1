#include "exchange_sim/photo.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "exchange_sim/text.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr int kCells = 6;    // the pattern is a grid of cells, left and right alike
constexpr int kQuantum = 8;  // makes the quantised DC of a flat block its value minus 128

struct Colour {
  std::array<int, 3> ycc;  // Y, Cb, Cr
};

Colour FromRgb(int r, int g, int b) {
  return {{(299 * r + 587 * g + 114 * b) / 1000, 128 + (-169 * r - 331 * g + 500 * b) / 1000,
           128 + (500 * r - 419 * g - 81 * b) / 1000}};
}

// Every block is flat, so only DC coefficients are coded, with the DC table of ITU-T T.81 annex K and an AC table whose
// one code, a single 0 bit, says "end of block".
constexpr std::array<uint8_t, 16> kDcCounts = {0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0};
constexpr std::array<uint16_t, 12> kDcCodes = {0x0, 0x2, 0x3, 0x4, 0x5, 0x6, 0xe, 0x1e, 0x3e, 0x7e, 0xfe, 0x1fe};
constexpr std::array<int, 12> kDcLengths = {2, 3, 3, 3, 3, 3, 4, 5, 6, 7, 8, 9};

class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}
  void Put(unsigned bits, int count) {
    for (int i = count - 1; i >= 0; --i) {
      byte_ = byte_ << 1 | (bits >> i & 1);
      if (++filled_ == 8) Flush();
    }
  }
  void Finish() {
    while (filled_ != 0) Put(1, 1);
  }

 private:
  void Flush() {
    out_ += static_cast<char>(byte_);
    if ((byte_ & 0xff) == 0xff) out_ += '\0';  // a lone 0xff would be a marker
    byte_ = 0;
    filled_ = 0;
  }
  std::string& out_;
  unsigned byte_ = 0;
  int filled_ = 0;
};

void PutFlatBlock(BitWriter& bits, int difference) {
  int category = 0;
  while (std::abs(difference) >> category != 0) ++category;
  bits.Put(kDcCodes[static_cast<size_t>(category)], kDcLengths[static_cast<size_t>(category)]);
  if (category > 0) {
    bits.Put(static_cast<unsigned>(difference > 0 ? difference : difference + (1 << category) - 1), category);
  }
  bits.Put(0, 1);  // end of block
}

void PutSegment(std::string& out, uint8_t marker, const std::string& body) {
  out += '\xff';
  out += static_cast<char>(marker);
  out += static_cast<char>((body.size() + 2) >> 8);
  out += static_cast<char>((body.size() + 2) & 0xff);
  out += body;
}

void PutHeaders(std::string& out, int edge) {
  out += "\xff\xd8";
  PutSegment(out, 0xe0, std::string("JFIF\0\1\1\0\0\1\0\1\0\0", 14));
  PutSegment(out, 0xdb, std::string(1, '\0') + std::string(64, static_cast<char>(kQuantum)));
  std::string frame = {8,
                       static_cast<char>(edge >> 8),
                       static_cast<char>(edge & 0xff),
                       static_cast<char>(edge >> 8),
                       static_cast<char>(edge & 0xff),
                       3};
  for (const char component : {1, 2, 3}) frame += std::string({component, 0x11, 0});
  PutSegment(out, 0xc0, frame);
  std::string dc(1, '\0');
  dc.append(kDcCounts.begin(), kDcCounts.end());
  for (char value = 0; value < 12; ++value) dc += value;
  PutSegment(out, 0xc4, dc);
  PutSegment(out, 0xc4, std::string({0x10, 1}) + std::string(15, '\0') + std::string(1, '\0'));
  PutSegment(out, 0xda, std::string({3, 1, 0, 2, 0, 3, 0, 0, 63, 0}));
}

}  // namespace

std::optional<int> PhotoEdge(std::string_view size) {
  constexpr std::array<std::pair<std::string_view, int>, 11> kSizes = {{{"HR48x48", 48},
                                                                        {"HR64x64", 64},
                                                                        {"HR96x96", 96},
                                                                        {"HR120x120", 120},
                                                                        {"HR240x240", 240},
                                                                        {"HR360x360", 360},
                                                                        {"HR432x432", 432},
                                                                        {"HR504x504", 504},
                                                                        {"HR648x648", 648},
                                                                        {"HR1024xN", 1024},
                                                                        {"HR1920xN", 1920}}};
  for (const auto& [name, edge] : kSizes) {
    if (name == size) return edge;
  }
  return std::nullopt;
}

std::string MakePhoto(uint64_t seed, int edge) {
  const uint64_t pattern = NextRandom(seed);
  const uint64_t tint = NextRandom(seed);
  const auto channel = [tint](int shift) { return static_cast<int>(tint >> shift & 0x7f) + 32; };
  const Colour front = FromRgb(channel(0), channel(8), channel(16));
  const Colour back = FromRgb(235, 238, 242);
  std::string out;
  PutHeaders(out, edge);
  BitWriter bits(out);
  std::array<int, 3> previous{};
  const int blocks = (edge + 7) / 8;
  for (int y = 0; y < blocks; ++y) {
    for (int x = 0; x < blocks; ++x) {
      const int row = y * kCells / blocks;
      const int column = x * kCells / blocks;
      const int cell = row * (kCells / 2) + std::min(column, kCells - 1 - column);
      const Colour& colour = (pattern >> cell & 1) != 0 ? front : back;
      for (size_t c = 0; c < 3; ++c) {
        const int dc = colour.ycc[c] - 128;
        PutFlatBlock(bits, dc - previous[c]);
        previous[c] = dc;
      }
    }
  }
  bits.Finish();
  out += "\xff\xd9";
  return out;
}

}  // namespace crosspoint::exchange_sim
