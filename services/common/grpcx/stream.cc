#include "common/grpcx/stream.h"

#include <algorithm>

#include "common/grpcx/stream_core.h"

namespace crosspoint::grpcx {

struct Frame::Buffer {
  grpc::ByteBuffer bytes;
};

Frame::Frame(const google::protobuf::MessageLite& message)
    : buffer_(std::make_shared<const Buffer>(Buffer{SerializeToBuffer(message)})) {}

Frame::Frame(std::span<const std::string_view> fields) {
  size_t size = 0;
  for (const auto field : fields) size += field.size();
  grpc::Slice slice(size);
  auto* at = const_cast<uint8_t*>(slice.begin());  // nobody else has it yet
  for (const auto field : fields) at = std::copy(field.begin(), field.end(), at);
  buffer_ = std::make_shared<const Buffer>(Buffer{grpc::ByteBuffer(&slice, 1)});
}

size_t Frame::size() const { return buffer_ == nullptr ? 0 : buffer_->bytes.Length(); }

bool StreamCore::Write(const Frame& frame) {
  return frame.buffer_ != nullptr && Queue(frame.buffer_->bytes);  // copies references, not bytes
}

const Call& AnyStream::call() const { return core_->call(); }
bool AnyStream::closed() const { return core_->closed(); }
size_t AnyStream::queued() const { return core_->queued(); }
void AnyStream::Finish(const absl::Status& status) { core_->Finish(status); }
void AnyStream::OnWritable(std::function<void()> callback) { core_->SetOnWritable(std::move(callback)); }
void AnyStream::OnEnd(std::function<void()> callback) { core_->SetOnEnd(std::move(callback)); }
bool AnyStream::WriteMessage(const google::protobuf::MessageLite& message) { return core_->Write(message); }
bool AnyStream::WriteFrame(const Frame& frame) { return core_->Write(frame); }
void AnyStream::FinishWith(const google::protobuf::MessageLite& message) { core_->FinishWith(message); }
void AnyStream::ReadMessages(std::function<void(const google::protobuf::Message&)> on_message,
                             std::function<void()> on_end) {
  core_->SetOnMessage(std::move(on_message), std::move(on_end));
}
void AnyStream::Hold(bool hold) { core_->Hold(hold); }

}  // namespace crosspoint::grpcx
