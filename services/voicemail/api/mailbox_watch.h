#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "common/grpcx/stream.h"
#include "common/tasks/task_runner.h"
#include "crosspoint/voicemail/v1/voicemail_service.pb.h"
#include "voicemail/app/mailbox_watches.h"
#include "voicemail/app/ports.h"

namespace crosspoint::voicemail {

// One WatchMailbox stream: reads from the store what the caller lacks whenever something may have changed and there is
// room to write. A slow reader costs no memory. Thread-safe.
class MailboxWatch : public std::enable_shared_from_this<MailboxWatch> {
 public:
  using Stream = grpcx::ServerStream<v1::WatchMailboxResponse>;
  struct Parts {
    MailboxStore& store;
    MailboxWatches& watches;
    TaskRunner& tasks;
  };

  // Lives as long as the stream does; `parts` must outlive it. `resume` is the revision that an earlier stream reached.
  static void Start(const Parts& parts, const UserId& user, std::optional<uint64_t> resume,
                    std::shared_ptr<Stream> stream);

  MailboxWatch(const Parts& parts, UserId user, std::optional<uint64_t> resume, std::shared_ptr<Stream> stream)
      : parts_(parts),
        user_(std::move(user)),
        stream_(std::move(stream)),
        resume_(resume.value_or(0) == 0 ? std::nullopt : resume) {}

 private:
  // Several may call; one does, as often as needed.
  void Pump();
  void Send();
  void Write(const MailboxState& state, bool gap);

  const Parts parts_;
  const UserId user_;
  const std::shared_ptr<Stream> stream_;        // shared with gRPC, which drops its side when the call ends
  std::shared_ptr<MailboxWatches::Wake> wake_;  // shared with the watches, weakly there; set once in Start

  std::mutex mu_;
  bool pumping_ = false;  // guarded by mu_
  bool again_ = false;    // guarded by mu_

  // Of whoever pumps.
  std::optional<uint64_t> resume_;  // of the caller, until the first answer
  uint64_t position_ = 0;           // what was written so far; 0: not the state yet
  bool synced_ = false;
};

}  // namespace crosspoint::voicemail
