#pragma once

#include "clients/directory_follower.h"
#include "clients/mailbox_feed_follower.h"
#include "contact/app/mailbox_reader.h"
#include "contact/app/user_book.h"

namespace crosspoint::contact {

// Turns what the directory tells into mailboxes.
class DirectoryListener final : public clients::UserListener {
 public:
  DirectoryListener(UserBook& users, MailboxReader& reader) : users_(users), reader_(reader) {}
  void Restart(const TenantId& tenant) override { users_.Restart(tenant); }
  void Put(const UserId& id, const directory::v1::User& user) override;
  void Synced(const TenantId& tenant) override { users_.Synced(tenant); }

 private:
  UserBook& users_;
  MailboxReader& reader_;
};

// Wakes the reader when contacts of a mailbox change.
class FeedListener final : public clients::MailboxFeedListener {
 public:
  explicit FeedListener(MailboxReader& reader) : reader_(reader) {}
  void OnChange(const UserId& user, meeting_sync::v1::MailboxFolder folder) override;
  void OnGap(const TenantId& tenant) override { reader_.WakeAll(tenant); }

 private:
  MailboxReader& reader_;
};

}  // namespace crosspoint::contact
