#pragma once

#include <memory>

#include "meeting_sync/app/ports.h"

namespace grpc {
class Channel;
}

namespace crosspoint::meeting_sync {

// Claims at the presence service. Thread-safe.
class GrpcPresence final : public Presence {
 public:
  // `channel` is shared with others that call the same service.
  explicit GrpcPresence(std::shared_ptr<grpc::Channel> channel);
  ~GrpcPresence() override;

  absl::Status PutClaim(const UserId& user, const PlannedClaim& claim, Deadline deadline) override;
  absl::Status DeleteClaim(const UserId& user, const std::string& claim_id, Deadline deadline) override;

 private:
  struct Stub;
  std::unique_ptr<Stub> stub_;
};

}  // namespace crosspoint::meeting_sync
