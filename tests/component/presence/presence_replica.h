#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/clock/clock.h"
#include "common/zmq/lossy_publisher.h"
#include "crosspoint/presence/v1/presence_service.grpc.pb.h"
#include "presence/app/edge_timers.h"
#include "presence/app/email_book.h"
#include "presence/app/ports.h"
#include "presence/app/watch_hub.h"
#include "tests/support/credentials.h"
#include "tests/support/redis_server.h"

namespace crosspoint::testing {

namespace pb = presence::v1;

// Keys and tokens that all replicas of one test share; gone with the object.
class CredentialsFolder {
 public:
  CredentialsFolder();
  ~CredentialsFolder();
  const Credentials& operator*() const { return *credentials_; }
  const Credentials* operator->() const { return credentials_.get(); }

 private:
  std::filesystem::path path_;
  std::unique_ptr<Credentials> credentials_;
};

struct PresenceReplicaOptions {
  Losses losses;            // of the frames this replica publishes
  bool mutual_tls = false;  // a second port that asks for certificates
  std::chrono::milliseconds heartbeat{100};
  presence::SignalLeases leases;
};

// One replica of the service as its main.cc puts it together, without App: real Redis, real bus, real Guard.
class PresenceReplica {
 public:
  using Options = PresenceReplicaOptions;

  PresenceReplica(const RedisServer& redis, const Credentials& credentials, Options options = {});
  ~PresenceReplica();  // an orderly end

  bool WaitUntilLoaded() const;
  // A channel without certificate, in process.
  std::shared_ptr<grpc::Channel> channel() const;
  std::shared_ptr<grpc::Channel> TlsChannel(const Credentials::Files& files) const;
  std::unique_ptr<pb::PresenceService::Stub> stub() const { return pb::PresenceService::NewStub(channel()); }

  LossyPublisher& line();
  const presence::WatchHub::Counters& watches() const;
  const presence::EdgeTimers& timers() const;
  // What this replica holds of a user, e.g. "in-a-meeting".
  std::string State(const std::string& user) const;
  size_t users() const;
  presence::EmailBook& emails();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// A caller of PresenceService: stub and token.
class PresenceCaller {
 public:
  PresenceCaller(const PresenceReplica& replica, std::string token) : stub_(replica.stub()), token_(std::move(token)) {}

  std::unique_ptr<grpc::ClientContext> Context() const;
  pb::PresenceService::Stub& stub() { return *stub_; }

  grpc::Status Get(const std::string& user, pb::Presence& out);
  // By the claim's last name part; times from now, an end of 0 s is open.
  grpc::Status Put(const std::string& user, const std::string& claim, const std::string& state,
                   std::chrono::microseconds from, std::chrono::microseconds to,
                   pb::ClaimClass claim_class = pb::CLAIM_CLASS_CALENDAR, pb::PutClaimResponse* out = nullptr);
  grpc::Status Delete(const std::string& user, const std::string& claim);
  grpc::Status Set(const std::string& user, const std::string& state);

 private:
  std::unique_ptr<pb::PresenceService::Stub> stub_;
  std::string token_;
};

// A watch on a thread of its own that remembers the newest state of each user.
class PresenceWatcher {
 public:
  PresenceWatcher(const PresenceReplica& replica, const std::string& token, const std::vector<std::string>& users,
                  const std::string& resume_token = "");
  ~PresenceWatcher();  // cancels

  bool Send(const pb::WatchPresenceRequest& request);
  bool WaitForState(const std::string& user, const std::string& state,
                    std::chrono::milliseconds limit = std::chrono::seconds(15));
  // Until the state was told at least once, whatever came after it.
  bool WaitToSee(const std::string& user, const std::string& state,
                 std::chrono::milliseconds limit = std::chrono::seconds(15));
  bool WaitForSynced(std::chrono::milliseconds limit = std::chrono::seconds(15));
  // Until all these hold at once; for "equal to the truth".
  bool WaitForStates(const std::map<std::string, std::string>& truth, std::chrono::milliseconds limit);
  std::chrono::system_clock::time_point When(const std::string& user, const std::string& state) const;
  std::map<std::string, std::string> states() const;
  std::map<std::string, std::string> owners() const;  // of addresses, as told
  std::string resume_token() const;
  size_t received() const;  // states, over all messages
  bool saw_gap() const;
  // Until the newest answer says so.
  bool WaitForStale(bool stale, std::chrono::milliseconds limit = std::chrono::seconds(15));
  grpc::Status End();  // waits for the server to end the stream

 private:
  bool WaitUntil(std::chrono::milliseconds limit, const std::function<bool()>& done);
  void Read();

  std::unique_ptr<pb::PresenceService::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReaderWriter<pb::WatchPresenceRequest, pb::WatchPresenceResponse>> stream_;
  mutable std::mutex mu_;
  std::condition_variable changed_;
  std::map<std::string, std::string> states_;                                                  // guarded by mu_
  std::map<std::pair<std::string, std::string>, std::chrono::system_clock::time_point> when_;  // guarded by mu_
  std::map<std::string, std::string> owners_;                                                  // guarded by mu_
  std::string resume_token_;                                                                   // guarded by mu_
  size_t received_ = 0;                                                                        // guarded by mu_
  bool synced_ = false;                                                                        // guarded by mu_
  bool gap_ = false;                                                                           // guarded by mu_
  bool stale_ = false;                                                                         // guarded by mu_
  std::thread reader_;
};

std::string UserName(const std::string& user, const std::string& tenant = "acme");
// "INVALID_ARGUMENT INVALID_FIELD claim.state": code, reason and, when there is one, the field.
std::string Told(const grpc::Status& status);
bool WaitFor(const std::function<bool()>& done, std::chrono::milliseconds limit = std::chrono::seconds(15));

}  // namespace crosspoint::testing
