#pragma once

#include <string>
#include <string_view>

namespace crosspoint::ews {

// Takes the text of the first element of that local name out of `document`, so that a text of many megabytes is neither
// scanned nor parsed: `document` keeps the element without it. Empty, and `document` as it was, when there is none
// such, when the text has references or other markup in it, or when a comment, CDATA section or document type comes
// before it: the ordinary reader knows what to do with those. Nothing is checked; the rest still has to be.
std::string CutText(std::string& document, std::string_view local_name);

}  // namespace crosspoint::ews
