#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "crosspoint/directory/v1/directory_service.grpc.pb.h"
#include "crosspoint/presence/v1/presence_service.grpc.pb.h"

namespace crosspoint::testing {

// Presence that remembers claims, on a loopback port that stays the same over Stop and Start.
class FakePresence final : public presence::v1::PresenceService::Service {
 public:
  using Claim = presence::v1::Claim;

  FakePresence() { Start(); }
  ~FakePresence() override { Stop(); }

  void Start();
  void Stop();
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

  // Claims of a user by claim id.
  std::map<std::string, Claim> Claims(const std::string& user) const;
  // The claim that starts at this time; waits for it.
  std::optional<Claim> AwaitClaim(const std::string& user, std::chrono::system_clock::time_point start,
                                  std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  bool AwaitCount(const std::string& user, size_t count,
                  std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  int puts() const;
  int deletes() const;

 private:
  grpc::Status PutClaim(grpc::ServerContext* context, const presence::v1::PutClaimRequest* request,
                        presence::v1::PutClaimResponse* response) override;
  grpc::Status DeleteClaim(grpc::ServerContext* context, const presence::v1::DeleteClaimRequest* request,
                           presence::v1::DeleteClaimResponse* response) override;

  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  mutable std::mutex mu_;
  mutable std::condition_variable changed_;
  std::map<std::string, std::map<std::string, Claim>> claims_;  // guarded by mu_
  int puts_ = 0;                                                // guarded by mu_
  int deletes_ = 0;                                             // guarded by mu_
};

// Directory that tells its users to whoever watches.
class FakeDirectory final : public directory::v1::DirectoryService::Service {
 public:
  FakeDirectory();
  ~FakeDirectory() override;

  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }
  void Put(const std::string& id, const std::string& email,
           directory::v1::MailboxBinding binding = directory::v1::MAILBOX_BINDING_UNSPECIFIED);
  void Delete(const std::string& id);

 private:
  grpc::Status WatchUsers(grpc::ServerContext* context, const directory::v1::WatchUsersRequest* request,
                          grpc::ServerWriter<directory::v1::WatchUsersResponse>* writer) override;

  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::mutex mu_;
  std::condition_variable changed_;
  std::vector<directory::v1::User> log_;  // guarded by mu_; every state a user ever had
  bool stopping_ = false;                 // guarded by mu_
};

}  // namespace crosspoint::testing
