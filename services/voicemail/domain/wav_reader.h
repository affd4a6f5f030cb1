#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace crosspoint::voicemail {

struct WavLimits {
  int64_t max_bytes = 20 << 20;          // of the whole file
  std::chrono::seconds max_length{600};  // playing time
};

enum class WavCodec { kPcm, kALaw, kMuLaw };

struct WavFormat {
  WavCodec codec = WavCodec::kPcm;
  int channels = 0;
  int sample_rate = 0;      // Hz
  int bits_per_sample = 0;  // of one channel
};

// Checks a WAV file while it comes in, in pieces of any size, without keeping it. Every error is kInvalidArgument and
// names the field `audio`; after one nothing more may be fed.
// Source: Multimedia Programming Interface and Data Specifications 1.0 (RIFF, WAVE form), chapters 2 and 3.
class WavReader {
 public:
  explicit WavReader(WavLimits limits) : limits_(limits) {}

  absl::Status Feed(std::string_view bytes);
  // The file ends here.
  absl::Status Finish() const;

  // From the moment the format chunk was read.
  const WavFormat& format() const { return format_; }
  // Playing time of the audio seen so far.
  std::chrono::milliseconds length() const;
  int64_t bytes() const { return bytes_; }

 private:
  enum class Part { kRiff, kChunkHeader, kFormat, kData, kSkipped, kPadding };

  absl::Status TakeRiff();
  absl::Status TakeChunkHeader();
  absl::Status TakeFormat();
  void EndChunk();
  // Moves up to what is missing of `wanted` bytes from `bytes` into the buffer; true once it is full.
  bool Collect(std::string_view& bytes, size_t wanted);

  const WavLimits limits_;
  Part part_ = Part::kRiff;
  std::string buffer_;       // of a header or the format
  int64_t bytes_ = 0;        // of the file, so far
  uint32_t riff_size_ = 0;   // as the file says
  uint32_t chunk_size_ = 0;  // likewise, of the chunk that is being read
  uint32_t chunk_left_ = 0;  // of it, yet to come
  int64_t data_bytes_ = 0;   // of audio, so far
  bool has_format_ = false;
  bool has_data_ = false;
  WavFormat format_;
};

}  // namespace crosspoint::voicemail
