#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/ids/ids.h"
#include "voicemail/domain/mailbox_copy.h"
#include "voicemail/domain/voicemail.h"

namespace crosspoint::voicemail {

using Deadline = std::chrono::steady_clock::time_point;

// What a message needs to get into the store. The audio is kept already.
struct NewMessage {
  Voicemail message;        // delivery and revision are the store's to say
  std::string request_id;   // empty: no repeat is expected
  std::string fingerprint;  // equal for the same request
  int max_messages = 0;     // in the mailbox, deleted ones aside
};

struct AddedMessage {
  Voicemail message;
  bool repeated = false;  // the request was answered before; `message` is what it made then
};

struct MessageCursor {
  int64_t receive_time = 0;  // microseconds since 1970
  std::string id;
};

struct MessageQuery {
  size_t limit = 50;
  std::optional<MessageCursor> after;  // nullopt: from the newest
  bool show_deleted = false;
};

// The mailbox at one moment.
struct MailboxState {
  MailboxSummary summary;
  uint64_t revision = 0;
  uint64_t forgotten = 0;           // what changed up to here may be gone for good: no difference can be told
  std::vector<Voicemail> messages;  // that changed after the revision asked for
};

enum class MessageChange { kHeard, kNew, kDelete, kUndelete };

// What one copy in the mailbox was found to be, to be applied here.
struct Observation {
  VoicemailId id;
  CopyState copy;
};
enum class Applied {
  kDone,     // now, or it was so already
  kTouched,  // the message was changed since the run began: look again
  kGone,     // no such message any more
};

// How far the copies of a mailbox were read.
struct CopySyncPoint {
  std::string inbox_state;      // empty: never, or lost
  std::string deleted_state;    // likewise, of Deleted Items
  int stopped_deletions = 0;    // by the brake; 0: it is off
  bool brake_released = false;  // by an administrator: the next run may delete
  bool release_used = false;    // to be saved: the run has done so
};

// The mailboxes of the telephone system: the truth about every message. Every change takes the mailbox's next revision
// and puts what must follow into the outbox, in one atomic step. Thread-safe.
//   kUnavailable, kDeadlineExceeded  the store is away; a write may or may not have happened
class MailboxStore {
 public:
  virtual ~MailboxStore() = default;

  // Delivery is what the owner's settings say at this moment.
  //   kInvalidArgument    REQUEST_ID_REUSED: used with another fingerprint
  //   kResourceExhausted  MAILBOX_FULL
  virtual absl::StatusOr<AddedMessage> Add(const UserId& user, const NewMessage& message) = 0;
  virtual absl::StatusOr<std::optional<Voicemail>> Get(const UserId& user, const VoicemailId& id) = 0;
  // Newest first.
  virtual absl::StatusOr<std::vector<Voicemail>> List(const UserId& user, const MessageQuery& query) = 0;
  // What changed after `revision`; 0: all there is, deleted ones aside.
  virtual absl::StatusOr<MailboxState> StateSince(const UserId& user, uint64_t revision) = 0;
  virtual absl::StatusOr<MailboxSummary> Summary(const UserId& user) = 0;
  virtual absl::StatusOr<uint64_t> Revision(const UserId& user) = 0;
  // The owner's change. The same again changes nothing.
  //   kNotFound, kAborted ETAG_STALE, kFailedPrecondition MESSAGE_DELETED (kHeard and kNew)
  virtual absl::StatusOr<Voicemail> Change(const UserId& user, const VoicemailId& id, MessageChange change,
                                           const std::string& etag, TimePoint now) = 0;
  // Forgets a message that was deleted before `deleted_before`, or does not know it at all: true when its audio is
  // needed no more.
  virtual absl::StatusOr<bool> Forget(const UserId& user, const VoicemailId& id, TimePoint deleted_before) = 0;

  virtual absl::StatusOr<DeliverySettings> GetSettings(const UserId& user) = 0;
  // kAborted ETAG_STALE when `settings.revision` is neither 0 nor the present one.
  virtual absl::StatusOr<DeliverySettings> PutSettings(const UserId& user, const DeliverySettings& settings) = 0;
  virtual absl::StatusOr<std::vector<Greeting>> Greetings(const UserId& user) = 0;
  virtual absl::Status PutGreeting(const UserId& user, const Greeting& greeting) = 0;
};

// Sole right to read the copies of a mailbox.
struct CopyLease {
  std::string token;
};

// What is known of the copies in the owner's mailbox, beside the messages. Thread-safe; errors as MailboxStore's.
class CopyStore {
 public:
  virtual ~CopyStore() = default;
  virtual absl::StatusOr<std::optional<CopyRecord>> GetCopy(const UserId& user, const VoicemailId& id) = 0;
  // All messages that have, or should have, a copy.
  virtual absl::StatusOr<std::vector<CopyRecord>> Copies(const UserId& user) = 0;
  virtual absl::StatusOr<bool> HasCopies(const UserId& user) = 0;
  // The mailbox now shows the message as `copy` says: nothing is owed any more, unless more became owed after `seen`
  // was read.
  virtual absl::Status CopyWritten(const UserId& user, const CopyRecord& seen, const CopyState& copy) = 0;

