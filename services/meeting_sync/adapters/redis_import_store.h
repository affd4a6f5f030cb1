#pragma once

#include "common/log/log.h"
#include "common/redis/client.h"
#include "meeting_sync/app/import_ports.h"

namespace crosspoint::meeting_sync {

// Imported meetings: a hash of the user's tag, each as an iCalendar text by its key, and their revision. Thread-safe.
class RedisImportStore final : public ImportStore {
 public:
  RedisImportStore(RedisClient& redis, log::Logger& log) : redis_(redis), log_(log) {}

  absl::StatusOr<Table> Load(const UserId& user, Deadline deadline) override;
  absl::Status Put(const UserId& user, const std::vector<ImportedMeeting>& meetings, uint64_t revision,
                   Deadline deadline) override;
  absl::Status Remove(const UserId& user, const ItemKey& key, Deadline deadline) override;

 private:
  RedisClient& redis_;
  log::Logger& log_;
};

}  // namespace crosspoint::meeting_sync
