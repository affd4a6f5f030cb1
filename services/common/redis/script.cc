#include "common/redis/script.h"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "common/status/status.h"

namespace crosspoint {
namespace {

std::string Sha1Hex(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) std::abort();
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += kHex[digest[i] >> 4];
    out += kHex[digest[i] & 15];
  }
  return out;
}

}  // namespace

RedisScript::RedisScript(std::string name, std::string source)
    : name_(std::move(name)), source_(std::move(source)), sha1_(Sha1Hex(source_)) {}

std::string_view RedisHashTag(std::string_view key) {
  const auto open = key.find('{');
  if (open == std::string_view::npos) return key;
  const auto close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

absl::Status CheckOneTag(const std::vector<std::string>& keys) {
  for (const auto& key : keys) {
    if (RedisHashTag(key) != RedisHashTag(keys.front())) {
      return ErrorWithInfo(absl::StatusCode::kInvalidArgument,
                           "keys of one script must share a hash tag: " + keys.front() + " and " + key,
                           {.reason = "REDIS_CROSS_TAG", .domain = "redis.crosspoint", .metadata = {}});
    }
  }
  return absl::OkStatus();
}

}  // namespace crosspoint