  // kFailedPrecondition LEASE_HELD: another replica reads it; metadata "remaining_ms".
  virtual absl::StatusOr<CopyLease> AcquireLease(const UserId& user) = 0;
  virtual void ReleaseLease(const UserId& user, const CopyLease& lease) = 0;
  virtual absl::StatusOr<CopySyncPoint> LoadPoint(const UserId& user) = 0;
  // Those under a lease: kAborted FENCED when another replica has it now.
  virtual absl::Status SavePoint(const UserId& user, const CopyLease& lease, const CopySyncPoint& point) = 0;
  // Takes over what the mailbox shows. `began` is the mailbox's counter before it was looked at.
  virtual absl::StatusOr<Applied> Apply(const UserId& user, const CopyLease& lease, uint64_t began,
                                        const Observation& observation, TimePoint now) = 0;
  // Counts everything that touches messages or copies.
  virtual absl::StatusOr<uint64_t> Counter(const UserId& user) = 0;
  // An administrator's word. Keep: every copy that is not where its message is gets written again.
  virtual absl::StatusOr<int> ResolveBrake(const UserId& user, bool keep) = 0;
};

// A blob while it is being written. Destroyed without Commit it leaves nothing behind.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual absl::Status Append(std::string_view bytes) = 0;
  // Safe when this returns. SHA-256 of what was written, in hex. Once.
  virtual absl::StatusOr<std::string> Commit(const std::string& key) = 0;
};

class BlobReader {
 public:
  virtual ~BlobReader() = default;
  // At most `limit` bytes from `offset`; empty at the end.
  virtual absl::StatusOr<std::string> Read(int64_t offset, size_t limit) = 0;
};

// Where audio is kept. Keys are paths, "acme/u42/ab/cd/v1.wav"; a blob never changes. Thread-safe.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual absl::StatusOr<std::unique_ptr<BlobWriter>> NewBlob() = 0;
  // kNotFound.
  virtual absl::StatusOr<std::unique_ptr<BlobReader>> Open(const std::string& key) = 0;
  // A second blob with the same content; safe when this returns.
  virtual absl::Status Copy(const std::string& from, const std::string& to) = 0;
  // OK also when there is none.
  virtual absl::Status Remove(const std::string& key) = 0;
  // Calls `each` with every blob written before `before`, and removes what writers left behind before it.
  virtual absl::Status Visit(TimePoint before, const std::function<void(const std::string& key)>& each) = 0;
};

// The owners' mailboxes at the mail server. Thread-safe; all wait for the answer.
//   kUnavailable, kDeadlineExceeded, kResourceExhausted  try again later
//   kFailedPrecondition  an administrator has to act; SYNC_STATE_LOST as noted
class VoiceMailboxes {
 public:
  virtual ~VoiceMailboxes() = default;
  virtual absl::StatusOr<CopyState> Create(const MailboxAddress& mailbox, const Voicemail& message) = 0;
  // The copy wherever it is in the mailbox: by `known` first, then by the message's id. kGone when it is nowhere.
  virtual absl::StatusOr<CopyState> Find(const MailboxAddress& mailbox, const VoicemailId& id,
                                         const std::string& known) = 0;
  virtual absl::Status SetRead(const MailboxAddress& mailbox, const CopyState& copy, bool read) = 0;
  // kInbox or kDeletedItems. Returns the copy in its new place.
  virtual absl::StatusOr<CopyState> Move(const MailboxAddress& mailbox, const CopyState& copy, CopyPlace place) = 0;
  // What changed in kInbox or kDeletedItems since `state`, all pages; from the beginning when empty.
  //   SYNC_STATE_LOST  the server does not know the state any more
  virtual absl::StatusOr<FolderChanges> Changes(const MailboxAddress& mailbox, CopyPlace folder,
                                                const std::string& state) = 0;
};

// Mail to people who want to be told.
class Notifier {
 public:
  virtual ~Notifier() = default;
  // Whether there is a way to send at all.
  virtual bool configured() const = 0;
  // Whether a mail could be sent there, as far as the text tells.
  virtual bool IsAddress(const std::string& address) const = 0;
  // kUnavailable: try again; other codes are final. The same message twice has the same Message-ID.
  virtual absl::Status Notify(const UserId& user, const Voicemail& message, const std::string& address,
                              const std::string& audio, Deadline deadline) = 0;
};

// The owner's own address book. Empty when nobody has the number.
class ContactNames {
 public:
  virtual ~ContactNames() = default;
  virtual absl::StatusOr<std::string> NameOf(const UserId& owner, const std::string& number, Deadline deadline) = 0;
};

enum class CommandKind { kPlay, kCall };
struct CommandResult {
  std::string outcome;  // "DONE", "NO_PROGRAM", …
  std::string detail;
};

// Orders to the owner's devices, at most once each.
class Devices {
 public:
  virtual ~Devices() = default;
  virtual bool configured() const = 0;
  virtual absl::StatusOr<CommandResult> Dispatch(const UserId& user, CommandKind kind, const std::string& target,
                                                 const std::string& device, const std::string& request_id,
                                                 Deadline deadline) = 0;
};

// Told when a mailbox changed in this process.
class ChangeListener {
 public:
  virtual ~ChangeListener() = default;
  virtual void Changed(const UserId& user) = 0;
};

}  // namespace crosspoint::voicemail
