#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "common/tracing/trace_context.h"

namespace crosspoint::meeting_sync {

// Which trace wrote to a calendar item just now, so that what the mailbox tells of it a moment later goes on in that
// trace: Exchange carries no trace itself. Of this process: where another replica reads the mailbox, a new trace begins
// there. Thread-safe; bounded.
class WrittenItems {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The calling thread's trace is about to write to the item.
  void Note(const std::string& item_id, Time now);
  // The trace, until half a minute after the write.
  std::optional<tracing::TraceContext> TraceOf(const std::string& item_id, Time now);

 private:
  struct Write {
    tracing::TraceContext trace;
    Time until;
  };
  void ForgetOld(Time now);

  std::mutex mu_;
  std::map<std::string, Write> writes_;  // guarded by mu_
};

}  // namespace crosspoint::meeting_sync
