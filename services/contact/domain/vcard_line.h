#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::contact {

struct NumberedLine {
  size_t number = 0;  // in the file, from 1
  std::string text;
};
// Lines with their continuations (RFC 6350, 3.2), without empty ones.
std::vector<NumberedLine> UnfoldedLines(std::string_view content);

// A content line of a vCard.
struct VcardLine {
  std::string name;                // upper case, without group
  std::vector<std::string> types;  // lower case, of TYPE parameters and of those without a name
  std::string value;               // as it stands

  // nullopt when it is none.
  static std::optional<VcardLine> Read(std::string_view line);
  // The value, unescaped.
  std::string Text() const;
  // The parts between semicolons, unescaped.
  std::vector<std::string> Parts() const;
};

// A text as a value of a vCard.
std::string Escaped(std::string_view text);
// A line in pieces of at most 75 bytes, never inside a character.
std::string Folded(std::string_view line);

}  // namespace crosspoint::contact
