#include "contact/api/upload_stream.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/status/status.h"
#include "contact/api/convert.h"

namespace crosspoint::contact {
namespace {

constexpr std::chrono::seconds kStepLimit{5};

Deadline StepDeadline(const grpcx::Call& call) {
  return std::min(call.steady_deadline, std::chrono::steady_clock::now() + kStepLimit);
}

}  // namespace

void UploadStream::Start(Contacts& contacts, std::shared_ptr<Stream> stream) {
  auto upload = std::make_shared<UploadStream>(contacts, stream);
  stream->OnMessage(
      [upload](const v1::UploadContactsRequest& request) {
        if (upload->stream_->closed()) return;
        if (const auto taken = upload->Take(request); !taken.ok()) upload->stream_->Finish(taken);
      },
      [upload] { upload->End(); });
}

absl::Status UploadStream::Take(const v1::UploadContactsRequest& request) {
  if (request.has_header()) return Begin(request.header());
  if (request.has_change()) return Add(request.change());
  return InvalidField("part", "must be the header first, a change in every later message");
}

absl::Status UploadStream::Begin(const v1::UploadHeader& header) {
  if (session_ != nullptr) return InvalidField("header", "must come once, as the first message");
  UploadSession::Header begin;
  CROSSPOINT_ASSIGN_OR_RETURN(begin.owner, UserId::Parse(header.parent(), "header.parent"));
  CROSSPOINT_ASSIGN_OR_RETURN(begin.source, UploadSource(header.source(), "header.source"));
  if (!IsValidSegment(header.upload_id())) {
    return InvalidField("header.upload_id", "must be 1 to 63 of a-z, 0-9 and -, e.g. a UUID");
  }
  if (header.first_change() < 0) return InvalidField("header.first_change", "must not be negative");
  begin.upload_id = header.upload_id();
  begin.replace_all = header.replace_all();
  begin.first_change = header.first_change();
  region_ = contacts_.RegionOf(begin.owner.tenant);
  CROSSPOINT_ASSIGN_OR_RETURN(session_,
                              UploadSession::Begin(contacts_, std::move(begin), StepDeadline(stream_->call())));
  return absl::OkStatus();
}

absl::Status UploadStream::Add(const v1::ContactChange& change) {
  if (session_ == nullptr) return InvalidField("header", "must come before the first change");
  Contacts::Change wanted{.source_id = change.source_id(), .facts = std::nullopt};
  auto usable = CheckSourceId(change.source_id(), "source_id");
  if (!usable.ok()) wanted.source_id.clear();
  if (change.has_upsert()) {
    wanted.facts = FromProto(change.upsert());
    if (usable.ok()) usable = Complete(*wanted.facts, region_, "upsert");
  } else if (!change.delete_()) {
    usable = InvalidField("change", "must be upsert, or delete: true");
  }
  return session_->Add(std::move(wanted), change.SerializeAsString(), usable, StepDeadline(stream_->call()));
}

void UploadStream::End() {
  if (stream_->closed()) return;
  if (session_ == nullptr) return stream_->Finish(InvalidField("header", "must come first"));
  const auto done = session_->Finish(StepDeadline(stream_->call()));
  if (!done.ok()) return stream_->Finish(done.status());
  stream_->FinishOk(ResultOf(*done));
}

}  // namespace crosspoint::contact
