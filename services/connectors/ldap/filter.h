#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::ldap {

// A search condition. Values are any bytes; they are escaped as RFC 4515 wants, so no value can change the condition.
// Attribute names are the program's own, never a person's text.
class Filter {
 public:
  static Filter Equal(std::string_view attribute, std::string_view value);
  static Filter BeginsWith(std::string_view attribute, std::string_view value);
  static Filter Contains(std::string_view attribute, std::string_view value);
  static Filter Present(std::string_view attribute);
  // All of none is always true, any of none never (RFC 4526).
  static Filter And(const std::vector<Filter>& terms);
  static Filter Or(const std::vector<Filter>& terms);
  static Filter Not(const Filter& term);
  // An operator's own text, as in a configuration file; see IsFilterText.
  static Filter FromText(std::string_view text);

  // As it goes into a request: "(&(cn=a*)(mail=*))".
  const std::string& text() const { return text_; }

 private:
  explicit Filter(std::string text) : text_(std::move(text)) {}
  static Filter Combine(char op, const std::vector<Filter>& terms);
  std::string text_;
};

// NUL, '(', ')', '*', '\' and everything outside printable ASCII as \xx.
std::string EscapeValue(std::string_view value);

// Whether `text` is one filter in brackets, all of which match.
bool IsFilterText(std::string_view text);

}  // namespace crosspoint::ldap
