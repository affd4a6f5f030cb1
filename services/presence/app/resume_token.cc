#include "presence/app/resume_token.h"

namespace crosspoint::presence {
namespace {

// One format per first byte.
constexpr char kFormat = 1;
constexpr size_t kMaxEpochBytes = 64;
constexpr size_t kMaxTextBytes = 8192;
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// base64url without padding (RFC 4648 section 5).
std::string ToText(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 4 / 3 + 3);
  uint32_t buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += kDigits[(buffer >> (bits - 6)) & 63u];
  }
  if (bits > 0) text += kDigits[(buffer << (6 - bits)) & 63u];
  return text;
}

std::optional<std::string> FromText(std::string_view text) {
  static const auto kValues = [] {
    std::array<int8_t, 256> values{};
    values.fill(-1);
    for (size_t i = 0; i < kDigits.size(); ++i) values[static_cast<unsigned char>(kDigits[i])] = static_cast<int8_t>(i);
    return values;
  }();
  std::string bytes;
  uint32_t buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const int value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    buffer = (buffer << 6) | static_cast<uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>((buffer >> bits) & 0xffu);
    }
  }
  return bytes;
}

void AddNumber(std::string& bytes, uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7fu) | 0x80u);
  bytes += static_cast<char>(value);
}

std::optional<uint64_t> TakeNumber(std::string_view& bytes) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (bytes.empty()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<uint64_t>(byte & 0x7fu) << shift;
    if ((byte & 0x80u) == 0) return value;
  }
  return std::nullopt;
}

}  // namespace

// Format, epoch, then per shard that has a revision how many were skipped before it, and the revision.
std::string ResumeToken::Encode() const {
  std::string bytes(1, kFormat);
  AddNumber(bytes, epoch.size());
  bytes += epoch;
  size_t next = 0;
  for (size_t shard = 0; shard < revisions.size(); ++shard) {
    if (revisions[shard] == 0) continue;
    AddNumber(bytes, shard - next);
    AddNumber(bytes, revisions[shard]);
    next = shard + 1;
  }
  return ToText(bytes);
}

std::optional<ResumeToken> ResumeToken::Decode(std::string_view text) {
  if (text.size() > kMaxTextBytes) return std::nullopt;
  const auto decoded = FromText(text);
  if (!decoded || decoded->empty() || decoded->front() != kFormat) return std::nullopt;
  std::string_view bytes = std::string_view(*decoded).substr(1);
  const auto length = TakeNumber(bytes);
  if (!length || *length > kMaxEpochBytes || *length > bytes.size()) return std::nullopt;
  ResumeToken token;
  token.epoch = bytes.substr(0, *length);
  bytes.remove_prefix(*length);
  uint64_t next = 0;
  while (!bytes.empty()) {
    const auto skipped = TakeNumber(bytes);
    const auto revision = TakeNumber(bytes);
    if (!skipped || !revision || *revision == 0 || *skipped >= token.revisions.size() - next) return std::nullopt;
    token.revisions[next + *skipped] = *revision;
    next += *skipped + 1;
  }
  return token;
}

std::shared_ptr<const std::string> Standpoint::TokenOf(const Shards& shards) const {
  const std::lock_guard lock(mu_);
  if (last_token_ != nullptr && shards == last_shards_) return last_token_;
  ResumeToken token{epoch_, {}};
  if (!epoch_.empty()) {
    for (size_t shard = 0; shard < revisions_.size(); ++shard) {
      if (shards[shard]) token.revisions[shard] = revisions_[shard];
    }
  }
  last_shards_ = shards;
  last_token_ = std::make_shared<const std::string>(token.Encode());
  return last_token_;
}

}  // namespace crosspoint::presence
