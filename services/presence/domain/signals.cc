#include "presence/domain/signals.h"

#include <algorithm>

namespace crosspoint::presence {

Signals SignalsAt(std::span<const DeviceLine> lines, std::optional<TimePoint> online_until, TimePoint now) {
  Signals shown;
  for (const auto& line : lines) {
    if (now < line.until) shown.line = std::max(shown.line, line.state);
  }
  if (online_until && now < *online_until) shown.im = ImState::kOnline;
  return shown;
}

std::optional<TimePoint> NextSignalEdge(std::span<const DeviceLine> lines, std::optional<TimePoint> online_until,
                                        TimePoint now) {
  const auto shown = SignalsAt(lines, online_until, now);
  std::optional<TimePoint> edge;
  if (shown.line != LineState::kIdle) {
    // The strongest state is shown until the last device in it falls silent.
    for (const auto& line : lines) {
      if (line.state == shown.line && now < line.until) edge = std::max(edge.value_or(line.until), line.until);
    }
  }
  if (shown.im == ImState::kOnline) edge = std::min(edge.value_or(*online_until), *online_until);
  return edge;
}

}  // namespace crosspoint::presence
