#pragma once

#include <string>
#include <string_view>

namespace crosspoint {

// SHA-256 (FIPS 180-4) as 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace crosspoint
