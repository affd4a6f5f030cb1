#pragma once

#include "meeting_sync/adapters/ews_servers.h"
#include "meeting_sync/adapters/written_items.h"
#include "meeting_sync/app/bridge_ports.h"

namespace crosspoint::meeting_sync {

// Changes calendar items on Exchange, as the owners of the mailboxes. Thread-safe.
class EwsMailboxWriter final : public MailboxWriter {
 public:
  // Both must outlive this.
  EwsMailboxWriter(EwsServers& servers, WrittenItems& written) : servers_(servers), written_(written) {}

  absl::StatusOr<ItemRef> Write(const Mailbox& mailbox, const Meeting& seen, const MeetingFields& wanted,
                                const std::vector<Field>& fields, const std::string& correlation_id,
                                Deadline deadline) override;
  absl::Status Remove(const Mailbox& mailbox, const Meeting& seen, Deadline deadline) override;

 private:
  EwsServers& servers_;
  WrittenItems& written_;
};

}  // namespace crosspoint::meeting_sync
