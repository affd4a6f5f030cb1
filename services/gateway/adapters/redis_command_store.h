#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/redis/client.h"
#include "gateway/app/ports.h"

namespace crosspoint::gateway {

// Commands in Redis, kept for 24 hours under their request ids. Thread-safe.
class RedisCommandStore final : public CommandStore {
 public:
  explicit RedisCommandStore(RedisClient& redis) : redis_(redis) {}

  absl::StatusOr<Recorded> Record(const UserId& user, const Command& command, const std::string& content,
                                  const std::string& dispatcher, milliseconds expiry, Deadline deadline) override;
  absl::StatusOr<std::optional<Command>> Claim(const UserId& user, const std::string& request_id,
                                               Deadline deadline) override;
  absl::StatusOr<std::optional<std::string>> Answer(const UserId& user, const std::string& request_id,
                                                    const SessionRecord& by, const CommandResult& result,
                                                    Deadline deadline) override;
  absl::StatusOr<CommandResult> Settle(const UserId& user, const std::string& request_id, Deadline deadline) override;
  absl::StatusOr<std::vector<std::string>> Pending(const UserId& user, const std::string& device,
                                                   Deadline deadline) override;

 private:
  RedisClient& redis_;
};

}  // namespace crosspoint::gateway
