#pragma once

#include "absl/status/status.h"
#include "common/grpcx/methods.h"
#include "crosspoint/gateway/v1/command_service.pb.h"
#include "gateway/app/command_desk.h"

namespace crosspoint::gateway {

class CommandHandler {
 public:
  // `desk` must outlive the handler.
  explicit CommandHandler(CommandDesk& desk) : desk_(desk) {}
  void Bind(grpcx::Methods& methods);

 private:
  absl::Status DispatchCommand(const v1::DispatchCommandRequest& request, const grpcx::Call& call,
                               v1::CommandOutcome& response);

  CommandDesk& desk_;
};

}  // namespace crosspoint::gateway
