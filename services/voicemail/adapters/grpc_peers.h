#pragma once

#include <memory>

#include "voicemail/app/ports.h"

namespace grpc {
class Channel;
}

namespace crosspoint::voicemail {

// The owner's contacts at the contact service. Thread-safe.
class GrpcContactNames final : public ContactNames {
 public:
  // nullptr: there is no contact service, and nobody has a name there.
  explicit GrpcContactNames(std::shared_ptr<grpc::Channel> channel);
  ~GrpcContactNames() override;
  absl::StatusOr<std::string> NameOf(const UserId& owner, const std::string& number, Deadline deadline) override;

 private:
  struct Stub;
  std::unique_ptr<Stub> stub_;
};

// The owner's devices at the gateway. Thread-safe.
class GrpcDevices final : public Devices {
 public:
  // nullptr: there is no gateway.
  explicit GrpcDevices(std::shared_ptr<grpc::Channel> channel);
  ~GrpcDevices() override;
  bool configured() const override { return stub_ != nullptr; }
  absl::StatusOr<CommandResult> Dispatch(const UserId& user, CommandKind kind, const std::string& target,
                                         const std::string& device, const std::string& request_id,
                                         Deadline deadline) override;

 private:
  struct Stub;
  std::unique_ptr<Stub> stub_;
};

}  // namespace crosspoint::voicemail
