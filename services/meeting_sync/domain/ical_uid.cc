#include "meeting_sync/domain/ical_uid.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace crosspoint::meeting_sync {
namespace {

constexpr std::string_view kGlobalObjectId("\x04\x00\x00\x00\x82\x00\xE0\x00\x74\xC5\xB7\x10\x1A\x82\xE0\x08", 16);
constexpr std::string_view kMark("vCal-Uid\x01\x00\x00\x00", 12);
// Behind the class id: year, month and day of an exception, creation time, eight zeros, size of the data.
constexpr size_t kHeader = 16 + 4 + 8 + 8 + 4;

int Nibble(unsigned char c) {
  if (std::isdigit(c) != 0) return c - '0';
  if (std::isxdigit(c) != 0) return std::tolower(c) - 'a' + 10;
  return -1;
}

std::optional<std::string> FromHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = Nibble(static_cast<unsigned char>(text[i]));
    const int low = Nibble(static_cast<unsigned char>(text[i + 1]));
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

}  // namespace

std::string PlainUid(std::string_view uid) {
  const auto bytes = FromHex(uid);
  if (!bytes || bytes->size() < kHeader + kMark.size() ||
      bytes->compare(0, kGlobalObjectId.size(), kGlobalObjectId) != 0 ||
      bytes->compare(kHeader, kMark.size(), kMark) != 0) {
    return std::string(uid);
  }
  auto plain = bytes->substr(kHeader + kMark.size());
  while (!plain.empty() && plain.back() == '\0') plain.pop_back();
  return plain;
}

}  // namespace crosspoint::meeting_sync
