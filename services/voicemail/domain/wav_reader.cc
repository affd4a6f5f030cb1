#include "voicemail/domain/wav_reader.h"

#include <algorithm>

#include "common/status/status.h"

namespace crosspoint::voicemail {
namespace {

constexpr size_t kRiffHeader = 12;
constexpr size_t kChunkHeader = 8;
constexpr uint32_t kMinFormat = 16;
constexpr uint32_t kMaxFormat = 256;
// Before the audio: metadata, padding.
constexpr uint32_t kMaxSkipped = 1u << 20;
constexpr int kMinRate = 8'000;
constexpr int kMaxRate = 48'000;
// Format tags.
constexpr uint16_t kTagPcm = 0x0001;
constexpr uint16_t kTagALaw = 0x0006;
constexpr uint16_t kTagMuLaw = 0x0007;
constexpr uint16_t kTagExtensible = 0xFFFE;
constexpr size_t kExtensibleSize = 40;
constexpr size_t kSubFormatAt = 24;

uint16_t Read16(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<unsigned char>(bytes[at]) | static_cast<unsigned char>(bytes[at + 1]) << 8);
}
uint32_t Read32(std::string_view bytes, size_t at) {
  return Read16(bytes, at) | static_cast<uint32_t>(Read16(bytes, at + 2)) << 16;
}

absl::Status Wrong(std::string_view what) { return InvalidField("audio", what); }

}  // namespace

bool WavReader::Collect(std::string_view& bytes, size_t wanted) {
  const size_t count = std::min(bytes.size(), wanted - buffer_.size());
  buffer_.append(bytes.substr(0, count));
  bytes.remove_prefix(count);
  return buffer_.size() == wanted;
}

absl::Status WavReader::Feed(std::string_view bytes) {
  bytes_ += static_cast<int64_t>(bytes.size());
  if (bytes_ > limits_.max_bytes) {
    return Wrong("a file of at most " + std::to_string(limits_.max_bytes) + " bytes");
  }
  while (!bytes.empty()) {
    switch (part_) {
      case Part::kRiff:
        if (Collect(bytes, kRiffHeader)) CROSSPOINT_RETURN_IF_ERROR(TakeRiff());
        break;
      case Part::kChunkHeader:
        if (Collect(bytes, kChunkHeader)) CROSSPOINT_RETURN_IF_ERROR(TakeChunkHeader());
        break;
      case Part::kFormat:
        if (Collect(bytes, chunk_size_)) CROSSPOINT_RETURN_IF_ERROR(TakeFormat());
        break;
      case Part::kData:
      case Part::kSkipped: {
        const auto count = std::min<size_t>(bytes.size(), chunk_left_);
        if (part_ == Part::kData) data_bytes_ += static_cast<int64_t>(count);
        chunk_left_ -= static_cast<uint32_t>(count);
        bytes.remove_prefix(count);
        if (length() > limits_.max_length) {
          return Wrong("a message of at most " + std::to_string(limits_.max_length.count()) + " seconds");
        }
        if (chunk_left_ == 0) EndChunk();
        break;
      }
      case Part::kPadding:
        bytes.remove_prefix(1);
        part_ = Part::kChunkHeader;
        break;
    }
  }
  return absl::OkStatus();
}

absl::Status WavReader::TakeRiff() {
  if (!buffer_.starts_with("RIFF") || std::string_view(buffer_).substr(8) != "WAVE") {
    return Wrong("a WAV file: it must begin with RIFF and WAVE");
  }
  riff_size_ = Read32(buffer_, 4);
  if (static_cast<int64_t>(riff_size_) + 8 > limits_.max_bytes) {
    return Wrong("a WAV file that says its size in the RIFF header, at most " + std::to_string(limits_.max_bytes) +
                 " bytes");
  }
  buffer_.clear();
  part_ = Part::kChunkHeader;
  return absl::OkStatus();
}

