#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "contact/domain/contact.h"

namespace crosspoint::contact {

using Deadline = std::chrono::steady_clock::time_point;

struct Counts {
  int created = 0;
  int updated = 0;
  int deleted = 0;
  int unchanged = 0;
  bool operator==(const Counts&) const = default;
};

struct ContactWrite {
  enum class Kind {
    kUpsert,  // the contact of (source, source_id), under `id` when it is new
    kRemove,  // the contact of (source, source_id), if there is one
    kCreate,  // under `id`
    kUpdate,  // of `id`
    kDelete,  // of `id`
    kMove,    // `id` to (source, source_id), its facts as they are; nothing when it is gone
  };
  Kind kind = Kind::kUpsert;
  std::string id;
  Source source = Source::kOwn;
  std::string source_id;
  uint64_t edition = 0;  // kUpdate, kDelete: the contact must be at it; 0: whatever is there
  Facts facts;
};

// Writes that happen together or not at all.
struct WriteRequest {
  std::vector<ContactWrite> writes;
  std::string request_id;    // empty: the caller does not repeat itself
  std::string request_hash;  // of the request's content; the same id with another hash is refused
  // Of one contact of kOwn or kExchange: when it changes, the mailbox is to be brought up to date.
  std::string tell_mailbox_of;
};

struct WriteResult {
  Counts counts;
  std::string id;  // of the last write; of a repeated request, that of the first time
};

struct ContactChanges {
  std::string epoch;              // another one than asked for: everything begins anew
  bool restart = false;           // `contacts` are the first of all
  uint64_t floor = 0;             // deletions up to this revision are forgotten
  std::vector<Contact> contacts;  // by revision, deleted ones too; each once, as it is now
  bool complete = true;           // false: more follow after the last one's revision
};

struct Refusal {
  int64_t index = 0;
  std::string source_id;
  std::string field;
  std::string message;
};
inline constexpr size_t kMaxRefusals = 100;  // that are told

struct Upload {
  std::string id;
  Source source = Source::kOutlook;
  bool replace_all = false;
  int64_t received = 0;  // changes that are safe
  std::string digest;    // of those
  bool complete = false;
  Counts counts;
  int refused = 0;
  std::vector<Refusal> refusals;  // the first kMaxRefusals
};

// A step of an upload.
struct UploadStep {
  std::string upload_id;
  Source source = Source::kOutlook;
  bool replace_all = false;
  int64_t expected = 0;  // `received` before it
  int64_t received = 0;  // and after it
  std::string digest;
  std::vector<std::string> seen;  // source ids that the upload names
  std::vector<ContactWrite> writes;
  std::vector<Refusal> refusals;
  bool complete = false;  // the last one
};

// Contacts of all users. Each write is atomic, durable and takes effect once. Thread-safe. Errors of all writes besides
// those named:
//   kUnavailable  the store is unreachable or `deadline` passed; the write may or may not have happened
class ContactStore {
 public:
  virtual ~ContactStore() = default;

  //   kAborted            ETAG_STALE
  //   kNotFound           no such contact
  //   kInvalidArgument    REQUEST_ID_REUSED
  //   kResourceExhausted  TOO_MANY_CONTACTS
  virtual absl::StatusOr<WriteResult> Write(const UserId& owner, const WriteRequest& request, Deadline deadline) = 0;
  // What changed after `revision` of `epoch`.
  virtual absl::StatusOr<ContactChanges> ReadChanges(const UserId& owner, const std::string& epoch, uint64_t revision,
                                                     size_t limit, Deadline deadline) = 0;

  // nullopt when there is none, or none any more.
  virtual absl::StatusOr<std::optional<Upload>> GetUpload(const UserId& owner, const std::string& upload_id,
                                                          Deadline deadline) = 0;
  //   kAborted            UPLOAD_ELSEWHERE: the upload is not at `expected`
  //   kResourceExhausted  TOO_MANY_CONTACTS
  virtual absl::Status StepUpload(const UserId& owner, const UploadStep& step, Deadline deadline) = 0;
  // Source ids of the upload's source that it has not named.
  virtual absl::StatusOr<std::vector<std::string>> Unnamed(const UserId& owner, const std::string& upload_id,
                                                           Source source, Deadline deadline) = 0;
};

// Tells the other replicas, which then read the store. Thread-safe; never waits.
class ChangeAnnouncer {
 public:
  virtual ~ChangeAnnouncer() = default;
  virtual void Announce(const UserId& owner) = 0;
};

}  // namespace crosspoint::contact
