#pragma once

#include "meeting_sync/app/bridge_ports.h"
#include "meeting_sync/app/tenant_health.h"

namespace crosspoint::meeting_sync {

// Writing to mailboxes behind their server's circuit breaker, as BreakingMailboxes is for reading. Thread-safe.
class BreakingWriter final : public MailboxWriter {
 public:
  // References must outlive it.
  BreakingWriter(MailboxWriter& writer, MailServers& servers, TenantHealth& health)
      : writer_(writer), servers_(servers), health_(health) {}

  absl::StatusOr<ItemRef> Write(const Mailbox& mailbox, const Meeting& seen, const MeetingFields& wanted,
                                const std::vector<Field>& fields, const std::string& correlation_id,
                                Deadline deadline) override {
    const auto server = servers_.ServerOf(mailbox);
    if (auto refused = health_.Enter(server); !refused.ok()) return refused;
    auto written = writer_.Write(mailbox, seen, wanted, fields, correlation_id, deadline);
    health_.Leave(server, VerdictOf(written.status()), written.status());
    return written;
  }
  absl::Status Remove(const Mailbox& mailbox, const Meeting& seen, Deadline deadline) override {
    const auto server = servers_.ServerOf(mailbox);
    if (auto refused = health_.Enter(server); !refused.ok()) return refused;
    auto status = writer_.Remove(mailbox, seen, deadline);
    health_.Leave(server, VerdictOf(status), status);
    return status;
  }

 private:
  // The time limit is the caller's: one made too short says nothing about the server.
  static TenantHealth::Verdict VerdictOf(const absl::Status& status) {
    return absl::IsDeadlineExceeded(status) ? TenantHealth::Verdict::kNothing : TenantHealth::VerdictOf(status);
  }

  MailboxWriter& writer_;
  MailServers& servers_;
  TenantHealth& health_;
};

}  // namespace crosspoint::meeting_sync
