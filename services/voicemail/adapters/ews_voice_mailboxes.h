#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "connectors/ews_gate/tenant_clients.h"
#include "voicemail/app/ports.h"

namespace crosspoint::voicemail {

// Copies of voice messages in mailboxes on Exchange, by impersonation. A copy is known by our id in a named property,
// wherever it is moved and whatever id it gets there. Thread-safe.
class EwsVoiceMailboxes final : public VoiceMailboxes {
 public:
  // `clients` must outlive it.
  explicit EwsVoiceMailboxes(ews::TenantClients& clients) : clients_(clients) {}

  absl::StatusOr<CopyState> Create(const MailboxAddress& mailbox, const Voicemail& message) override;
  absl::StatusOr<CopyState> Find(const MailboxAddress& mailbox, const VoicemailId& id,
                                 const std::string& known) override;
  absl::Status SetRead(const MailboxAddress& mailbox, const CopyState& copy, bool read) override;
  absl::StatusOr<CopyState> Move(const MailboxAddress& mailbox, const CopyState& copy, CopyPlace place) override;
  absl::StatusOr<FolderChanges> Changes(const MailboxAddress& mailbox, CopyPlace folder,
                                        const std::string& state) override;

 private:
  struct Folders {
    std::string inbox;
    std::string deleted;
  };
  absl::StatusOr<ews::EwsClient*> Client(const MailboxAddress& mailbox) const;
  // Of the well-known folders, which never change.
  absl::StatusOr<Folders> FoldersOf(const MailboxAddress& mailbox);
  absl::StatusOr<std::optional<ews::Message>> Read(const MailboxAddress& mailbox, const std::string& item);
  absl::StatusOr<std::optional<ews::Message>> Search(const MailboxAddress& mailbox, const VoicemailId& id,
                                                     const ews::FolderRef& folder);
  absl::StatusOr<std::vector<std::string>> OtherFolders(const MailboxAddress& mailbox, const Folders& known);
  CopyState StateOf(const ews::Message& message, const Folders& folders) const;

  ews::TenantClients& clients_;
  std::mutex mu_;
  std::map<std::string, Folders> folders_;  // guarded by mu_; by tenant and address
};

}  // namespace crosspoint::voicemail