absl::Status WavReader::TakeChunkHeader() {
  const std::string kind = buffer_.substr(0, 4);
  chunk_size_ = chunk_left_ = Read32(buffer_, 4);
  buffer_.clear();
  if (static_cast<uint64_t>(chunk_size_) > riff_size_) {
    return Wrong("a WAV file whose chunks are no longer than the file");
  }
  if (kind == "fmt ") {
    if (has_format_) return Wrong("a WAV file with one format chunk");
    if (chunk_size_ < kMinFormat || chunk_size_ > kMaxFormat) return Wrong("a format chunk of 16 to 256 bytes");
    part_ = Part::kFormat;
    return absl::OkStatus();
  }
  if (kind == "data") {
    if (!has_format_) return Wrong("a WAV file with its format before the audio");
    if (has_data_) return Wrong("a WAV file with one data chunk");
    has_data_ = true;
    part_ = Part::kData;
  } else {
    if (chunk_size_ > kMaxSkipped) return Wrong("a WAV file with at most 1 MiB of metadata in a piece");
    part_ = Part::kSkipped;
  }
  if (chunk_left_ == 0) EndChunk();
  return absl::OkStatus();
}

void WavReader::EndChunk() { part_ = chunk_size_ % 2 == 1 ? Part::kPadding : Part::kChunkHeader; }

absl::Status WavReader::TakeFormat() {
  uint16_t tag = Read16(buffer_, 0);
  if (tag == kTagExtensible && buffer_.size() >= kExtensibleSize) tag = Read16(buffer_, kSubFormatAt);
  format_.channels = Read16(buffer_, 2);
  const uint32_t rate = Read32(buffer_, 4);
  const uint16_t block = Read16(buffer_, 12);
  format_.bits_per_sample = Read16(buffer_, 14);
  switch (tag) {
    case kTagPcm:
      format_.codec = WavCodec::kPcm;
      if (format_.bits_per_sample != 8 && format_.bits_per_sample != 16) return Wrong("PCM of 8 or 16 bits");
      break;
    case kTagALaw:
    case kTagMuLaw:
      format_.codec = tag == kTagALaw ? WavCodec::kALaw : WavCodec::kMuLaw;
      if (format_.bits_per_sample != 8) return Wrong("a-law and mu-law of 8 bits");
      break;
    default:
      return Wrong("PCM, a-law or mu-law; this is format " + std::to_string(tag));
  }
  if (format_.channels != 1 && format_.channels != 2) return Wrong("one or two channels");
  if (rate < kMinRate || rate > kMaxRate) return Wrong("8,000 to 48,000 samples a second");
  format_.sample_rate = static_cast<int>(rate);
  if (block != format_.channels * format_.bits_per_sample / 8) {
    return Wrong("a WAV file whose block size fits its channels and bits");
  }
  has_format_ = true;
  buffer_.clear();
  EndChunk();
  return absl::OkStatus();
}

absl::Status WavReader::Finish() const {
  if (bytes_ == 0) return Wrong("a WAV file: nothing came");
  if (part_ == Part::kRiff) return Wrong("a whole WAV file: it ends inside of its header");
  if (part_ == Part::kData) {
    return Wrong("a whole WAV file: " + std::to_string(chunk_left_) + " bytes of audio are missing");
  }
  const bool between = (part_ == Part::kChunkHeader && buffer_.empty()) || part_ == Part::kPadding;
  if (!between) return Wrong("a whole WAV file: it ends inside of a chunk");
  if (!has_data_) return Wrong("a WAV file with audio in it");
  // Programs differ in whether the padding of the last chunk counts.
  const int64_t stray = bytes_ - (int64_t{riff_size_} + 8);
  if (stray < -1 || stray > 1) return Wrong("a WAV file as long as its RIFF header says");
  const int64_t frame = format_.channels * format_.bits_per_sample / 8;
  if (data_bytes_ == 0 || data_bytes_ % frame != 0) return Wrong("a WAV file with whole samples in it");
  return absl::OkStatus();
}

std::chrono::milliseconds WavReader::length() const {
  if (!has_format_) return std::chrono::milliseconds{0};
  const int64_t per_second = int64_t{format_.sample_rate} * format_.channels * format_.bits_per_sample / 8;
  return std::chrono::milliseconds{data_bytes_ * 1000 / per_second};
}

}  // namespace crosspoint::voicemail
