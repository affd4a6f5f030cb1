#include "ctl/output/text.h"

#include <locale.h>
#include <wchar.h>

#include <optional>

namespace crosspoint::ctl {
namespace {

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 0;
};

// The first code point of `text`; nullopt when it is broken, too long an encoding, or no scalar value.
std::optional<CodePoint> Decode(std::string_view text) {
  const auto byte = [&text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return CodePoint{first, 1};
  const size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return std::nullopt;
  char32_t value = first & (0x7F >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    value = (value << 6) | (byte(i) & 0x3F);
  }
  const bool overlong = (bytes == 3 && value < 0x800) || (bytes == 4 && value < 0x10000);
  if (overlong || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return std::nullopt;
  return CodePoint{value, bytes};
}

bool IsControl(char32_t c) {
  // Also marks that turn the direction of writing: what is shown would not be what is there.
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

size_t WidthOf(char32_t c) {
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  const locale_t before = utf8 == nullptr ? nullptr : uselocale(utf8);
  const int width = wcwidth(static_cast<wchar_t>(c));
  if (before != nullptr) uselocale(before);
  return width < 0 ? 1 : static_cast<size_t>(width);
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const auto c = Decode(text);
    if (!c) {
      safe += '?';
      text.remove_prefix(1);
      continue;
    }
    if (c->value == '\n' || c->value == '\t') {
      safe += ' ';
    } else if (c->value == '\r' && text.size() > 1 && text[1] == '\n') {
      // one blank for both
    } else if (IsControl(c->value)) {
      safe += '?';
    } else {
      safe += text.substr(0, c->bytes);
    }
    text.remove_prefix(c->bytes);
  }
  return safe;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const auto c = Decode(text);
    width += c ? WidthOf(c->value) : 1;
    text.remove_prefix(c ? c->bytes : 1);
  }
  return width;
}

std::string Shortened(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width == 0) return "";
  std::string cut;
  size_t used = 0;
  while (!text.empty()) {
    const auto c = Decode(text);
    const size_t bytes = c ? c->bytes : 1;
    used += c ? WidthOf(c->value) : 1;
    if (used > width - 1) break;
    cut += text.substr(0, bytes);
    text.remove_prefix(bytes);
  }
  return cut + "…";
}

}  // namespace crosspoint::ctl
