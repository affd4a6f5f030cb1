#pragma once

#include <memory>

#include "directory/app/ports.h"

namespace grpc {
class Channel;
}

namespace crosspoint::directory {

// Presence asked of the presence service with the caller's own token. Thread-safe.
class GrpcPresenceSource final : public PresenceSource {
 public:
  // `channel`: null where there is no presence service; shared with others that call it.
  explicit GrpcPresenceSource(std::shared_ptr<grpc::Channel> channel);
  ~GrpcPresenceSource() override;

  absl::StatusOr<PresenceFacts> Get(const UserId& user, const OnBehalf& caller, Deadline deadline) override;

 private:
  struct Stub;
  std::unique_ptr<Stub> stub_;
};

}  // namespace crosspoint::directory
