#include "voicemail/app/audio_upload.h"

#include "common/status/status.h"

namespace crosspoint::voicemail {

absl::Status AudioUpload::Append(std::string_view bytes) {
  CROSSPOINT_RETURN_IF_ERROR(wav_.Feed(bytes));
  if (writer_ == nullptr) {
    CROSSPOINT_ASSIGN_OR_RETURN(writer_, blobs_.NewBlob());
  }
  return writer_->Append(bytes);
}

absl::StatusOr<Audio> AudioUpload::Keep(const std::string& key) {
  CROSSPOINT_RETURN_IF_ERROR(Finish());
  CROSSPOINT_ASSIGN_OR_RETURN(auto sha256, writer_->Commit(key));
  return Audio{.sha256 = std::move(sha256), .bytes = wav_.bytes(), .length = wav_.length()};
}

}  // namespace crosspoint::voicemail
