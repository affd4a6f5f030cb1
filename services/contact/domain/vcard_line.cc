#include "contact/domain/vcard_line.h"

#include <algorithm>
#include <cctype>

namespace crosspoint::contact {
namespace {

constexpr size_t kLineBytes = 75;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

// Splits at `separator`, but not within quotes.
std::vector<std::string> SplitUnquoted(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// The character that a backslash and `c` stand for.
char Unescaped(char c) { return c == 'n' || c == 'N' ? '\n' : c; }

}  // namespace

std::vector<NumberedLine> UnfoldedLines(std::string_view content) {
  std::vector<NumberedLine> lines;
  size_t number = 0;
  while (!content.empty()) {
    ++number;
    const auto end = content.find('\n');
    auto line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if ((line.front() == ' ' || line.front() == '\t') && !lines.empty()) {
      lines.back().text += line.substr(1);
    } else {
      lines.push_back({number, std::string(line)});
    }
  }
  return lines;
}

std::optional<VcardLine> VcardLine::Read(std::string_view text) {
  bool quoted = false;
  size_t colon = 0;
  while (colon < text.size() && (quoted || text[colon] != ':')) {
    if (text[colon] == '"') quoted = !quoted;
    ++colon;
  }
  if (colon == text.size()) return std::nullopt;
  VcardLine line;
  line.value = text.substr(colon + 1);
  // Parameters, quotes kept for their values.
  const auto head = text.substr(0, colon);
  const auto name_end = std::min(head.find(';'), head.size());
  auto name = head.substr(0, name_end);
  if (const auto dot = name.rfind('.'); dot != std::string_view::npos) name.remove_prefix(dot + 1);
  line.name = Upper(name);
  if (name_end == head.size()) return line;
  for (const auto& parameter : SplitUnquoted(head.substr(name_end + 1), ';')) {
    const auto equals = parameter.find('=');
    if (equals != std::string::npos && Upper(parameter.substr(0, equals)) != "TYPE") continue;
    const auto values = equals == std::string::npos ? parameter : parameter.substr(equals + 1);
    for (const auto& type : SplitUnquoted(values, ',')) line.types.push_back(Lower(type));
  }
  return line;
}

std::string VcardLine::Text() const {
  std::string text;
  for (size_t i = 0; i < value.size(); ++i) {
    const bool escape = value[i] == '\\' && i + 1 < value.size();
    text += escape ? Unescaped(value[++i]) : value[i];
  }
  return text;
}

std::vector<std::string> VcardLine::Parts() const {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) {
      parts.back() += Unescaped(value[++i]);
    } else if (value[i] == ';') {
      parts.emplace_back();
    } else {
      parts.back() += value[i];
    }
  }
  return parts;
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\r') continue;
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == ',' || c == ';') out += '\\';
    out += c;
  }
  return out;
}

std::string Folded(std::string_view line) {
  std::string out;
  size_t room = kLineBytes;
  while (line.size() > room) {
    size_t end = room;
    while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
    out.append(line.substr(0, end)).append("\r\n ");
    line.remove_prefix(end);
    room = kLineBytes - 1;
  }
  return out.append(line);
}

}  // namespace crosspoint::contact
