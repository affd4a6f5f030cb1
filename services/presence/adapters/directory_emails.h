#pragma once

#include "clients/directory_follower.h"
#include "presence/app/email_book.h"

namespace crosspoint::presence {

// The directory's users into the book of addresses. Thread-safe.
class DirectoryEmails final : public clients::UserListener {
 public:
  // `book` must outlive this.
  explicit DirectoryEmails(EmailBook& book) : book_(book) {}

  void Restart(const TenantId& tenant) override { book_.Restart(tenant); }
  void Put(const UserId& id, const directory::v1::User& user) override;
  void Synced(const TenantId& tenant) override { book_.Synced(tenant); }

 private:
  EmailBook& book_;
};

// Follows tenants as they are asked about. Thread-safe.
class DirectoryTenants final : public TenantFollower {
 public:
  // `directory` must outlive this.
  explicit DirectoryTenants(clients::DirectoryFollower& directory) : directory_(directory) {}
  void Follow(const TenantId& tenant) override { directory_.Follow(tenant); }

 private:
  clients::DirectoryFollower& directory_;
};

}  // namespace crosspoint::presence
