#include "presence/api/line_stream.h"

#include <utility>

#include "common/status/status.h"
#include "presence/api/convert.h"

namespace crosspoint::presence {
namespace {

// Reports of one stream under way at once; a PBX that sends more waits in its own sending.
constexpr size_t kMaxOpen = 256;
constexpr std::chrono::milliseconds kPatience{5'000};

}  // namespace

void LineStream::Begin(SignalKeeper& keeper, std::chrono::milliseconds lease, std::shared_ptr<Stream> stream) {
  const std::shared_ptr<LineStream> self(new LineStream(lease, stream));
  // Weak: the reports are the stream's own.
  self->reports_ = std::make_shared<LineReports>(
      keeper, kPatience, [weak = self->weak_from_this()](uint64_t number, const absl::Status& status) {
        if (const auto line_stream = weak.lock()) line_stream->OnAnswer(number, status);
      });
  stream->OnWritable([self] {
    const std::lock_guard lock(self->mu_);
    self->PumpLocked();
  });
  stream->OnMessage(
      [self](const v1::ReportLineStateRequest& request) {
        if (const auto status = self->OnMessage(request); !status.ok()) self->stream_->Finish(status);
      },
      [self] { self->OnHalfClose(); });
}

absl::Status LineStream::OnMessage(const v1::ReportLineStateRequest& request) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, UserId::Parse(request.user(), "user"));
  CROSSPOINT_ASSIGN_OR_RETURN(auto device, ParseDevice(request.device(), "device"));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto state, FromProto(request.line_state(), "line_state"));
  {
    const std::lock_guard lock(mu_);
    ++open_;
    PumpLocked();
  }
  reports_->Add(user, std::move(device), state, static_cast<uint64_t>(request.number()));
  return absl::OkStatus();
}

void LineStream::OnAnswer(uint64_t number, const absl::Status& status) {
  v1::ReportLineStateResponse answer;
  answer.set_number(static_cast<int64_t>(number));
  if (status.ok()) {
    ToProto(lease_, *answer.mutable_lease());
  } else {
    ToProto(status, *answer.mutable_error());
  }
  const std::lock_guard lock(mu_);
  --open_;
  answers_.push_back(std::move(answer));
  PumpLocked();
}

void LineStream::OnHalfClose() {
  const std::lock_guard lock(mu_);
  closing_ = true;
  PumpLocked();
}

void LineStream::PumpLocked() {
  while (!answers_.empty() && stream_->Write(answers_.front())) answers_.pop_front();
  if (closing_ && open_ == 0 && answers_.empty()) return stream_->Finish(absl::OkStatus());
  const bool hold = open_ >= kMaxOpen || !answers_.empty();
  if (hold == held_) return;
  held_ = hold;
  if (hold) {
    stream_->HoldReads();
  } else {
    stream_->ResumeReads();
  }
}

}  // namespace crosspoint::presence
