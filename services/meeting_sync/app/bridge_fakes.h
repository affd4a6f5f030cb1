#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/status/status.h"
#include "meeting_sync/app/bridge_ports.h"
#include "meeting_sync/app/bridge_reasons.h"

// The bridge's ports for tests: values in memory.
namespace crosspoint::meeting_sync {

// Codes count up from 100000001.
class FakeBridge final : public Bridge {
 public:
  absl::StatusOr<Conference> CreateConference(const ConferenceOrder& order, Deadline) override {
    if (!failure.ok()) return failure;
    const std::lock_guard lock(mu_);
    const auto code = std::to_string(100'000'000 + ++made);
    return Conference{.url = "https://bridge.example/join/" + order.meeting.value,
                      .dial_in_numbers = {"+15550100100"},
                      .participant_code = repeat_code.empty() ? code : std::exchange(repeat_code, ""),
                      .host_code = code + "9",
                      .password = "pw" + code};
  }
  absl::Status failure;
  std::string repeat_code;  // given once instead of a new one
  int made = 0;

 private:
  std::mutex mu_;
};

class FakeMeetingStore final : public MeetingStore {
 public:
  explicit FakeMeetingStore(const Clock& clock) : clock_(clock) {}

  absl::StatusOr<BridgeMeeting> Put(const MeetingWrite& write, Deadline) override {
    const std::lock_guard lock(mu_);
    if (!failure.ok()) return failure;
    auto& user = users_[write.meeting.owner];
    if (const auto repeated = Known(user, write.request); !repeated.ok() || *repeated) {
      return repeated.ok() ? AlreadyMade(**repeated) : repeated.status();
    }
    const auto known = user.meetings.find(write.meeting.id);
    const uint64_t revision = Find(user, write.meeting.id) ? known->second.revision : 0;
    if (revision != write.expected_revision) return MeetingChanged();
    const auto& code = write.meeting.conference.participant_code;
    const auto owner = codes_.find(code);
    const auto self = std::pair{write.meeting.owner, write.meeting.id};
    if (!code.empty() && owner != codes_.end() && owner->second != self) return CodeTaken();
    CROSSPOINT_RETURN_IF_ERROR(CheckLimits(user, write));
    if (!code.empty()) codes_[code] = self;
    auto stored = write.meeting;
    stored.revision = ++user.revision;
    user.meetings[stored.id] = stored;
    if (write.request && !write.request->id.empty())
      user.requests[write.request->id] = {write.request->digest, stored.id};
    if (write.put_claim) user.claims[write.put_claim->id] = *write.put_claim;
    if (!write.delete_claim.empty()) user.claims.erase(write.delete_claim);
    for (const auto& field : write.conflicts) {
      user.conflicts.push_back({std::to_string(user.conflicts.size() + 1), stored.id, field, clock_.Now()});
    }
    if (write.push) user.pushes.push_back(stored.id);
    return stored;
  }

  absl::StatusOr<std::optional<MeetingId>> Repeated(const UserId& owner, const RequestKey& request, Deadline) override {
    const std::lock_guard lock(mu_);
    return Known(users_[owner], request);
  }

  absl::StatusOr<std::optional<BridgeMeeting>> Get(const UserId& owner, const MeetingId& id, Deadline) override {
    const std::lock_guard lock(mu_);
    return Find(users_[owner], id);
  }

  absl::StatusOr<std::vector<BridgeMeeting>> List(const UserId& owner, TimePoint start, TimePoint end,
                                                  Deadline) override {
    const std::lock_guard lock(mu_);
    std::vector<BridgeMeeting> found;
    for (const auto& [id, meeting] : users_[owner].meetings) {
      if (meeting.state == BridgeState::kLive && meeting.fields.end > start && meeting.fields.start < end)
        found.push_back(meeting);
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return std::tie(a.fields.start, a.id) < std::tie(b.fields.start, b.id);
    });
    return found;
  }

  absl::StatusOr<std::optional<BridgeMeeting>> FindByUid(const UserId& owner, const std::string& uid,
                                                         Deadline) override {
    const std::lock_guard lock(mu_);
    auto& user = users_[owner];
    for (const auto& [id, meeting] : user.meetings) {
      if (!uid.empty() && meeting.ical_uid == uid && meeting.state != BridgeState::kCancelled) return Find(user, id);
    }
    return std::optional<BridgeMeeting>();
  }

  absl::StatusOr<std::optional<BridgeMeeting>> FindByCode(const std::string& code, Deadline) override {
    const std::lock_guard lock(mu_);
    const auto it = codes_.find(code);
    if (it == codes_.end()) return std::optional<BridgeMeeting>();
    return Find(users_[it->second.first], it->second.second);
  }

