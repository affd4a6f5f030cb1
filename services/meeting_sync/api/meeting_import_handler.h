#pragma once

#include "absl/status/status.h"
#include "common/grpcx/call.h"
#include "common/grpcx/methods.h"
#include "crosspoint/meeting_sync/v1/meeting_service.pb.h"
#include "meeting_sync/app/meeting_import.h"

namespace crosspoint::meeting_sync {

// ImportIcs of MeetingService. Thread-safe.
class MeetingImportHandler {
 public:
  explicit MeetingImportHandler(MeetingImport& import) : import_(import) {}

  void Bind(grpcx::Methods& methods);
  absl::Status ImportIcs(const v1::ImportIcsRequest& request, const grpcx::Call& call, v1::ImportIcsResponse& response);

 private:
  MeetingImport& import_;
};

}  // namespace crosspoint::meeting_sync
