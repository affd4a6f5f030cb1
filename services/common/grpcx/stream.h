#pragma once

#include <google/protobuf/message.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "common/grpcx/call.h"

namespace crosspoint::grpcx {

class StreamCore;

// A message serialised once to be written to many streams. Copies are cheap. Thread-safe.
class Frame {
 public:
  Frame() = default;
  explicit Frame(const google::protobuf::MessageLite& message);
  // Of a message's fields, serialised elsewhere: they are put one after another.
  explicit Frame(std::span<const std::string_view> fields);
  size_t size() const;

 private:
  friend class StreamCore;
  struct Buffer;
  std::shared_ptr<const Buffer> buffer_;  // shared by the queues of all streams it was written to
};

// What all streams have in common. A stream stays usable for as long as somebody holds it; once the call has ended its
// methods do nothing. All methods are thread-safe and none blocks.
//
// Callbacks of one stream run one after another on a thread of the server's stream pool, never under a lock; they may
// wait for Redis but for nothing slower. Set them before the handler returns. They are destroyed after OnEnd ran, so a
// callback may hold the stream itself.
class AnyStream {
 public:
  explicit AnyStream(std::shared_ptr<StreamCore> core) : core_(std::move(core)) {}

  const Call& call() const;
  // The call has ended or is about to; nothing more can be written.
  bool closed() const;
  // Messages waiting to be sent.
  size_t queued() const;
  // Ends the call after what is queued has been sent. The first Finish counts.
  void Finish(const absl::Status& status);
  // Room again after a Write was refused for want of it.
  void OnWritable(std::function<void()> callback);
  // The call has ended, whoever ended it: exactly once, after all other callbacks. At once if it has ended already.
  void OnEnd(std::function<void()> callback);

 protected:
  bool WriteMessage(const google::protobuf::MessageLite& message);
  bool WriteFrame(const Frame& frame);
  void FinishWith(const google::protobuf::MessageLite& message);
  void ReadMessages(std::function<void(const google::protobuf::Message&)> on_message, std::function<void()> on_end);
  void Hold(bool hold);

 private:
  std::shared_ptr<StreamCore> core_;  // shared with gRPC's side of the stream, either may go first
};

// The server sends. A reader that takes nothing for 60 seconds while messages wait is ended with READER_TOO_SLOW.
template <class Response>
class ServerStream : public AnyStream {
 public:
  using AnyStream::AnyStream;
  // Queues a message. False when the queue is full (256 messages or 4 MiB; see OnWritable) or the stream is closed.
  [[nodiscard]] bool Write(const Response& message) { return WriteMessage(message); }
  // `frame` must have been made from a Response.
  [[nodiscard]] bool Write(const Frame& frame) { return WriteFrame(frame); }
};

// Both send.
template <class Request, class Response>
class BidiStream : public ServerStream<Response> {
 public:
  using ServerStream<Response>::ServerStream;
  // `on_message` sees every message of the caller, the first one too; `on_half_close` that he said it was the last.
  // Nothing is read before the handler has set this.
  void OnMessage(std::function<void(const Request&)> on_message, std::function<void()> on_half_close) {
    this->ReadMessages(
        [f = std::move(on_message)](const google::protobuf::Message& m) { f(static_cast<const Request&>(m)); },
        std::move(on_half_close));
  }
  // While held no further message is read, so the caller is slowed down by flow control.
  void HoldReads() { this->Hold(true); }
  void ResumeReads() { this->Hold(false); }
};

// The client sends, the server answers once.
template <class Request, class Response>
class ClientStream : public AnyStream {
 public:
  using AnyStream::AnyStream;
  void OnMessage(std::function<void(const Request&)> on_message, std::function<void()> on_half_close) {
    ReadMessages([f = std::move(on_message)](const google::protobuf::Message& m) { f(static_cast<const Request&>(m)); },
                 std::move(on_half_close));
  }
  void HoldReads() { Hold(true); }
  void ResumeReads() { Hold(false); }
  // Answers and ends the call with OK. Finish(error) ends it without an answer.
  void FinishOk(const Response& response) { FinishWith(response); }
};

}  // namespace crosspoint::grpcx
