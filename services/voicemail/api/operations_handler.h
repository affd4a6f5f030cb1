#pragma once

#include "absl/status/status.h"
#include "common/grpcx/call.h"
#include "common/grpcx/methods.h"
#include "common/redis/outbox.h"
#include "crosspoint/admin/v1/operations_service.pb.h"

namespace crosspoint::voicemail {

// OperationsService over the outbox. Methods that are not bound answer UNIMPLEMENTED.
class OperationsHandler {
 public:
  explicit OperationsHandler(Outbox& outbox) : outbox_(outbox) {}

  void Bind(grpcx::Methods& methods);
  absl::Status ListDeadLetters(const admin::v1::ListDeadLettersRequest& request, const grpcx::Call& call,
                               admin::v1::ListDeadLettersResponse& response);
  absl::Status ReplayDeadLetter(const admin::v1::ReplayDeadLetterRequest& request, const grpcx::Call& call,
                                admin::v1::ReplayDeadLetterResponse& response);

 private:
  Outbox& outbox_;
};

}  // namespace crosspoint::voicemail