  absl::StatusOr<LinkIndex> Links(const UserId& owner, Deadline) override {
    const std::lock_guard lock(mu_);
    LinkIndex index;
    for (const auto& [id, meeting] : users_[owner].meetings) {
      if (meeting.link) index.by_item.emplace(meeting.link->key, id);
      if (!meeting.ical_uid.empty() && meeting.state != BridgeState::kCancelled)
        index.by_uid.emplace(meeting.ical_uid, id);
    }
    return index;
  }

  absl::StatusOr<MeetingChanges> ChangesSince(const UserId& owner, uint64_t revision, Deadline) override {
    const std::lock_guard lock(mu_);
    MeetingChanges changes{.live = {}, .gone = {}, .revision = users_[owner].revision};
    for (const auto& [id, meeting] : users_[owner].meetings) {
      if (meeting.revision <= revision) continue;
      if (meeting.state == BridgeState::kLive) {
        changes.live.push_back(meeting);
      } else {
        changes.gone.push_back(id);
      }
    }
    return changes;
  }

  absl::StatusOr<std::vector<Conflict>> ListConflicts(const UserId& owner, const std::string& before, size_t limit,
                                                      Deadline) override {
    const std::lock_guard lock(mu_);
    std::vector<Conflict> found;
    const auto& all = users_[owner].conflicts;
    for (auto it = all.rbegin(); it != all.rend() && found.size() < limit; ++it) {
      if (before.empty() || std::stoul(it->id) < std::stoul(before)) found.push_back(*it);
    }
    return found;
  }

  absl::StatusOr<std::optional<BrakedRun>> Brake(const UserId& owner, Deadline) override {
    const std::lock_guard lock(mu_);
    return users_[owner].brake;
  }
  absl::Status SetBrake(const UserId& owner, const std::optional<BrakedRun>& run, Deadline) override {
    const std::lock_guard lock(mu_);
    users_[owner].brake = run;
    return absl::OkStatus();
  }

  // What the outbox would carry: claims that presence holds, and meetings to be written to the mailbox, in order.
  std::map<std::string, PlannedClaim> Claims(const UserId& owner) {
    const std::lock_guard lock(mu_);
    return users_[owner].claims;
  }
  std::vector<MeetingId> Pushes(const UserId& owner) {
    const std::lock_guard lock(mu_);
    return users_[owner].pushes;
  }

  absl::Status failure;  // of Put

 private:
  struct User {
    std::map<MeetingId, BridgeMeeting> meetings;
    std::map<std::string, std::pair<std::string, MeetingId>> requests;
    std::map<std::string, PlannedClaim> claims;
    std::vector<Conflict> conflicts;
    std::vector<MeetingId> pushes;
    std::optional<BrakedRun> brake;
    uint64_t revision = 0;
  };

  std::optional<BridgeMeeting> Find(User& user, const MeetingId& id) const {
    const auto it = user.meetings.find(id);
    if (it == user.meetings.end()) return std::nullopt;
    const bool expired = it->second.state == BridgeState::kPrepared && it->second.expires <= clock_.Now();
    return expired ? std::nullopt : std::optional(it->second);
  }

  static absl::StatusOr<std::optional<MeetingId>> Known(User& user, const std::optional<RequestKey>& request) {
    if (!request || request->id.empty()) return std::optional<MeetingId>();
    const auto it = user.requests.find(request->id);
    if (it == user.requests.end()) return std::optional<MeetingId>();
    if (it->second.first != request->digest) return RequestReused();
    return std::optional<MeetingId>(it->second.second);
  }

  absl::Status CheckLimits(User& user, const MeetingWrite& write) const {
    size_t prepared = 0;
    size_t upcoming = 0;
    const auto now = clock_.Now();
    for (const auto& [id, meeting] : user.meetings) {
      if (id == write.meeting.id) continue;
      if (meeting.state == BridgeState::kPrepared && meeting.expires > now) ++prepared;
      if (meeting.state == BridgeState::kLive && meeting.fields.end > now) ++upcoming;
    }
    if (write.meeting.state == BridgeState::kPrepared && prepared >= kMaxPrepared)
      return TooMany("invitations that were not sent", kMaxPrepared);
    if (write.meeting.state == BridgeState::kLive && upcoming >= kMaxUpcoming)
      return TooMany("meetings that have not ended", kMaxUpcoming);
    size_t claims = 0;
    for (const auto& [id, claim] : user.claims)
      claims += claim.end > now && (!write.put_claim || id != write.put_claim->id);
    if (write.put_claim && claims >= kMaxBridgeClaims)
      return TooMany("meetings on the bridge alone that have not ended", kMaxBridgeClaims);
    return absl::OkStatus();
  }

  const Clock& clock_;
  std::mutex mu_;
  std::map<UserId, User> users_;                               // guarded by mu_
  std::map<std::string, std::pair<UserId, MeetingId>> codes_;  // guarded by mu_
};

}  // namespace crosspoint::meeting_sync
