#include "exchange_sim/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>

#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool SameNoCase(char a, char b) { return LowerChar(a) == LowerChar(b); }

// Reads exactly `digits` digits at `at` and moves on.
std::optional<int> TakeNumber(std::string_view text, size_t& at, size_t digits) {
  if (at + digits > text.size()) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  at += digits;
  return value;
}

bool TakeChar(std::string_view text, size_t& at, char wanted) {
  if (at >= text.size() || text[at] != wanted) return false;
  ++at;
  return true;
}

// "Z", "+01:00", "-0500" is not xs:dateTime. nullopt when malformed.
std::optional<int> TakeOffsetSeconds(std::string_view text, size_t& at) {
  if (TakeChar(text, at, 'Z')) return 0;
  const int sign = text[at] == '-' ? -1 : 1;
  if (text[at] != '-' && text[at] != '+') return std::nullopt;
  ++at;
  const auto hours = TakeNumber(text, at, 2);
  if (!hours || !TakeChar(text, at, ':')) return std::nullopt;
  const auto minutes = TakeNumber(text, at, 2);
  if (!minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

std::string Base64(std::string_view bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0);
    for (size_t j = 0; j < 4; ++j) {
      out += i + j <= bytes.size() ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

std::optional<std::string> FromBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out;
  for (size_t i = 0; i < text.size(); i += 4) {
    uint32_t group = 0;
    size_t padding = 0;
    for (size_t j = 0; j < 4; ++j) {
      const char c = text[i + j];
      const size_t value = kAlphabet.find(c);
      const bool pad = c == '=' && i + 4 == text.size() && j >= 2;
      if (pad) ++padding;
      if ((value == std::string_view::npos && !pad) || (padding > 0 && !pad)) return std::nullopt;
      group = group << 6 | (pad ? 0 : static_cast<uint32_t>(value));
    }
    for (size_t j = 0; j + padding < 3; ++j) out += static_cast<char>(group >> (16 - 8 * j) & 0xff);
  }
  return out;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), LowerChar);
  return out;
}

std::string Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

bool StartsWithNoCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(), SameNoCase);
}

bool ContainsNoCase(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), SameNoCase) != text.end();
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end = text.find(separator); end != std::string_view::npos; end = text.find(separator, begin)) {
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.emplace_back(text.substr(begin));
  return parts;
}

uint64_t NextRandom(uint64_t& state) {
  // splitmix64 step: short, and good enough to spread seeds.
  uint64_t z = state += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

uint64_t Hash(std::string_view text, uint64_t seed) {
  uint64_t hash = 0xcbf29ce484222325u ^ seed;  // FNV-1a, then spread
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return NextRandom(hash);
}

std::optional<DateTime> ParseDateTime(std::string_view text) {
  using namespace std::chrono;
  size_t at = 0;
  const auto year_number = TakeNumber(text, at, 4);
  if (!year_number || !TakeChar(text, at, '-')) return std::nullopt;
  const auto month_number = TakeNumber(text, at, 2);
  if (!month_number || !TakeChar(text, at, '-')) return std::nullopt;
  const auto day_number = TakeNumber(text, at, 2);
  if (!day_number) return std::nullopt;
  const year_month_day date{year(*year_number), month(static_cast<unsigned>(*month_number)),
                            day(static_cast<unsigned>(*day_number))};
  if (!date.ok()) return std::nullopt;
  Seconds seconds = sys_days(date).time_since_epoch().count() * Seconds{86400};
  if (TakeChar(text, at, 'T')) {
    const auto hour_number = TakeNumber(text, at, 2);
    if (!hour_number || !TakeChar(text, at, ':')) return std::nullopt;
    const auto minute_number = TakeNumber(text, at, 2);
    if (!minute_number || !TakeChar(text, at, ':')) return std::nullopt;
    const auto second_number = TakeNumber(text, at, 2);
    if (!second_number || *hour_number > 23 || *minute_number > 59 || *second_number > 59) return std::nullopt;
    seconds += *hour_number * 3600 + *minute_number * 60 + *second_number;
    if (TakeChar(text, at, '.')) {
      const size_t digits = at;
      while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]))) ++at;
      if (at == digits) return std::nullopt;
    }
  }
  if (at == text.size()) return DateTime{seconds, true};
  const auto offset = TakeOffsetSeconds(text, at);
  if (!offset || at != text.size()) return std::nullopt;
  return DateTime{seconds - *offset, false};
}

std::string FormatDateTime(Seconds at) {
  using namespace std::chrono;
  const sys_seconds time{seconds(at)};
  const auto date_point = floor<days>(time);
  const year_month_day date(date_point);
  const hh_mm_ss clock(time - date_point);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", int(date.year()), unsigned(date.month()),
                     unsigned(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace crosspoint::exchange_sim
