#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/grpcx/client_queue.h"
#include "common/tasks/task_runner.h"
#include "gateway/app/ports.h"

namespace grpc {
class Channel;
}

namespace crosspoint::gateway {

// The services' watch methods as channels, with the program's own token. Thread-safe.
class GrpcChannelSource final : public ChannelSource {
 public:
  // `backends` as for the Forwarder; null: not part of this installation.
  GrpcChannelSource(std::map<std::string, std::shared_ptr<grpc::Channel>> backends, grpcx::ClientQueue& queue,
                    TaskRunner& tasks);
  ~GrpcChannelSource() override;

  std::unique_ptr<ChannelWatch> Open(Channel channel, const Caller& caller, const std::vector<std::string>& names,
                                     const std::string& resume_token, Events events) override;

 private:
  const std::map<std::string, std::shared_ptr<grpc::Channel>> backends_;
  grpcx::ClientQueue& queue_;
  TaskRunner& tasks_;
};

}  // namespace crosspoint::gateway
