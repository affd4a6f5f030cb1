#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/calendar/ics.h"

// Whatever a file holds, reading it ends; and what was read can be written and read again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = crosspoint::calendar::ParseIcs({reinterpret_cast<const char*>(data), size});
  if (!file.ok()) return 0;
  const auto written = crosspoint::calendar::WriteIcs(*file);
  const auto all = crosspoint::calendar::ParseIcs(written);
  if (!file->events.empty() && written.size() <= size_t{1} << 20 && !all.ok()) std::abort();
  for (const auto& event : file->events) {
    const auto again = crosspoint::calendar::ParseIcs(crosspoint::calendar::WriteIcs(event));
    if (!again.ok() || again->events.size() != 1) std::abort();
  }
  return 0;
}
