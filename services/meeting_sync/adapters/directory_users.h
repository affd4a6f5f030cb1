#pragma once

#include "clients/directory_follower.h"
#include "meeting_sync/app/user_book.h"

namespace crosspoint::meeting_sync {

// Writes what the directory tells into the user book, which must outlive it.
class DirectoryUsers final : public clients::UserListener {
 public:
  explicit DirectoryUsers(UserBook& book) : book_(book) {}

  void Restart(const TenantId& tenant) override { book_.Restart(tenant); }
  void Put(const UserId& id, const directory::v1::User& user) override;
  void Synced(const TenantId& tenant) override { book_.Synced(tenant); }

 private:
  UserBook& book_;
};

}  // namespace crosspoint::meeting_sync
