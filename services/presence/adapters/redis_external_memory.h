#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "presence/app/external_presence.h"

namespace crosspoint {
class RedisClient;
}

namespace crosspoint::presence {

// As JSON. Decoding what is none, or lacks something: nullopt.
std::string EncodeExternalMemory(const ExternalMemory& memory);
std::optional<ExternalMemory> DecodeExternalMemory(std::string_view text);

// One hash per shard, cp:{presence:<shard>}:external, with a field for each user. Thread-safe.
class RedisExternalMemory final : public ExternalMemoryStore {
 public:
  // `redis` must outlive the store.
  explicit RedisExternalMemory(RedisClient& redis) : redis_(redis) {}

  absl::StatusOr<ExternalMemory> Load(const UserId& user, Deadline deadline) override;
  absl::Status Save(const UserId& user, const ExternalMemory& memory, Deadline deadline) override;
  absl::StatusOr<std::vector<UserId>> List(Deadline deadline) override;

 private:
  RedisClient& redis_;
};

}  // namespace crosspoint::presence
