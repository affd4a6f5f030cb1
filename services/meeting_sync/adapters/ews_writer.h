#pragma once

#include <map>

#include "connectors/ews/client.h"
#include "meeting_sync/app/bridge_ports.h"

namespace crosspoint::meeting_sync {

// Changes calendar items on Exchange, as the owners of the mailboxes. Thread-safe.
class EwsMailboxWriter final : public MailboxWriter {
 public:
  // One client per tenant; all must outlive this.
  explicit EwsMailboxWriter(std::map<TenantId, ews::EwsClient*> clients) : clients_(std::move(clients)) {}

  absl::StatusOr<ItemRef> Write(const Mailbox& mailbox, const Meeting& seen, const MeetingFields& wanted,
                                const std::vector<Field>& fields, const std::string& correlation_id,
                                Deadline deadline) override;
  absl::Status Remove(const Mailbox& mailbox, const Meeting& seen, Deadline deadline) override;

 private:
  absl::StatusOr<ews::EwsClient*> ClientOf(const Mailbox& mailbox) const;

  const std::map<TenantId, ews::EwsClient*> clients_;
};

}  // namespace crosspoint::meeting_sync
