#include "connectors/ews/soap/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace crosspoint::ews {
namespace {

namespace chrono = std::chrono;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads fixed-width parts off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  std::optional<int> Digits(size_t count) {
    if (rest_.size() < count || !std::all_of(rest_.begin(), rest_.begin() + count, IsDigit)) return std::nullopt;
    int value = 0;
    std::from_chars(rest_.data(), rest_.data() + count, value);
    rest_.remove_prefix(count);
    return value;
  }
  bool Skip(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Microseconds out of any number of digits.
  std::optional<int> Fraction() {
    if (rest_.empty() || !IsDigit(rest_.front())) return std::nullopt;
    int value = 0;
    int digits = 0;
    for (; !rest_.empty() && IsDigit(rest_.front()); rest_.remove_prefix(1)) {
      if (digits++ < 6) value = value * 10 + (rest_.front() - '0');
    }
    for (; digits < 6; ++digits) value *= 10;
    return value;
  }
  bool AtEnd() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::optional<Date> TakeDate(Cursor& cursor) {
  const auto year = cursor.Digits(4);
  if (!year || !cursor.Skip('-')) return std::nullopt;
  const auto month = cursor.Digits(2);
  if (!month || !cursor.Skip('-')) return std::nullopt;
  const auto day = cursor.Digits(2);
  if (!day) return std::nullopt;
  const chrono::year_month_day date{chrono::year(*year), chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return Date{*year, *month, *day};
}

// "T" is already read.
std::optional<chrono::microseconds> TakeTime(Cursor& cursor) {
  const auto hour = cursor.Digits(2);
  if (!hour || !cursor.Skip(':')) return std::nullopt;
  const auto minute = cursor.Digits(2);
  if (!minute || !cursor.Skip(':')) return std::nullopt;
  const auto second = cursor.Digits(2);
  if (!second || *hour > 24 || *minute > 59 || *second > 60) return std::nullopt;
  chrono::microseconds time = chrono::hours(*hour) + chrono::minutes(*minute) + chrono::seconds(*second);
  if (cursor.Skip('.')) {
    const auto fraction = cursor.Fraction();
    if (!fraction) return std::nullopt;
    time += chrono::microseconds(*fraction);
  }
  return time;
}

// Nothing, "Z" or "+hh:mm" to the end of the text.
std::optional<chrono::minutes> TakeZone(Cursor& cursor) {
  if (cursor.AtEnd()) return chrono::minutes(0);
  if (cursor.Skip('Z')) return cursor.AtEnd() ? std::optional(chrono::minutes(0)) : std::nullopt;
  const bool minus = cursor.Skip('-');
  if (!minus && !cursor.Skip('+')) return std::nullopt;
  const auto hours = cursor.Digits(2);
  if (!hours || !cursor.Skip(':')) return std::nullopt;
  const auto minutes = cursor.Digits(2);
  if (!minutes || *hours > 14 || *minutes > 59 || !cursor.AtEnd()) return std::nullopt;
  const chrono::minutes offset = chrono::hours(*hours) + chrono::minutes(*minutes);
  return minus ? -offset : offset;
}

TimePoint MidnightOf(const Date& date) {
  const chrono::year_month_day day{chrono::year(date.year), chrono::month(static_cast<unsigned>(date.month)),
                                   chrono::day(static_cast<unsigned>(date.day))};
  return chrono::time_point_cast<chrono::microseconds>(chrono::sys_days(day));
}

// Length of the valid UTF-8 sequence at the front of `text`; 0 when there is none.
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) > 0x9f;
  const bool too_high = lead == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || too_high ? 0 : length;
}

int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (IsDigit(c)) return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

std::string FormatDateTime(TimePoint time) {
  const auto days = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(days);
  const chrono::hh_mm_ss clock(time - days);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) text += fmt::format(".{:06}", clock.subseconds().count());
  return text + "Z";
}

std::string FormatDate(const Date& date) { return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day); }

std::optional<TimePoint> ParseDateTime(std::string_view text) {
  Cursor cursor(Trim(text));
  const auto date = TakeDate(cursor);
  if (!date) return std::nullopt;
  TimePoint time = MidnightOf(*date);
  if (cursor.Skip('T')) {
    const auto clock = TakeTime(cursor);
    if (!clock) return std::nullopt;
    time += *clock;
  }
  const auto zone = TakeZone(cursor);
  if (!zone) return std::nullopt;
  return time - *zone;
}

std::optional<Date> ParseDate(std::string_view text) {
  if (!ParseDateTime(text)) return std::nullopt;
  Cursor cursor(Trim(text));
  return TakeDate(cursor);
}

std::optional<int> ParseInt(std::string_view text) {
  text = Trim(text);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || text.empty() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<bool> ParseBool(std::string_view text) {
  text = Trim(text);
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

std::string ToValidUtf8(std::string text) {
  static constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  // Most text is ASCII: one pass without branches tells.
  char bits = 0;
  for (const char c : text) bits = static_cast<char>(bits | c);
  if (static_cast<unsigned char>(bits) < 0x80) return text;
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = Utf8Length(std::string_view(text).substr(at));
    if (length == 0) break;
    at += length;
  }
  if (at == text.size()) return text;
  std::string valid = text.substr(0, at);
  while (at < text.size()) {
    const size_t length = Utf8Length(std::string_view(text).substr(at));
    valid.append(length == 0 ? kReplacement : std::string_view(text).substr(at, length));
    at += std::max<size_t>(length, 1);
  }
  return valid;
}

bool DecodeBase64InPlace(std::string& text) {
  uint32_t bits = 0;
  int count = 0;
  size_t length = 0;  // never overtakes what is still to be read: four characters become at most three
  for (const char c : text) {
    if (IsSpace(c)) continue;
    if (c == '=') break;
    const int value = Base64Value(c);
    if (value < 0) return false;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      text[length++] = static_cast<char>(bits >> count & 0xff);
    }
  }
  text.resize(length);
  return true;
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string bytes(text);
  if (!DecodeBase64InPlace(bytes)) return std::nullopt;
  return bytes;
}

std::string EncodeBase64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(bytes.size() - i, 3);
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j) bits = bits << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j) text.push_back(j <= count ? kAlphabet[bits >> (18 - 6 * j) & 0x3f] : '=');
  }
  return text;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace crosspoint::ews
