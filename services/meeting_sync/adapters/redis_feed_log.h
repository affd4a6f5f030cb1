#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "common/redis/client.h"
#include "meeting_sync/app/feed_reader.h"

namespace crosspoint::meeting_sync {

// The mailbox feed of each tenant: a stream of at most about 100,000 entries. Thread-safe.
class RedisFeedLog final : public FeedLog, public FeedReader {
 public:
  explicit RedisFeedLog(RedisClient& redis) : redis_(redis) {}

  absl::Status Append(const UserId& user, const std::vector<MailboxFolder>& folders) override;
  absl::StatusOr<FeedPage> Read(const TenantId& tenant, const std::string& watermark, size_t limit) override;
  absl::StatusOr<std::string> Newest(const TenantId& tenant) override;

 private:
  using EntryId = std::pair<uint64_t, uint64_t>;
  absl::StatusOr<bool> IsTrimmed(const TenantId& tenant, const EntryId& from);

  RedisClient& redis_;
};

}  // namespace crosspoint::meeting_sync
