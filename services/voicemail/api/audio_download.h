#pragma once

#include <memory>
#include <mutex>

#include "common/grpcx/stream.h"
#include "crosspoint/voicemail/v1/voicemail_service.pb.h"
#include "voicemail/app/ports.h"

namespace crosspoint::voicemail {

// One StreamAudio call: reads on as the caller takes what was sent. Lives as long as its stream. Thread-safe.
class AudioDownload : public std::enable_shared_from_this<AudioDownload> {
 public:
  using Stream = grpcx::ServerStream<v1::StreamAudioResponse>;

  static void Start(std::unique_ptr<BlobReader> blob, int64_t offset, std::shared_ptr<Stream> stream);

  AudioDownload(std::unique_ptr<BlobReader> blob, int64_t offset, std::shared_ptr<Stream> stream)
      : blob_(std::move(blob)), stream_(std::move(stream)), offset_(offset) {}

 private:
  void Pump();

  const std::unique_ptr<BlobReader> blob_;
  const std::shared_ptr<Stream> stream_;  // shared with gRPC, which drops its side when the call ends
  std::mutex mu_;
  int64_t offset_;  // guarded by mu_; of the next byte to send
};

}  // namespace crosspoint::voicemail
