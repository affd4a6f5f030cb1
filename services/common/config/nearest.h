#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::config {

// The candidate somebody most likely meant by `word`: few letters swapped, missing or wrong, or the right last part
// (after '.') in the wrong block. Empty when none is close. The first of equals wins.
std::string Nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace crosspoint::config
