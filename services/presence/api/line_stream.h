#pragma once

#include <deque>
#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "common/grpcx/stream.h"
#include "crosspoint/presence/v1/presence_service.pb.h"
#include "presence/app/line_reports.h"

namespace crosspoint::presence {

// One ReportLineState call: reports to the store as fast as they come, one answer each. Kept alive by the stream's
// callbacks and by answers under way.
class LineStream : public std::enable_shared_from_this<LineStream> {
 public:
  using Stream = grpcx::BidiStream<v1::ReportLineStateRequest, v1::ReportLineStateResponse>;

  // `keeper` must outlive the stream.
  static void Begin(SignalKeeper& keeper, std::chrono::milliseconds lease, std::shared_ptr<Stream> stream);

 private:
  LineStream(std::chrono::milliseconds lease, std::shared_ptr<Stream> stream)
      : lease_(lease), stream_(std::move(stream)) {}

  absl::Status OnMessage(const v1::ReportLineStateRequest& request);
  void OnAnswer(uint64_t number, const absl::Status& status);
  void OnHalfClose();
  // Writes what there is room for, reads on when little is open, ends when all is said.
  void PumpLocked();

  const std::chrono::milliseconds lease_;
  const std::shared_ptr<Stream> stream_;  // shared with gRPC's side of the call
  std::shared_ptr<LineReports> reports_;  // shared with answers under way; set by Begin

  std::mutex mu_;
  std::deque<v1::ReportLineStateResponse> answers_;  // guarded by mu_; waiting for room
  size_t open_ = 0;                                  // guarded by mu_; reports under way
  bool held_ = false;                                // guarded by mu_
  bool closing_ = false;                             // guarded by mu_; the caller says no more
};

}  // namespace crosspoint::presence
