#include "common/metrics/metric_name.h"

#include <algorithm>

namespace crosspoint::metrics {

std::string ObjectionToName(std::string_view name, bool is_total) {
  const auto is_good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (!std::all_of(name.begin(), name.end(), is_good)) return "names are snake_case";
  if (!name.starts_with("crosspoint_") && !name.starts_with("process_")) return "names begin with crosspoint_";
  if (name.ends_with("_total") != is_total) return "counters end in _total and nothing else does";
  const auto thing = is_total ? name.substr(0, name.size() - 6) : name;
  for (const std::string_view unit : {"_ms", "_us", "_milliseconds", "_microseconds", "_minutes", "_kb", "_mb"}) {
    if (thing.ends_with(unit)) return "units are base units: seconds, bytes";
  }
  return "";
}

}  // namespace crosspoint::metrics
