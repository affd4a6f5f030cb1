#pragma once

#include "clients/directory_follower.h"
#include "clients/mailbox_feed_follower.h"
#include "voicemail/app/sync_keeper.h"
#include "voicemail/app/user_book.h"

namespace crosspoint::voicemail {

// Writes what the directory tells into the user book. References must outlive it.
class DirectoryUsers final : public clients::UserListener {
 public:
  DirectoryUsers(UserBook& book, SyncKeeper& keeper) : book_(book), keeper_(keeper) {}

  void Restart(const TenantId& tenant) override { book_.Restart(tenant); }
  void Put(const UserId& id, const directory::v1::User& user) override;
  // Who has which mailbox is known only now.
  void Synced(const TenantId& tenant) override {
    book_.Synced(tenant);
    keeper_.LookAtAll(tenant);
  }

 private:
  UserBook& book_;
  SyncKeeper& keeper_;
};

// Hands what the mailbox feed tells to the keeper, which must outlive it.
class FeedListener final : public clients::MailboxFeedListener {
 public:
  explicit FeedListener(SyncKeeper& keeper) : keeper_(keeper) {}

  void OnChange(const UserId& user, meeting_sync::v1::MailboxFolder folder) override;
  void OnGap(const TenantId& tenant) override { keeper_.LookAtAll(tenant); }

 private:
  SyncKeeper& keeper_;
};

}  // namespace crosspoint::voicemail
