#pragma once

#include <string>
#include <string_view>

namespace crosspoint::metrics {

// Why `name` is not a good name for a metric, empty when it is: snake_case, crosspoint_ or process_ in front, a unit or
// a plain count at the end, `_total` exactly on counters, base units only.
std::string ObjectionToName(std::string_view name, bool is_total);

}  // namespace crosspoint::metrics
