#include "voicemail/api/audio_receiver.h"

namespace crosspoint::voicemail {

absl::Status TooManyUploads() {
  return ErrorWithInfo(absl::StatusCode::kResourceExhausted,
                       "too many uploads at once on this replica; try again later",
                       {.reason = "OVERLOADED", .domain = "crosspoint"});
}

absl::Status UploadStalled() {
  return ErrorWithInfo(absl::StatusCode::kDeadlineExceeded, "no audio came for a minute; send the message again",
                       {.reason = "UPLOAD_STALLED", .domain = "voicemail.crosspoint"});
}

absl::Status WrongPart(std::string_view what) { return InvalidField("part", what); }

}  // namespace crosspoint::voicemail
