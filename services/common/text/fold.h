#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crosspoint {

// Text as search compares it: case folded, accents and ligatures resolved ("Müller" -> "muller", "Straße" ->
// "strasse"), runs of white space one blank, none at the ends. Bytes that are not UTF-8 become U+FFFD. Never fails.
std::string FoldForSearch(std::string_view text);

// The words of an already folded text: split at everything that is neither letter nor digit in Unicode's sense.
std::vector<std::string> WordsOf(std::string_view folded);

// Whether the bytes are well-formed UTF-8 without control characters other than tab and line ends.
bool IsCleanUtf8(std::string_view text);

}  // namespace crosspoint
