#pragma once

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "voicemail/app/ports.h"

namespace crosspoint::voicemail {

struct SweepReport {
  int kept = 0;
  int removed = 0;
};

// Removes audio that nothing refers to: of messages deleted more than 30 days ago, which are forgotten with it, and of
// uploads that came to nothing. What is younger than an hour may be on its way into the store and is left alone.
class Sweeper {
 public:
  Sweeper(MailboxStore& store, BlobStore& blobs, const Clock& clock) : store_(store), blobs_(blobs), clock_(clock) {}

  absl::StatusOr<SweepReport> Sweep();

 private:
  absl::StatusOr<bool> IsNeeded(const std::string& key);

  MailboxStore& store_;
  BlobStore& blobs_;
  const Clock& clock_;
};

}  // namespace crosspoint::voicemail
