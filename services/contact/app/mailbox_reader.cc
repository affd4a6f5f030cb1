#include "contact/app/mailbox_reader.h"

#include <algorithm>
#include <utility>

#include "common/status/status.h"
#include "contact/app/reasons.h"

namespace crosspoint::contact {
namespace {

constexpr std::string_view kLeaseHeld = "LEASE_HELD";
constexpr int kMaxDoublings = 10;

}  // namespace

void MailboxReader::Wake(const UserId& user) {
  {
    const std::lock_guard lock(mu_);
    if (stopped_) return;
    auto& state = states_[user];
    if (state.running) {
      state.again = true;
      return;
    }
    state.running = true;
    state.heard_us = 0;
  }
  Post(user, std::chrono::milliseconds{0});
}

void MailboxReader::WakeAll(const TenantId& tenant) {
  for (const auto& mailbox : parts_.users.Mailboxes(tenant)) Wake(mailbox.user);
}

void MailboxReader::Stop() {
  const std::lock_guard lock(mu_);
  stopped_ = true;
}

void MailboxReader::Post(const UserId& user, std::chrono::milliseconds delay) {
  parts_.tasks.PostAfter(delay, [this, user] { Run(user); });
}

absl::Status MailboxReader::Read(const Mailbox& mailbox, int64_t& heard_us) {
  if (heard_us == 0) {
    CROSSPOINT_ASSIGN_OR_RETURN(heard_us, parts_.store.Now());
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto lease, parts_.leases.Acquire(mailbox.user));
  const auto point = parts_.store.LoadPoint(mailbox.user);
  absl::Status outcome = point.status();
  // Another replica may have read what we were told of.
  if (point.ok() && point->begun_us <= heard_us) {
    const auto report = parts_.sync.Pull(mailbox, lease);
    outcome = report.status();
    parts_.observer.OnPull(report);
    if (report.ok() && report->changes > 0) parts_.on_change(mailbox.user);
    if (!report.ok() && !absl::IsAborted(outcome)) {
      static_cast<void>(parts_.store.NoteProblem(mailbox.user, lease, MessageOf(outcome)));
    }
  }
  parts_.leases.Release(mailbox.user, lease);
  return outcome;
}

void MailboxReader::Run(const UserId& user) {
  int64_t heard_us = 0;
  {
    const std::lock_guard lock(mu_);
    if (stopped_) return;
    auto& state = states_[user];
    state.again = false;
    heard_us = state.heard_us;
  }
  const auto mailbox = parts_.users.Find(user);
  const bool served = mailbox.ok() && mailbox->has_value();
  const auto outcome = served ? Read(**mailbox, heard_us) : mailbox.status();

  std::chrono::milliseconds delay{0};
  {
    const std::lock_guard lock(mu_);
    auto& state = states_[user];
    if (mailbox.ok() && !served) {
      states_.erase(user);
      return;
    }
    if (outcome.ok()) {
      if (std::exchange(state.failures, 0) > 0) parts_.log.Info("mailbox_read_again", {{"user", user.Name()}});
      if (!std::exchange(state.again, false)) {
        state.running = false;
        Schedule(user, state);
        return;
      }
      state.heard_us = 0;
    } else if (HasReason(outcome, kLeaseHeld)) {
      state.heard_us = std::exchange(state.again, false) ? 0 : heard_us;
      delay = timing_.lease_retry;
    } else if (absl::IsAborted(outcome)) {
      // Somebody changed a contact meanwhile, or took over: nothing is wrong.
      state.heard_us = 0;
      delay = timing_.lease_retry;
    } else {
      state.heard_us = 0;
      if (state.failures++ == 0) {
        parts_.log.Warn("mailbox_unreadable", {{"user", user.Name()}, {"problem", MessageOf(outcome)}});
      }
      delay = std::min(timing_.first_retry * (1 << std::min(state.failures - 1, kMaxDoublings)), timing_.max_retry);
    }
  }
  Post(user, delay);
}

// Called with mu_ held.
void MailboxReader::Schedule(const UserId& user, State& state) {
  const auto due = ++state.due;
  parts_.tasks.PostAfter(timing_.reconcile, [this, user, due] {
    {
      const std::lock_guard lock(mu_);
      const auto at = states_.find(user);
      if (at == states_.end() || at->second.due != due) return;
    }
    Wake(user);
  });
}

}  // namespace crosspoint::contact
