#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "connectors/ews/client.h"
#include "connectors/ews/feed/feed_hub.h"
#include "meeting_sync/adapters/ews_servers.h"
#include "meeting_sync/adapters/written_items.h"
#include "meeting_sync/app/ports.h"

namespace crosspoint::meeting_sync {

// The mailboxes of all tenants on Exchange servers, acted upon by impersonation of their owners. Thread-safe.
class EwsMailboxes final : public CalendarSource, public MeetingSource, public ChangeFeed {
 public:
  // The mailbox's folders that others care for, by a hash of their ids.
  using FolderKeys = std::vector<std::pair<MailboxFolder, uint64_t>>;

  // All must outlive this.
  EwsMailboxes(EwsServers& servers, ews::FeedHub& hub, WrittenItems& written)
      : servers_(servers), hub_(hub), written_(written) {}

  absl::StatusOr<ChangePage> Changes(const Mailbox& mailbox, const std::string& sync_state) override;
  absl::StatusOr<std::vector<CalendarEntry>> View(const Mailbox& mailbox, TimePoint start, TimePoint end) override;
  absl::StatusOr<std::vector<std::optional<CalendarEntry>>> Confirm(const Mailbox& mailbox,
                                                                    const std::vector<std::string>& ids) override;

  absl::StatusOr<std::vector<Meeting>> List(const Mailbox& mailbox, TimePoint start, TimePoint end,
                                            Deadline deadline) override;
  absl::StatusOr<std::vector<std::optional<Meeting>>> Get(const Mailbox& mailbox, const std::vector<ItemRef>& items,
                                                          Deadline deadline) override;

  absl::StatusOr<std::unique_ptr<ChangeStream>> Open(const Mailbox& mailbox, ChangeCallbacks callbacks) override;

  // Whether the tenant's server answers as Exchange does, whatever it says about the service account's own mailbox.
  absl::Status Probe(const TenantId& tenant, Deadline deadline);

 private:
  absl::StatusOr<FolderKeys> FoldersOf(const Mailbox& mailbox, ews::EwsClient& client);
  absl::StatusOr<ews::CalendarPage> ReadView(const Mailbox& mailbox, TimePoint start, TimePoint end,
                                             std::optional<Deadline> deadline);

  EwsServers& servers_;
  ews::FeedHub& hub_;
  WrittenItems& written_;
};

}  // namespace crosspoint::meeting_sync
