#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace crosspoint::testing {

inline std::string LittleEndian(uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

inline std::string WavChunk(std::string_view kind, const std::string& content) {
  return std::string(kind) + LittleEndian(static_cast<uint32_t>(content.size()), 4) + content +
         std::string(content.size() % 2, '\0');
}

struct WavSample {
  int tag = 1;  // 1 PCM, 6 a-law, 7 mu-law
  int channels = 1;
  int rate = 8'000;
  int bits = 16;
  int milliseconds = 1'000;
  int seed = 1;  // another one is another recording

  std::string Format() const {
    const int block = channels * bits / 8;
    return LittleEndian(static_cast<uint32_t>(tag), 2) + LittleEndian(static_cast<uint32_t>(channels), 2) +
           LittleEndian(static_cast<uint32_t>(rate), 4) + LittleEndian(static_cast<uint32_t>(rate * block), 4) +
           LittleEndian(static_cast<uint32_t>(block), 2) + LittleEndian(static_cast<uint32_t>(bits), 2);
  }
  std::string Data() const {
    const auto frames = static_cast<size_t>(static_cast<int64_t>(rate) * milliseconds / 1000);
    std::string data(frames * static_cast<size_t>(channels * bits / 8), '\0');
    uint32_t noise = static_cast<uint32_t>(seed);
    for (auto& byte : data) {
      noise = noise * 1'664'525u + 1'013'904'223u;
      byte = static_cast<char>(noise >> 24);
    }
    return data;
  }
};

inline std::string WavFile(const std::string& chunks) {
  return "RIFF" + LittleEndian(static_cast<uint32_t>(chunks.size() + 4), 4) + "WAVE" + chunks;
}

// A recording as a telephone system makes it.
inline std::string MakeWav(const WavSample& sample = {}) {
  return WavFile(WavChunk("fmt ", sample.Format()) + WavChunk("data", sample.Data()));
}

}  // namespace crosspoint::testing
