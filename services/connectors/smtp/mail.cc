#include "connectors/smtp/mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "common/status/status.h"

namespace crosspoint::smtp {
namespace {

constexpr size_t kMaxAddress = 254;  // Source: RFC 5321 section 4.5.3.1.3, less the brackets
constexpr size_t kMaxLocalPart = 64;
constexpr size_t kMaxHeaderText = 1'000;
constexpr std::string_view kAtomMarks = "!#$%&'*+-/=?^_`{|}~";  // Source: RFC 5322 section 3.2.3

bool IsAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool HasControl(std::string_view text) { return std::any_of(text.begin(), text.end(), IsControl); }

bool IsDotted(std::string_view text, std::string_view marks) {
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) {
    return false;
  }
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return IsAlnum(c) || c == '.' || marks.find(c) != std::string_view::npos; });
}

std::string Base64(std::string_view bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve(bytes.size() * 4 / 3 + 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) text += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

// In lines of 76, as RFC 2045 section 6.8 wants them.
std::string Base64Lines(std::string_view bytes) {
  const auto text = Base64(bytes);
  std::string lines;
  lines.reserve(text.size() + text.size() / 38 + 2);
  for (size_t i = 0; i < text.size(); i += 76) lines.append(text, i, 76).append("\r\n");
  return lines;
}

// Encoded words of at most 75 characters, broken between characters. Source: RFC 2047 section 2.
std::string HeaderText(std::string_view text) {
  const bool is_plain = text.size() <= 60 && std::all_of(text.begin(), text.end(),
                                                         [](char c) { return IsAlnum(c) || c == ' ' || c == '.'; });
  if (is_plain) return std::string(text);
  std::string words;
  while (!text.empty()) {
    size_t length = std::min<size_t>(text.size(), 42);
    while (length < text.size() && length > 1 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
    words += fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\r\n ", Base64(text.substr(0, length)));
    text.remove_prefix(length);
  }
  return words;
}

std::string HeaderAddress(const Address& address) {
  return address.name.empty() ? "<" + address.email + ">" : HeaderText(address.name) + " <" + address.email + ">";
}

std::string Date(TimePoint time) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[utc.tm_wday], utc.tm_mday, kMonths[utc.tm_mon],
                     utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

absl::Status CheckAddress(const Address& address, std::string_view field) {
  if (!IsMailAddress(address.email)) return InvalidField(field, "an address as user@example.org");
  if (HasControl(address.name) || address.name.size() > kMaxHeaderText) {
    return InvalidField(field, "a name without control characters");
  }
  return absl::OkStatus();
}

bool IsFileName(std::string_view name) { return !name.empty() && name.size() <= 100 && IsDotted(name, "-_"); }

bool IsMediaType(std::string_view type) {
  const auto slash = type.find('/');
  return slash != std::string_view::npos && IsDotted(type.substr(0, slash), "-+") &&
         IsDotted(type.substr(slash + 1), "-+");
}

absl::Status Check(const Mail& mail) {
  CROSSPOINT_RETURN_IF_ERROR(CheckAddress(mail.from, "from"));
  CROSSPOINT_RETURN_IF_ERROR(CheckAddress(mail.to, "to"));
  if (HasControl(mail.subject) || mail.subject.size() > kMaxHeaderText) {
    return InvalidField("subject", "one line of at most 1000 bytes");
  }
  if (!IsMailAddress(mail.message_id)) return InvalidField("message_id", "of the form id@host");
  for (const auto& [name, value] : mail.headers) {
    const bool is_own = (name.starts_with("X-") || name.starts_with("x-")) && name.size() > 2 && name.size() <= 60 &&
                        std::all_of(name.begin(), name.end(), [](char c) { return IsAlnum(c) || c == '-'; });
    if (!is_own) return InvalidField("headers", "names of letters, digits and -, beginning with X-");
    if (HasControl(value) || value.size() > kMaxHeaderText) return InvalidField("headers", "values of one line");
  }
  for (const auto& file : mail.files) {
    if (!IsFileName(file.name)) return InvalidField("files", "names of letters, digits, '.', '-' and '_'");
    if (!IsMediaType(file.type)) return InvalidField("files", "a media type as audio/wav");
  }
  return absl::OkStatus();
}

}  // namespace

bool IsMailAddress(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || text.size() > kMaxAddress || at > kMaxLocalPart) return false;
  return IsDotted(text.substr(0, at), kAtomMarks) && IsDotted(text.substr(at + 1), "-");
}

absl::StatusOr<std::string> ToMime(const Mail& mail) {
  CROSSPOINT_RETURN_IF_ERROR(Check(mail));
  // Nothing in base64 can look like it.
  constexpr std::string_view kBoundary = "=_crosspoint_part_=";
  std::string text =
      fmt::format("Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: <{}>\r\n", Date(mail.date),
                  HeaderAddress(mail.from), HeaderAddress(mail.to), HeaderText(mail.subject), mail.message_id);
  for (const auto& [name, value] : mail.headers) text += name + ": " + HeaderText(value) + "\r\n";
  // Nobody's absence note should answer a machine. Source: RFC 3834 section 5.
  text += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
  const std::string body =
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + Base64Lines(mail.text);
  if (mail.files.empty()) return text + body;
  text += fmt::format("Content-Type: multipart/mixed; boundary=\"{}\"\r\n\r\n--{}\r\n{}", kBoundary, kBoundary, body);
  for (const auto& file : mail.files) {
    text += fmt::format(
        "--{}\r\nContent-Type: {}; name=\"{}\"\r\nContent-Disposition: attachment; filename=\"{}\"\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n",
        kBoundary, file.type, file.name, file.name);
    text += Base64Lines(file.bytes);
  }
  return text + fmt::format("--{}--\r\n", kBoundary);
}

}  // namespace crosspoint::smtp
