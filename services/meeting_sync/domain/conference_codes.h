#pragma once

#include <string_view>

namespace crosspoint::meeting_sync {

// Whether a code or password of digits is one that people try first: one digit repeated, or counting up or down.
bool IsEasilyGuessed(std::string_view digits);

}  // namespace crosspoint::meeting_sync
