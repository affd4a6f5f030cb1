#include "presence/domain/external.h"

#include <algorithm>
#include <utility>

namespace crosspoint::presence {

std::optional<ExternalSession> SessionFor(const PresenceRecord& record) {
  const auto& shown = record.availability;
  const bool on_the_phone = record.signals.line == LineState::kOnThePhone || record.signals.line == LineState::kHeld;
  const bool ours = shown.claim_class != ClaimClass::kDefault && shown.claim_class != ClaimClass::kExternal;
  if (ours) return ExternalSession{shown.state, shown.note, on_the_phone};
  if (on_the_phone) return ExternalSession{{kAvailableState}, "", true};
  return std::nullopt;
}

void NoteSession(ExternalMemory& memory, ExternalSession session, StateId shows_as, TimePoint end,
                 std::chrono::microseconds grace) {
  std::erase_if(memory.echoes, [&](const auto& echo) { return echo.shows_as == shows_as; });
  memory.echoes.push_back({std::move(shows_as), end + grace});
  if (memory.echoes.size() > kMaxEchoes) memory.echoes.erase(memory.echoes.begin());
  memory.session = std::move(session);
  memory.session_end = end;
}

void NoteCleared(ExternalMemory& memory, TimePoint now, std::chrono::microseconds grace) {
  memory.session.reset();
  memory.session_end = {};
  for (auto& echo : memory.echoes) echo.until = std::min(echo.until, now + grace);
  std::erase_if(memory.echoes, [&](const auto& echo) { return echo.until <= now; });
}

bool IsEcho(const ExternalMemory& memory, const StateId& state, TimePoint now) {
  return std::any_of(memory.echoes.begin(), memory.echoes.end(),
                     [&](const auto& echo) { return echo.shows_as == state && now < echo.until; });
}

}  // namespace crosspoint::presence
