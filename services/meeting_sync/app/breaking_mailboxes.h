#pragma once

#include "meeting_sync/app/ports.h"
#include "meeting_sync/app/tenant_health.h"

namespace crosspoint::meeting_sync {

// The mailbox ports behind their server's circuit breaker: every call tells how the server is, and is refused at once
// while it is known to be down. Thread-safe.
class BreakingMailboxes final : public CalendarSource, public MeetingSource, public ChangeFeed {
 public:
  // References must outlive it.
  BreakingMailboxes(CalendarSource& calendar, MeetingSource& meetings, ChangeFeed& feed, MailServers& servers,
                    TenantHealth& health)
      : calendar_(calendar), meetings_(meetings), feed_(feed), servers_(servers), health_(health) {}

  absl::StatusOr<ChangePage> Changes(const Mailbox& mailbox, const std::string& sync_state) override {
    return Guarded(mailbox, Limit::kOurs, [&] { return calendar_.Changes(mailbox, sync_state); });
  }
  absl::StatusOr<std::vector<CalendarEntry>> View(const Mailbox& mailbox, TimePoint start, TimePoint end) override {
    return Guarded(mailbox, Limit::kOurs, [&] { return calendar_.View(mailbox, start, end); });
  }
  absl::StatusOr<std::vector<std::optional<CalendarEntry>>> Confirm(const Mailbox& mailbox,
                                                                    const std::vector<std::string>& ids) override {
    return Guarded(mailbox, Limit::kOurs, [&] { return calendar_.Confirm(mailbox, ids); });
  }
  absl::StatusOr<std::vector<Meeting>> List(const Mailbox& mailbox, TimePoint start, TimePoint end,
                                            Deadline deadline) override {
    return Guarded(mailbox, Limit::kCallers, [&] { return meetings_.List(mailbox, start, end, deadline); });
  }
  absl::StatusOr<std::vector<std::optional<Meeting>>> Get(const Mailbox& mailbox, const std::vector<ItemRef>& items,
                                                          Deadline deadline) override {
    return Guarded(mailbox, Limit::kCallers, [&] { return meetings_.Get(mailbox, items, deadline); });
  }
  absl::StatusOr<std::unique_ptr<ChangeStream>> Open(const Mailbox& mailbox, ChangeCallbacks callbacks) override {
    return Guarded(mailbox, Limit::kOurs, [&] { return feed_.Open(mailbox, std::move(callbacks)); });
  }

 private:
  // Whose the time limit of a call is: one that a caller made too short says nothing about the server.
  enum class Limit { kOurs, kCallers };

  template <class Call>
  auto Guarded(const Mailbox& mailbox, Limit limit, const Call& call) -> decltype(call()) {
    const auto server = servers_.ServerOf(mailbox);
    if (auto refused = health_.Enter(server); !refused.ok()) return refused;
    auto result = call();
    auto verdict = TenantHealth::VerdictOf(result.status());
    if (limit == Limit::kCallers && absl::IsDeadlineExceeded(result.status()))
      verdict = TenantHealth::Verdict::kNothing;
    health_.Leave(server, verdict, result.status());
    return result;
  }

  CalendarSource& calendar_;
  MeetingSource& meetings_;
  ChangeFeed& feed_;
  MailServers& servers_;
  TenantHealth& health_;
};

}  // namespace crosspoint::meeting_sync
