#pragma once

#include <string>
#include <string_view>

namespace crosspoint::ctl {

// Text from elsewhere, made safe to show: control characters (which could steer the terminal) and broken UTF-8 become
// "?", line breaks and tabs one blank.
std::string Printable(std::string_view text);

// How many columns of a terminal `text` takes: wide letters two, combining ones none. `text` is Printable.
size_t DisplayWidth(std::string_view text);

// `text` cut to `width` columns, the last of them "…" when something is left out.
std::string Shortened(std::string_view text, size_t width);

}  // namespace crosspoint::ctl
