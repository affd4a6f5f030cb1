// Whatever comes, the reader neither reads beyond its input nor judges the same bytes differently by how they are cut.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "voicemail/domain/wav_reader.h"

using crosspoint::voicemail::WavReader;

namespace {

bool Accepts(std::string_view bytes, size_t piece) {
  WavReader reader({.max_bytes = 1 << 16, .max_length = std::chrono::seconds{4}});
  for (size_t at = 0; at < bytes.size(); at += piece) {
    if (!reader.Feed(bytes.substr(at, piece)).ok()) return false;
  }
  return reader.Finish().ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (Accepts(bytes, 1) != Accepts(bytes, 1 + data[0] % 64)) std::abort();
  return 0;
}
