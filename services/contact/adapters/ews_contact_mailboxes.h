#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/ews_gate/tenant_clients.h"
#include "contact/app/mailbox_ports.h"

namespace crosspoint::contact {

// Contacts folders on Exchange, each mailbox by impersonation. Thread-safe.
class EwsContactMailboxes final : public ContactMailboxes {
 public:
  explicit EwsContactMailboxes(ews::TenantClients& clients) : clients_(clients) {}

  absl::StatusOr<MailboxChanges> Changes(const Mailbox& mailbox, const std::string& sync_state) override;
  absl::StatusOr<std::vector<std::optional<MailboxItem>>> Get(const Mailbox& mailbox,
                                                              const std::vector<std::string>& ids) override;
  absl::StatusOr<std::vector<MailboxItem>> Find(const Mailbox& mailbox, const std::string& contact) override;
  absl::StatusOr<MailboxItem> Create(const Mailbox& mailbox, const std::string& contact, const Facts& card) override;
  absl::StatusOr<MailboxItem> Update(const Mailbox& mailbox, const MailboxItem& item, const Facts& card) override;
  absl::Status Delete(const Mailbox& mailbox, const std::string& id) override;

 private:
  enum class Folder { kAsKnown, kAskAgain };
  absl::StatusOr<ews::EwsClient*> ClientOf(const Mailbox& mailbox) const;
  absl::StatusOr<std::string> FolderOf(const Mailbox& mailbox, ews::EwsClient& client, Folder folder);

  ews::TenantClients& clients_;
  std::mutex mu_;
  std::map<std::string, std::string> folders_;  // guarded by mu_; id of the contacts folder by mailbox address
};

}  // namespace crosspoint::contact
