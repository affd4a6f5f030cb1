#pragma once

#include <memory>
#include <vector>

namespace crosspoint::grpcx {

class StreamCore;

// For whoever writes to many streams: while one is alive, what its thread writes to streams that are idle is held back,
// and at its end a thread of the server's call queue hands all of it to gRPC. That thread takes the ends of those
// writes afterwards; otherwise it is woken for each while the next is being made, which costs as much as the write.
// Keep it short: some dozens of streams. On the stack only; inside another one it does nothing.
class WriteBatch {
 public:
  WriteBatch();
  ~WriteBatch();
  WriteBatch(const WriteBatch&) = delete;
  WriteBatch& operator=(const WriteBatch&) = delete;

 private:
  friend class StreamCore;
  struct Handover;

  // Whether this thread has a batch, which now has `stream` too. Under the stream's lock, while gRPC has the call.
  static bool Take(StreamCore& stream);

  std::vector<std::unique_ptr<Handover>> handovers_;  // one a call queue: a process has few
};

}  // namespace crosspoint::grpcx
