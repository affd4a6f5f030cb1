#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/clock/time_point.h"
#include "presence/domain/presence.h"

namespace crosspoint::presence {

// What a presence system outside (Teams) is to show for us.
struct ExternalSession {
  StateId state;
  std::string note;
  bool on_the_phone = false;
  bool operator==(const ExternalSession&) const = default;
};

// What the outside shows of a user now, all its sources together, ours included.
struct ExternalReading {
  std::optional<StateId> state;  // a key of the tenant's table; nullopt: nothing beyond "available", or unknown
  std::string note;
  bool operator==(const ExternalReading&) const = default;
};

// What passed between the outside and us about a user: what we said there, and may therefore come back as if the
// outside had said it, and what is claimed here in its name.
struct ExternalMemory {
  struct Echo {
    StateId shows_as;
    TimePoint until{};
    bool operator==(const Echo&) const = default;
  };
  std::optional<ExternalSession> session;  // the last one that was not cleared
  TimePoint session_end{};               // when the outside forgets it by itself; over already: it may not have arrived
  std::vector<Echo> echoes;              // at most kMaxEchoes, the newest last
  std::optional<ExternalReading> claim;  // the one that stands here
  TimePoint claim_end{};

  bool operator==(const ExternalMemory&) const = default;
};

inline constexpr size_t kMaxEchoes = 4;

// What the outside is to show: nothing when nobody says more than "Available", and nothing of what it said itself.
std::optional<ExternalSession> SessionFor(const PresenceRecord& record);

// Notes that a session was written which reads as `shows_as` until `end`, and for `grace` longer on its slow ways.
void NoteSession(ExternalMemory& memory, ExternalSession session, StateId shows_as, TimePoint end,
                 std::chrono::microseconds grace);
// Notes that it was cleared.
void NoteCleared(ExternalMemory& memory, TimePoint now, std::chrono::microseconds grace);

// Whether a reading of `state` may be our own word that comes back.
bool IsEcho(const ExternalMemory& memory, const StateId& state, TimePoint now);

}  // namespace crosspoint::presence
