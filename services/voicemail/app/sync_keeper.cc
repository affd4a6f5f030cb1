#include "voicemail/app/sync_keeper.h"

#include <algorithm>
#include <charconv>

#include "common/status/status.h"
#include "voicemail/app/reasons.h"

namespace crosspoint::voicemail {
namespace {

using std::chrono::milliseconds;

// How long the error itself says to wait.
milliseconds AskedToWait(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  if (!info) return milliseconds{0};
  for (const char* key : {"remaining_ms", "back_off_ms"}) {
    const auto it = info->metadata.find(key);
    int64_t value = 0;
    if (it == info->metadata.end()) continue;
    std::from_chars(it->second.data(), it->second.data() + it->second.size(), value);
    return milliseconds{std::clamp<int64_t>(value, 0, 3'600'000)};
  }
  return milliseconds{0};
}

// The user is gone or has no mailbox here: nothing to be read.
bool IsFinal(const absl::Status& status) {
  return absl::IsNotFound(status) || HasReason(status, "NO_MAILBOX") || HasReason(status, "PROVIDER_NOT_SERVED");
}

}  // namespace

void SyncKeeper::Start() {
  parts_.tasks.PostAfter(parts_.timing.reconcile, [this] { Reconcile(); });
}

void SyncKeeper::Reconcile() {
  std::vector<UserId> users;
  {
    const std::lock_guard lock(mu_);
    for (const auto& [user, seat] : seats_) users.push_back(user);
  }
  for (const auto& user : users) Want(user, true);
  Start();
}

void SyncKeeper::InboxChanged(const UserId& user) {
  parts_.tasks.Post([this, user] { WantIfCopies(user, false); });
}

void SyncKeeper::OtherFolderChanged(const UserId& user) {
  parts_.tasks.Post([this, user] {
    const auto records = parts_.copies.Copies(user);
    if (!records.ok()) return Want(user, true);  // the run itself finds out when the store is back
    const auto any = [&records](CopyPlace place) {
      return std::any_of(records->begin(), records->end(),
                         [place](const CopyRecord& record) { return record.copy.place == place; });
    };
    const bool elsewhere = any(CopyPlace::kElsewhere);
    if (elsewhere || any(CopyPlace::kDeletedItems)) Want(user, elsewhere);
  });
}

void SyncKeeper::LookAtAll(const TenantId& tenant) {
  parts_.tasks.Post([this, tenant] {
    for (const auto& user : parts_.users.UsersOf(tenant)) {
      parts_.tasks.Post([this, user] { WantIfCopies(user, true); });
    }
  });
}

void SyncKeeper::WantIfCopies(const UserId& user, bool confirm) {
  const auto has_copies = parts_.copies.HasCopies(user);
  // Not known is looked at: the run itself finds out when the store is back.
  if (!has_copies.ok() || *has_copies) Want(user, confirm);
}

void SyncKeeper::Want(const UserId& user, bool confirm) {
  {
    const std::lock_guard lock(mu_);
    auto& seat = seats_[user];
    seat.confirm = seat.confirm || confirm;
    seat.wanted = true;
    if (seat.running) return;
    seat.running = true;
  }
  parts_.tasks.Post([this, user] { Run(user); });
}

void SyncKeeper::Run(const UserId& user) {
  bool confirm = false;
  {
    const std::lock_guard lock(mu_);
    auto& seat = seats_[user];
    seat.wanted = false;
    confirm = std::exchange(seat.confirm, false);
  }
  absl::StatusOr<CopySyncReport> report = CopySyncReport{};
  if (const auto mailbox = parts_.users.MailboxOf(user); mailbox.ok()) {
    report = parts_.sync.Run(*mailbox, confirm);
  } else {
    report = mailbox.status();
  }
  parts_.observer.OnRun(report.status(), report.ok() ? *report : CopySyncReport{});

  milliseconds delay{0};
  {
    const std::lock_guard lock(mu_);
    auto& seat = seats_[user];
    if (report.ok()) {
      seat.failures = 0;
      seat.braked = report->stopped > 0;
    } else if (IsFinal(report.status())) {
      seats_.erase(user);
      return;
    } else {
      seat.wanted = true;
      seat.confirm = seat.confirm || confirm;
      delay = RetryAfter(seat.failures++, report.status());
      if (seat.failures == 1 && !HasReason(report.status(), kLeaseHeld)) {
        parts_.log.Warn("copies_not_read", {{"user", user.Name()}, {"problem", MessageOf(report.status())}});
      }
    }
    if (!seat.wanted) {
      seat.running = false;
      return;
    }
  }
  parts_.tasks.PostAfter(delay, [this, user] { Run(user); });
}

milliseconds SyncKeeper::RetryAfter(int failures, const absl::Status& why) const {
  const auto doubled = parts_.timing.first_retry * (int64_t{1} << std::min(failures, 12));
  const auto own = std::min<milliseconds>(doubled, parts_.timing.max_retry);
  const auto jittered =
      milliseconds{static_cast<int64_t>(static_cast<double>(own.count()) * (0.5 + parts_.random() / 2))};
  return std::max(jittered, AskedToWait(why));
}

int SyncKeeper::braked() const {
  const std::lock_guard lock(mu_);
  return static_cast<int>(
      std::count_if(seats_.begin(), seats_.end(), [](const auto& seat) { return seat.second.braked; }));
}

}  // namespace crosspoint::voicemail
