#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "voicemail/app/ports.h"
#include "voicemail/domain/wav_reader.h"

namespace crosspoint::voicemail {

// Audio on its way in: checked and written down piece by piece, so that what is wrong is refused before all of it came.
// One thread at a time. Destroyed without Keep it leaves nothing behind.
class AudioUpload {
 public:
  AudioUpload(BlobStore& blobs, WavLimits limits) : blobs_(blobs), wav_(limits) {}

  // kInvalidArgument names the field `audio`.
  absl::Status Append(std::string_view bytes);
  // Whether it is a whole WAV file.
  absl::Status Finish() const { return wav_.Finish(); }
  // Safe under `key` when this returns; waits for the disk. After Finish.
  absl::StatusOr<Audio> Keep(const std::string& key);

 private:
  BlobStore& blobs_;
  WavReader wav_;
  std::unique_ptr<BlobWriter> writer_;
};

}  // namespace crosspoint::voicemail
