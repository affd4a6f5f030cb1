#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/grpcx/call.h"
#include "common/grpcx/methods.h"
#include "common/redis/outbox.h"
#include "crosspoint/admin/v1/operations_service.pb.h"

namespace crosspoint {

// OperationsService over a service's outbox. Methods that are not bound answer UNIMPLEMENTED. Thread-safe.
class OutboxOperations {
 public:
  // `service` as the outbox has it, e.g. "meeting_sync": only its dead letters are replayed. `outbox` must outlive it.
  OutboxOperations(Outbox& outbox, const std::string& service) : outbox_(outbox), own_keys_("cp:{" + service + ":") {}

  void Bind(grpcx::Methods& methods);
  absl::Status ListDeadLetters(const admin::v1::ListDeadLettersRequest& request, const grpcx::Call& call,
                               admin::v1::ListDeadLettersResponse& response);
  absl::Status ReplayDeadLetter(const admin::v1::ReplayDeadLetterRequest& request, const grpcx::Call& call,
                                admin::v1::ReplayDeadLetterResponse& response);

 private:
  Outbox& outbox_;
  const std::string own_keys_;
};

}  // namespace crosspoint
