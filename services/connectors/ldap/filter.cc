#include "connectors/ldap/filter.h"

namespace crosspoint::ldap {
namespace {

std::string Item(std::string_view attribute, const std::string& assertion) {
  return "(" + std::string(attribute) + "=" + assertion + ")";
}

}  // namespace

std::string EscapeValue(std::string_view value) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string escaped;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '(' || c == ')' || c == '*' || c == '\\') {
      escaped += '\\';
      escaped += kHex[byte >> 4];
      escaped += kHex[byte & 15];
    } else {
      escaped += c;
    }
  }
  return escaped;
}

Filter Filter::Equal(std::string_view attribute, std::string_view value) {
  return Filter(Item(attribute, EscapeValue(value)));
}
Filter Filter::BeginsWith(std::string_view attribute, std::string_view value) {
  return Filter(Item(attribute, EscapeValue(value) + "*"));
}
Filter Filter::Contains(std::string_view attribute, std::string_view value) {
  return Filter(Item(attribute, "*" + EscapeValue(value) + "*"));
}
Filter Filter::Present(std::string_view attribute) { return Filter(Item(attribute, "*")); }

Filter Filter::Combine(char op, const std::vector<Filter>& terms) {
  std::string text = std::string("(") + op;
  for (const auto& term : terms) text += term.text();
  return Filter(text + ")");
}
Filter Filter::And(const std::vector<Filter>& terms) { return Combine('&', terms); }
Filter Filter::Or(const std::vector<Filter>& terms) { return Combine('|', terms); }
Filter Filter::Not(const Filter& term) { return Combine('!', {term}); }
Filter Filter::FromText(std::string_view text) { return Filter(std::string(text)); }

bool IsFilterText(std::string_view text) {
  if (text.size() < 4 || text.front() != '(') return false;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (depth == 0) return i + 1 == text.size();
  }
  return false;
}

}  // namespace crosspoint::ldap
