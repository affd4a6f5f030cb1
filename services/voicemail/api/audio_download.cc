#include "voicemail/api/audio_download.h"

namespace crosspoint::voicemail {
namespace {

constexpr size_t kPiece = 32 << 10;

}  // namespace

void AudioDownload::Start(std::unique_ptr<BlobReader> blob, int64_t offset, std::shared_ptr<Stream> stream) {
  auto download = std::make_shared<AudioDownload>(std::move(blob), offset, stream);
  stream->OnWritable([download] { download->Pump(); });
  download->Pump();
}

void AudioDownload::Pump() {
  const std::lock_guard lock(mu_);  // reading a local file is quick, and nobody else needs the lock
  while (!stream_->closed()) {
    const auto bytes = blob_->Read(offset_, kPiece);
    if (!bytes.ok()) return stream_->Finish(bytes.status());
    if (bytes->empty()) return stream_->Finish(absl::OkStatus());
    v1::StreamAudioResponse piece;
    piece.set_audio(*bytes);
    if (!stream_->Write(piece)) return;
    offset_ += static_cast<int64_t>(bytes->size());
  }
}

}  // namespace crosspoint::voicemail
