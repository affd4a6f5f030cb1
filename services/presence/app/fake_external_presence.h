#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "common/clock/clock.h"
#include "common/status/status.h"
#include "presence/app/external_presence.h"

namespace crosspoint::presence {

// A presence system outside in memory, for tests: shows the busier of our session and what people do there. It knows
// three words, so it shows some of ours as others.
class FakeExternalPresence final : public ExternalPresence {
 public:
  explicit FakeExternalPresence(const Clock& clock) : clock_(clock) {}

  StateId ShowsAs(const ExternalSession& session) const override {
    if (session.on_the_phone) return {"in-a-meeting"};
    return session.state.value == "vacation" ? StateId{"out-of-office"} : session.state;
  }
  absl::Status PutSession(const UserId& user, const ExternalSession& session, std::chrono::seconds lease,
                          Deadline) override {
    const std::lock_guard lock(mu_);
    if (away_) return absl::UnavailableError("away");
    if (user.value == "nobody") return absl::NotFoundError("no such user");
    ++puts_;
    sessions_[user] = {session, clock_.Now() + lease};
    return absl::OkStatus();
  }
  absl::Status ClearSession(const UserId& user, Deadline) override {
    const std::lock_guard lock(mu_);
    if (away_) return absl::UnavailableError("away");
    sessions_.erase(user);
    return absl::OkStatus();
  }

  // What people do there by themselves; nullopt: nothing.
  void Do(const UserId& user, std::optional<StateId> state) {
    const std::lock_guard lock(mu_);
    done_[user] = std::move(state);
  }
  ExternalReading Read(const UserId& user) {
    const std::lock_guard lock(mu_);
    if (const auto done = done_.find(user); done != done_.end() && done->second) return {done->second, "in Teams"};
    const auto at = sessions_.find(user);
    if (at == sessions_.end() || at->second.second <= clock_.Now()) return {};
    return {ShowsAs(at->second.first), at->second.first.note};
  }
  std::optional<ExternalSession> Session(const UserId& user) {
    const std::lock_guard lock(mu_);
    const auto at = sessions_.find(user);
    if (at == sessions_.end() || at->second.second <= clock_.Now()) return std::nullopt;
    return at->second.first;
  }
  void SetAway(bool away) {
    const std::lock_guard lock(mu_);
    away_ = away;
  }
  int puts() const {
    const std::lock_guard lock(mu_);
    return puts_;
  }

 private:
  const Clock& clock_;
  mutable std::mutex mu_;
  std::map<UserId, std::pair<ExternalSession, TimePoint>> sessions_;  // guarded by mu_
  std::map<UserId, std::optional<StateId>> done_;                     // guarded by mu_
  bool away_ = false;                                                 // guarded by mu_
  int puts_ = 0;                                                      // guarded by mu_
};

// What was said outside, in memory, for tests.
class FakeExternalMemories final : public ExternalMemoryStore {
 public:
  absl::StatusOr<ExternalMemory> Load(const UserId& user, Deadline) override {
    const std::lock_guard lock(mu_);
    const auto at = memories_.find(user);
    return at == memories_.end() ? ExternalMemory{} : at->second;
  }
  absl::Status Save(const UserId& user, const ExternalMemory& memory, Deadline) override {
    const std::lock_guard lock(mu_);
    memories_[user] = memory;
    if (memory == ExternalMemory{}) memories_.erase(user);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<UserId>> List(Deadline) override {
    const std::lock_guard lock(mu_);
    std::vector<UserId> users;
    for (const auto& [user, memory] : memories_) users.push_back(user);
    return users;
  }

 private:
  std::mutex mu_;
  std::map<UserId, ExternalMemory> memories_;  // guarded by mu_
};

}  // namespace crosspoint::presence
