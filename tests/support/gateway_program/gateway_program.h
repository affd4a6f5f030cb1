#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "crosspoint/gateway/v1/gateway_service.grpc.pb.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace crosspoint::testing {

// A client program with one session at a gateway, by Connect; a thread of its own reads and keeps what it is told. Does
// nothing by itself: heartbeats and outcomes are the test's.
class GatewayProgram {
 public:
  using Hello = gateway::v1::Hello;
  using Event = gateway::v1::SessionEvent;

  // `context` bears the token and has no deadline that matters.
  GatewayProgram(const std::shared_ptr<grpc::Channel>& channel, std::unique_ptr<grpc::ClientContext> context,
                 const Hello& hello);
  ~GatewayProgram();  // breaks the stream, as a crash would

  bool Send(const gateway::v1::SessionMessage& message);
  bool Heartbeat();
  bool Watch(const std::vector<std::string>& users, const std::string& resume_token = "",
             gateway::v1::ClientRole as = gateway::v1::CLIENT_ROLE_UNSPECIFIED);
  bool Answer(const std::string& command_id, gateway::v1::Outcome outcome, const std::string& detail = "");
  // From now on the program takes nothing from its stream, or again everything.
  void StopReading();
  void GoOnReading();
  // Says it will say no more: an orderly end.
  void Close();

  // Waits for the first event from `from` on that `wanted` accepts; its index, or -1.
  int WaitFor(const std::function<bool(const Event&)>& wanted, size_t from = 0,
              std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  std::vector<Event> events() const;
  // Of the welcome, which this waits for; empty when none comes.
  gateway::v1::Welcome welcome() const;
  std::string session() const { return welcome().session(); }
  // Waits for a command; empty id when none comes.
  gateway::v1::Command NextCommand(size_t from = 0, std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
  // Waits until the stream has ended: "ABORTED SESSION_EXPIRED", "OK".
  std::string End(std::chrono::milliseconds limit = std::chrono::seconds(20));
  bool ended() const;

 private:
  void Read();

  std::unique_ptr<gateway::v1::GatewayService::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReaderWriter<gateway::v1::SessionMessage, Event>> stream_;
  mutable std::mutex mu_;
  mutable std::condition_variable changed_;
  std::vector<Event> events_;  // guarded by mu_
  bool reading_ = true;        // guarded by mu_
  bool ended_ = false;         // guarded by mu_
  std::string end_;            // guarded by mu_
  std::thread reader_;
};

// A hello of `program` on `device`.
gateway::v1::Hello HelloOf(gateway::v1::ProgramKind program, const std::string& device,
                           const std::vector<gateway::v1::Channel>& channels = {});

}  // namespace crosspoint::testing
