#include "presence/app/fake_presence_store.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

absl::Status Aborted() {
  return ErrorWithInfo(absl::StatusCode::kAborted, "the user's claims changed meanwhile",
                       {"CHANGED_MEANWHILE", "presence.crosspoint", {}});
}

bool SameButRevision(Claim a, const Claim& b) {
  a.revision = b.revision;
  return a == b;
}

}  // namespace

void FakePresenceStore::SetAway(bool away) {
  const std::lock_guard lock(mu_);
  away_ = away;
}

void FakePresenceStore::BeforeNextChange(std::function<void()> action) {
  const std::lock_guard lock(mu_);
  before_next_change_ = std::move(action);
}

absl::StatusOr<ChangeResult> FakePresenceStore::Change(const UserId& user, const ClaimChange& change, Deadline) {
  std::function<void()> before;
  {
    const std::lock_guard lock(mu_);
    before = std::exchange(before_next_change_, nullptr);
  }
  if (before) before();
  const std::lock_guard lock(mu_);
  if (away_) return absl::UnavailableError("store is away");
  return ChangeLocked(users_[KeyOf(user)], change);
}

absl::StatusOr<ChangeResult> FakePresenceStore::ChangeLocked(User& user, const ClaimChange& change) {
  const auto now = clock_.Now();
  if (change.request && user.answers.contains(change.request->id)) return Aborted();
  if (change.expected_revision && *change.expected_revision != user.record.revision) return Aborted();
  std::erase_if(user.claims, [&](const auto& entry) { return entry.second.end <= now; });

  auto claims = user.claims;
  for (const auto& id : change.remove) claims.erase(id);
  std::optional<Claim> put;
  if (change.put) {
    const auto& wish = *change.put;
    const auto at = claims.find(wish.id);
    put = Claim{wish.id, wish.source, wish.claim_class, wish.state, wish.note, now, wish.end, revision_ + 1};
    if (wish.start) {
      put->start = *wish.start;
    } else if (at != claims.end()) {
      auto as_before = *put;
      as_before.start = at->second.start;
      if (SameButRevision(as_before, at->second)) put = at->second;
    }
    if (put->end <= now) {
      put->revision = 0;
      claims.erase(wish.id);
    } else if (at != claims.end() && SameButRevision(*put, at->second)) {
      put = at->second;
    } else if (at == claims.end() && claims.size() >= change.max_claims) {
      return ErrorWithInfo(absl::StatusCode::kResourceExhausted, "the user has too many claims",
                           {"TOO_MANY_CLAIMS", "presence.crosspoint", {}});
    } else {
      claims[wish.id] = *put;
    }
  }
  const bool changed = claims != user.claims;
  user.claims = std::move(claims);
  auto result = Settle(user, changed, now);
  result.claim = std::move(put);
  if (change.request) user.answers[change.request->id] = {change.request->fingerprint, result.record};
  return result;
}

ChangeResult FakePresenceStore::Settle(User& user, bool claims_changed, TimePoint now) {
  std::vector<Claim> claims;
  for (const auto& [id, claim] : user.claims) claims.push_back(claim);
  std::vector<DeviceLine> lines;
  for (const auto& [device, line] : user.lines) lines.push_back(line);
  auto availability = AvailabilityAt(claims, now);
  const auto signals = SignalsAt(lines, user.online_until, now);
  const auto next_edge = std::min(NextEdge(claims, now).value_or(kOpenEnd),
                                  NextSignalEdge(lines, user.online_until, now).value_or(kOpenEnd));
  const bool visible = availability != user.record.availability || signals != user.record.signals;
  const bool edge_holds = user.record.next_edge > now && user.record.next_edge <= next_edge;
  ChangeResult result;
  result.changed = claims_changed || visible || !edge_holds;
  if (result.changed) {
    user.record.revision = ++revision_;
    if (visible) user.record.visible_revision = revision_;
    user.record.changed = now;
    user.record.next_edge = next_edge;
    user.record.availability = std::move(availability);
    user.record.signals = signals;
  }
  result.record = user.record;
  result.epoch = "fake";
  result.now = now;
  return result;
}

absl::StatusOr<UserClaims> FakePresenceStore::Read(const UserId& id, const std::string& request_id, Deadline) {
  const std::lock_guard lock(mu_);
  if (away_) return absl::UnavailableError("store is away");
  UserClaims known;
  known.now = clock_.Now();
  const auto at = users_.find(KeyOf(id));
  if (at == users_.end()) return known;
  const auto& user = at->second;
  known.record = user.record;
  for (const auto& [claim_id, claim] : user.claims) known.claims.push_back(claim);
  if (const auto answer = user.answers.find(request_id); answer != user.answers.end()) {
    known.answered_fingerprint = answer->second.fingerprint;
    known.answered_record = answer->second.record;
  }
  return known;
}

void FakePresenceStore::FireEdge(const UserKey& user, std::function<void(absl::StatusOr<ChangeResult>)> done) {
  absl::StatusOr<ChangeResult> result = absl::UnavailableError("store is away");
  {
    const std::lock_guard lock(mu_);
    if (!away_) {
      auto& known = users_[user];
      const auto now = clock_.Now();
      if (known.record.next_edge > now && known.record.changed <= now) {
        result = ChangeResult{};
        result->record = known.record;
        result->epoch = "fake";
        result->now = now;
      } else {
        std::erase_if(known.claims, [&](const auto& entry) { return entry.second.end <= now; });
        result = Settle(known, false, now);
      }
    }
  }
  done(std::move(result));
}

absl::StatusOr<ChangeResult> FakePresenceStore::ReportLocked(User& user, const SignalReport& report) {
  const auto now = clock_.Now();
  std::erase_if(user.claims, [&](const auto& entry) { return entry.second.end <= now; });
  auto lines = user.lines;
  std::erase_if(lines, [&](const auto& entry) { return entry.second.until <= now; });
  for (const auto& [device, state] : report.lines) {
    lines.erase(device);
    if (state != LineState::kIdle) lines[device] = DeviceLine{device, state, now + leases_.line};
  }
  if (lines.size() > kMaxDevices) {
    return ErrorWithInfo(absl::StatusCode::kResourceExhausted, "the user has too many devices",
                         {"TOO_MANY_DEVICES", "presence.crosspoint", {}});
  }
  user.lines = std::move(lines);
  if (report.im == ImState::kOnline) user.online_until = now + leases_.im;
  if (report.im == ImState::kOffline) user.online_until.reset();
  return Settle(user, false, now);
}

void FakePresenceStore::Report(const UserKey& user, const SignalReport& report, Deadline, Done done) {
  absl::StatusOr<ChangeResult> result = absl::UnavailableError("store is away");
  {
    const std::lock_guard lock(mu_);
    if (!away_) result = ReportLocked(users_[user], report);
  }
  done(std::move(result));
}

}  // namespace crosspoint::presence
