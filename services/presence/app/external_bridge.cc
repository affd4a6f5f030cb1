#include "presence/app/external_bridge.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds{10}; }

std::chrono::milliseconds MillisecondsUntil(TimePoint time, TimePoint now) {
  return std::chrono::ceil<std::chrono::milliseconds>(std::max(time - now, std::chrono::microseconds{0}));
}

}  // namespace

ExternalBridge::ExternalBridge(ExternalPresence& outside, ExternalMemoryStore& memories, ClaimKeeper& claims,
                               const PresenceTable& table, const Clock& clock, TaskRunner& tasks, log::Logger& log,
                               ExternalBridgeOptions options)
    : outside_(outside),
      memories_(memories),
      claims_(claims),
      table_(table),
      clock_(clock),
      tasks_(tasks),
      log_(log),
      options_(options) {}

void ExternalBridge::Start() {
  const auto known = memories_.List(Soon());
  if (!known.ok()) {
    tasks_.PostAfter(options_.retry, [this] { Start(); });
    return;
  }
  for (const auto& user : *known) OnPresence(user);
}

void ExternalBridge::OnPresence(const UserId& user) { Wake(user, std::nullopt, true); }

void ExternalBridge::OnReading(const UserId& user, ExternalReading reading) { Wake(user, std::move(reading), false); }

void ExternalBridge::Wake(const UserId& user, std::optional<ExternalReading> reading, bool look) {
  {
    const std::lock_guard lock(mu_);
    auto& pending = pending_[KeyOf(user)];
    if (reading) pending.reading = std::move(reading);
    pending.look = pending.look || look;
    if (std::exchange(pending.running, true)) return;
  }
  tasks_.Post([this, user] { Run(user); });
}

void ExternalBridge::LookAgainIn(const UserId& user, std::chrono::milliseconds delay) {
  const auto due = tasks_.Now() + delay;
  {
    const std::lock_guard lock(mu_);
    const auto [at, added] = alarms_.try_emplace(KeyOf(user), due);
    if (!added && at->second <= due) return;
    at->second = due;
  }
  tasks_.PostAfter(delay, [this, user, due] {
    {
      const std::lock_guard lock(mu_);
      const auto at = alarms_.find(KeyOf(user));
      if (at == alarms_.end() || at->second != due) return;  // an earlier one took its place
      alarms_.erase(at);
    }
    OnPresence(user);
  });
}

void ExternalBridge::Run(const UserId& user) {
  for (;;) {
    Pending now;
    {
      const std::lock_guard lock(mu_);
      const auto at = pending_.find(KeyOf(user));
      if (!at->second.look && !at->second.reading) {
        pending_.erase(at);
        return;
      }
      now = std::exchange(at->second, Pending{.running = true});
    }
    auto memory = memories_.Load(user, Soon());
    auto status = memory.status();
    if (status.ok() && now.reading) status = Hear(user, *now.reading, *memory);
    // Also after a reading: the claim may be what others see by now.
    if (status.ok()) status = Say(user, *memory);
    if (status.ok()) continue;
    log_.Debug("presence_external_waits", {{"user", KeyOf(user)}, {"error", MessageOf(status)}});
    LookAgainIn(user, options_.retry);
  }
}

absl::Status ExternalBridge::Hear(const UserId& user, const ExternalReading& reading, ExternalMemory& memory) {
  const auto now = clock_.Now();
  if (!reading.state || reading.state->value == kAvailableState || IsEcho(memory, *reading.state, now)) {
    if (!memory.claim) return absl::OkStatus();
    CROSSPOINT_RETURN_IF_ERROR(claims_.Delete(user, {kClaimId}, Soon()).status());
    memory.claim.reset();
    memory.claim_end = {};
    return memories_.Save(user, memory, Soon());
  }
  if (memory.claim == reading && memory.claim_end - now > options_.claim_lease / 2) return absl::OkStatus();
  // Remembered first: a claim nobody knows of would be taken back by nobody.
  memory.claim = reading;
  memory.claim_end = {};
  CROSSPOINT_RETURN_IF_ERROR(memories_.Save(user, memory, Soon()));
  const auto end = now + options_.claim_lease;
  const ClaimWish wish{{kClaimId}, {kSource}, ClaimClass::kExternal, *reading.state, reading.note, std::nullopt, end};
  CROSSPOINT_RETURN_IF_ERROR(claims_.Put(user, wish, Soon()).status());
  memory.claim_end = end;
  return memories_.Save(user, memory, Soon());
}

absl::Status ExternalBridge::Say(const UserId& user, ExternalMemory& memory) {
  const auto now = clock_.Now();
  const auto wanted = SessionFor(table_.Get(KeyOf(user)));
  if (!wanted) {
    if (!memory.session) return absl::OkStatus();
    CROSSPOINT_RETURN_IF_ERROR(outside_.ClearSession(user, Soon()));
    NoteCleared(memory, now, options_.echo_grace);
    return memories_.Save(user, memory, Soon());
  }
  const auto renew = memory.session_end - options_.renew_before;
  if (memory.session == wanted && now < renew) {
    LookAgainIn(user, MillisecondsUntil(renew, now));
    return absl::OkStatus();
  }
  // Remembered first, as one that may not have arrived: whoever comes after us knows its echo.
  const auto end = now + options_.session_lease;
  NoteSession(memory, *wanted, outside_.ShowsAs(*wanted), end, options_.echo_grace);
  memory.session_end = now;
  CROSSPOINT_RETURN_IF_ERROR(memories_.Save(user, memory, Soon()));
  const auto put = outside_.PutSession(user, *wanted, options_.session_lease, Soon());
  if (absl::IsNotFound(put)) return absl::OkStatus();
  CROSSPOINT_RETURN_IF_ERROR(put);
  memory.session_end = end;
  CROSSPOINT_RETURN_IF_ERROR(memories_.Save(user, memory, Soon()));
  LookAgainIn(user, MillisecondsUntil(end - options_.renew_before, now));
  return absl::OkStatus();
}

}  // namespace crosspoint::presence
