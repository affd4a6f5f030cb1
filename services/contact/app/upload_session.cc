#include "contact/app/upload_session.h"

#include <algorithm>
#include <utility>

#include "common/ids/digest.h"
#include "common/status/status.h"
#include "contact/app/reasons.h"

namespace crosspoint::contact {
namespace {

constexpr size_t kChangesPerStep = 200;
constexpr size_t kBytesPerStep = size_t{256} << 10;

absl::Status Reused(std::string_view what) {
  return ErrorWithInfo(
      absl::StatusCode::kInvalidArgument,
      "header.upload_id: was used within 24 hours with " + std::string(what) + "; a new upload needs a new id",
      {.reason = std::string(kUploadIdReused),
       .domain = "contact.crosspoint",
       .metadata = {{"field", "header.upload_id"}}});
}

}  // namespace

UploadSession::UploadSession(Contacts& contacts, Header header, Upload known)
    : contacts_(contacts), header_(std::move(header)), known_(std::move(known)), next_(header_.first_change) {
  if (next_ == known_.received) digest_ = known_.digest;
  if (next_ == 0) digest_.clear();
  step_ = NextStep();
}

absl::StatusOr<std::unique_ptr<UploadSession>> UploadSession::Begin(Contacts& contacts, Header header,
                                                                    Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto known, contacts.store().GetUpload(header.owner, header.upload_id, deadline));
  if (!known) {
    known = Upload{.id = header.upload_id, .source = header.source, .replace_all = header.replace_all};
  } else if (known->source != header.source || known->replace_all != header.replace_all) {
    return Reused("another source or replace_all");
  }
  if (header.first_change != 0 && header.first_change != known->received) {
    return InvalidField("header.first_change",
                        "must be 0 or " + std::to_string(known->received) + ", where the upload stands");
  }
  return std::unique_ptr<UploadSession>(new UploadSession(contacts, std::move(header), *std::move(known)));
}

UploadStep UploadSession::NextStep() const {
  UploadStep step;
  step.upload_id = header_.upload_id;
  step.source = header_.source;
  step.replace_all = header_.replace_all;
  step.expected = known_.received;
  return step;
}

absl::Status UploadSession::Add(Contacts::Change change, std::string_view bytes, const absl::Status& refusal,
                                Deadline deadline) {
  const auto index = next_++;
  digest_ = Sha256Hex(digest_ + std::string(bytes));
  if (index < known_.received) {
    if (next_ == known_.received && digest_ != known_.digest) return Reused("other changes");
    return absl::OkStatus();
  }
  if (known_.complete) return Reused("fewer changes");
  if (!change.source_id.empty()) step_.seen.push_back(change.source_id);
  if (refusal.ok()) {
    step_.writes.push_back(contacts_.ToWrite(header_.source, std::move(change)));
  } else {
    const auto info = GetErrorInfo(refusal);
    const auto field = info && info->metadata.contains("field") ? info->metadata.at("field") : "";
    step_.refusals.push_back({index, std::move(change.source_id), field, MessageOf(refusal)});
  }
  step_bytes_ += bytes.size();
  const bool full = step_.writes.size() + step_.refusals.size() >= kChangesPerStep || step_bytes_ >= kBytesPerStep;
  return full ? Flush(deadline) : absl::OkStatus();
}

absl::Status UploadSession::Flush(Deadline deadline) {
  step_.received = next_;
  step_.digest = digest_;
  CROSSPOINT_RETURN_IF_ERROR(contacts_.store().StepUpload(header_.owner, step_, deadline));
  known_.received = next_;
  known_.digest = digest_;
  step_ = NextStep();
  step_bytes_ = 0;
  contacts_.Told(header_.owner, deadline);
  return absl::OkStatus();
}

absl::Status UploadSession::RemoveUnnamed(Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto unnamed,
                              contacts_.store().Unnamed(header_.owner, header_.upload_id, header_.source, deadline));
  for (size_t i = 0; i < unnamed.size(); ++i) {
    step_.writes.push_back(contacts_.ToWrite(header_.source, {.source_id = unnamed[i], .facts = std::nullopt}));
    if (step_.writes.size() >= kChangesPerStep) CROSSPOINT_RETURN_IF_ERROR(Flush(deadline));
  }
  return absl::OkStatus();
}

absl::StatusOr<Upload> UploadSession::Finish(Deadline deadline) {
  if (next_ < known_.received) return Reused("more changes");
  if (!known_.complete) {
    // What the upload names must be known to be named before the rest goes.
    if (!step_.seen.empty()) CROSSPOINT_RETURN_IF_ERROR(Flush(deadline));
    if (header_.replace_all) CROSSPOINT_RETURN_IF_ERROR(RemoveUnnamed(deadline));
    step_.complete = true;
    CROSSPOINT_RETURN_IF_ERROR(Flush(deadline));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(auto done, contacts_.store().GetUpload(header_.owner, header_.upload_id, deadline));
  if (!done) return absl::InternalError("the upload is gone");
  return *std::move(done);
}

}  // namespace crosspoint::contact
