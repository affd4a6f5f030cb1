#pragma once

#include "absl/status/status.h"
#include "voicemail/app/copy_writer.h"
#include "voicemail/app/ports.h"

namespace crosspoint::voicemail {

// What an outbox entry asks for.
struct DeliveryOrder {
  enum class Kind { kCopy, kNotify };
  Kind kind = Kind::kCopy;
  UserId user;
  VoicemailId id;
};

// Carries out what the outbox says. Thread-safe.
class Delivery {
 public:
  Delivery(MailboxStore& store, BlobStore& blobs, CopyWriter& copies, Notifier& notifier)
      : store_(store), blobs_(blobs), copies_(copies), notifier_(notifier) {}

  // kInvalidArgument, kNotFound and kFailedPrecondition with one of our reasons are final.
  absl::Status Deliver(const DeliveryOrder& order, Deadline deadline);

 private:
  absl::Status Notify(const UserId& user, const VoicemailId& id, Deadline deadline);

  MailboxStore& store_;
  BlobStore& blobs_;
  CopyWriter& copies_;
  Notifier& notifier_;
};

}  // namespace crosspoint::voicemail
