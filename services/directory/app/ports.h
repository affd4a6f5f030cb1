#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "directory/domain/connector_report.h"
#include "directory/domain/person.h"
#include "directory/domain/user.h"

namespace crosspoint::directory {

using Deadline = std::chrono::steady_clock::time_point;

// A user to be created, under an id chosen by the caller.
struct NewUser {
  User user;
  std::string request_id;    // empty: the caller does not repeat itself
  std::string request_hash;  // of the request's content; the same id with another hash is refused
};

struct UserPage {
  std::vector<User> users;
  std::string last_id;  // where the next page begins; empty on the last one
};

// What changed in a tenant after a revision.
struct UserChanges {
  std::string epoch;        // another one than asked for: everything begins anew, `users` are the first of all
  uint64_t revision = 0;    // of the tenant, when read
  std::vector<User> users;  // by revision, deleted ones too; each once, as it is now
  bool complete = true;     // false: more follow after the last one's revision
};

// The users of all tenants, with unique addresses and extensions. Thread-safe. Errors of all writes besides those
// named:
//   kUnavailable  the store is unreachable or `deadline` passed; the write may or may not have happened
class UserStore {
 public:
  virtual ~UserStore() = default;

  // In the order given; each succeeds or fails by itself.
  //   kAlreadyExists    EMAIL_TAKEN or EXTENSION_TAKEN, metadata names what collides
  //   kInvalidArgument  REQUEST_ID_REUSED: that request id came with other content
  virtual std::vector<absl::StatusOr<User>> Create(const std::vector<NewUser>& users, Deadline deadline) = 0;
  // Deleted ones too.  kNotFound
  virtual absl::StatusOr<User> Get(const UserId& id, Deadline deadline) = 0;
  // By id, those after `after`.
  virtual absl::StatusOr<UserPage> List(const TenantId& tenant, const std::string& after, size_t limit,
                                        bool with_deleted, Deadline deadline) = 0;
  // Replaces all a caller may set. The same again takes no revision. `revision` 0: whatever is there.
  //   kAborted  ETAG_STALE: the user is not at `revision`       kNotFound  no such user, or deleted
  virtual absl::StatusOr<User> Update(const User& user, uint64_t revision, Deadline deadline) = 0;
  virtual absl::StatusOr<User> Delete(const UserId& id, uint64_t revision, Deadline deadline) = 0;
  //   kFailedPrecondition  NOT_DELETED       kAlreadyExists  as Create
  virtual absl::StatusOr<User> Undelete(const UserId& id, Deadline deadline) = 0;
  // At most `limit` changes after `revision` of `epoch`, in one consistent read.
  virtual absl::StatusOr<UserChanges> ReadChanges(const TenantId& tenant, const std::string& epoch, uint64_t revision,
                                                  size_t limit, Deadline deadline) = 0;
};

// Tells the other replicas that a tenant's users changed. A hint: never waits, may be lost.
class ChangeAnnouncer {
 public:
  virtual ~ChangeAnnouncer() = default;
  virtual void Announce(const TenantId& tenant) = 0;
};

struct CorporateMatches {
  std::vector<CorporateEntry> entries;
  bool partial = false;  // a part of the list, such as the public folders, could not be asked
};

// The corporate list of a tenant. Thread-safe.
class CorporateDirectory {
 public:
  virtual ~CorporateDirectory() = default;
  // Whether the tenant has such a list at all.
  virtual bool Has(const TenantId& tenant) const = 0;
  // Entries that match `query`, as the source understands matching; a few hundred at most.
  virtual absl::StatusOr<CorporateMatches> Search(const TenantId& tenant, const std::string& query,
                                                  Deadline deadline) = 0;
  // The whole list, each entry once, in no stated order.
  //   kFailedPrecondition  LIST_NOT_ENUMERABLE, naming what would help
  virtual absl::StatusOr<std::vector<CorporateEntry>> ListAll(const TenantId& tenant, Deadline deadline) = 0;
};

// The whole corporate list as it was at some time, kept so that all its pages are of one state on every replica. Losing
// one costs only that its readers begin again. Thread-safe.
class ListSnapshots {
 public:
  virtual ~ListSnapshots() = default;
  struct Page {
    std::vector<CorporateEntry> entries;
    bool last = true;
  };
  // Keeps a new one and makes it the one that later readers begin with.
  virtual absl::Status Put(const TenantId& tenant, const std::string& id, const std::vector<CorporateEntry>& entries,
                           Deadline deadline) = 0;
  // The one to begin with; empty when there is none that is young enough.
  virtual absl::StatusOr<std::string> Newest(const TenantId& tenant, Deadline deadline) = 0;
  // kNotFound when it is not kept any more.
  virtual absl::StatusOr<Page> Read(const TenantId& tenant, const std::string& id, size_t offset, size_t count,
                                    Deadline deadline) = 0;
};

struct Picture {
  std::string etag;
  std::string content_type;
  std::string bytes;
  bool operator==(const Picture&) const = default;
};

// Pictures at their origin. Thread-safe.
class PhotoSource {
 public:
  virtual ~PhotoSource() = default;
  struct Answer {
    bool not_modified = false;       // `known_etag` still holds
    std::optional<Picture> picture;  // nullopt without not_modified: the person has none
  };
  // `size` is an edge in pixels that photos come in.
  virtual absl::StatusOr<Answer> Fetch(const TenantId& tenant, const std::string& email, int size,
                                       const std::string& known_etag, Deadline deadline) = 0;
};

// Tries a tenant's connection to its Exchange. Thread-safe.
class ConnectorProbe {
 public:
  virtual ~ConnectorProbe() = default;
  // `mailbox` may be empty. A connection that does not work is a report.
  //   kFailedPrecondition  NO_CONNECTOR
  virtual absl::StatusOr<ConnectorReport> Probe(const TenantId& tenant, const std::string& mailbox,
                                                Deadline deadline) = 0;
};

// On whose behalf another service is asked. Never logged.
struct OnBehalf {
  std::string token;  // empty when the caller had none
  std::string request_id;
};

// What presence says of a user as the caller may see it.
struct PresenceFacts {
  std::string availability_state;
  bool on_the_phone = false;  // talking or holding
  bool im_online = false;
};

// Presence of our users. Thread-safe.
class PresenceSource {
 public:
  virtual ~PresenceSource() = default;
  virtual absl::StatusOr<PresenceFacts> Get(const UserId& user, const OnBehalf& caller, Deadline deadline) = 0;
};

struct CachedPhoto {
  std::optional<Picture> picture;  // nullopt: known to have none
  int64_t fetch_time_us = 0;       // since 1970
};

// Keeps pictures, and that there is none, for a while. Losing entries costs only time. Thread-safe.
class PhotoCache {
 public:
  virtual ~PhotoCache() = default;
  // nullopt when nothing is kept.
  virtual absl::StatusOr<std::optional<CachedPhoto>> Get(const TenantId& tenant, const std::string& email, int size,
                                                         Deadline deadline) = 0;
  virtual absl::Status Put(const TenantId& tenant, const std::string& email, int size, const CachedPhoto& photo,
                           Deadline deadline) = 0;
};

}  // namespace crosspoint::directory
