#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "common/grpcx/stream.h"
#include "common/status/status.h"
#include "common/tasks/task_runner.h"
#include "voicemail/app/audio_upload.h"

namespace crosspoint::voicemail {

// Pieces of audio may have so many bytes.
inline constexpr size_t kMaxPiece = 64 << 10;

// What all uploads of a process share.
struct UploadDesk {
  TaskRunner& tasks;  // to wait for the disk and for other services on
  int max_uploads = 256;
  std::chrono::milliseconds patience{60'000};  // a caller silent for longer is not waited for
  std::atomic<int> under_way{0};
};

absl::Status TooManyUploads();
absl::Status UploadStalled();
absl::Status WrongPart(std::string_view what);

// One call that brings a header and then a WAV file. Lives as long as its stream. `Admit` looks at the header on the
// stream's thread; `Keep` finishes the upload on a thread of the desk.
template <class Request, class Header, class Response>
class AudioReceiver : public std::enable_shared_from_this<AudioReceiver<Request, Header, Response>> {
 public:
  using Stream = grpcx::ClientStream<Request, Response>;
  using Keep = std::function<absl::StatusOr<Response>(AudioUpload&)>;
  using Admit = std::function<absl::StatusOr<Keep>(const Header&)>;
  // Told once how the call ended.
  using Done = std::function<void(const absl::Status&)>;

  static void Start(UploadDesk& desk, std::unique_ptr<AudioUpload> upload, std::shared_ptr<Stream> stream, Admit admit,
                    Done done) {
    if (desk.under_way.fetch_add(1) >= desk.max_uploads) {
      --desk.under_way;
      done(TooManyUploads());
      return stream->Finish(TooManyUploads());
    }
    auto receiver = std::make_shared<AudioReceiver>(desk, std::move(upload), stream, std::move(admit), std::move(done));
    stream->OnMessage([receiver](const Request& request) { receiver->Take(request); },
                      [receiver] { receiver->HalfClosed(); });
    stream->OnEnd([receiver] { receiver->ended_ = true; });
    receiver->Watch();
  }

  AudioReceiver(UploadDesk& desk, std::unique_ptr<AudioUpload> upload, std::shared_ptr<Stream> stream, Admit admit,
                Done done)
      : desk_(desk),
        upload_(std::move(upload)),
        stream_(std::move(stream)),
        admit_(std::move(admit)),
        done_(std::move(done)) {}
  ~AudioReceiver() {
    --desk_.under_way;
    if (!told_) done_(absl::CancelledError("the caller went away"));
  }

 private:
  void Take(const Request& request) {
    ++pieces_;
    if (told_) return;
    if (request.has_header()) {
      if (keep_) return End(WrongPart("the header once, before the audio"));
      auto keep = admit_(request.header());
      if (!keep.ok()) return End(keep.status());
      keep_ = *std::move(keep);
      return;
    }
    if (!keep_) return End(WrongPart("the header first"));
    if (request.audio().size() > kMaxPiece) return End(WrongPart("audio in pieces of at most 64 KiB"));
    if (const auto status = upload_->Append(request.audio()); !status.ok()) End(status);
  }

  void HalfClosed() {
    if (told_) return;
    if (!keep_) return End(WrongPart("the header first"));
    closed_ = true;
    desk_.tasks.Post([self = this->shared_from_this()] { self->Finish(); });
  }

  void Finish() {
    auto status = upload_->Finish();
    if (!status.ok()) return End(status);
    auto response = keep_(*upload_);
    if (!response.ok()) return End(response.status());
    told_ = true;
    done_(absl::OkStatus());
    stream_->FinishOk(*response);
  }

  void End(const absl::Status& status) {
    told_ = true;
    done_(status);
    stream_->Finish(status);
  }

  // Looks now and then whether anything still comes.
  void Watch() {
    desk_.tasks.PostAfter(desk_.patience, [weak = this->weak_from_this(), seen = pieces_.load()] {
      const auto self = weak.lock();
      if (!self || self->ended_ || self->told_ || self->closed_) return;
      if (self->pieces_ == seen) return self->stream_->Finish(UploadStalled());
      self->Watch();
    });
  }

  UploadDesk& desk_;
  const std::unique_ptr<AudioUpload> upload_;
  const std::shared_ptr<Stream> stream_;  // shared with gRPC, which drops its side when the call ends
  const Admit admit_;
  const Done done_;
  Keep keep_;  // set by the header
  std::atomic<int> pieces_{0};
  std::atomic<bool> closed_{false};
  std::atomic<bool> told_{false};
  std::atomic<bool> ended_{false};
};

}  // namespace crosspoint::voicemail
