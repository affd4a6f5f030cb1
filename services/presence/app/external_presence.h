#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "presence/app/ports.h"
#include "presence/domain/external.h"

namespace crosspoint::presence {

// A presence system outside, e.g. Teams by Graph. Knows its own words for our states, and none of our rules.
// Thread-safe; calls wait.
class ExternalPresence {
 public:
  virtual ~ExternalPresence() = default;

  // As what a reading shows the session.
  virtual StateId ShowsAs(const ExternalSession& session) const = 0;
  // Begins or renews the session under which the outside shows what we say, until `lease` later.
  //   kNotFound  the user is nobody outside; not asked again until something changes. Anything else is tried again
  //   later.
  virtual absl::Status PutSession(const UserId& user, const ExternalSession& session, std::chrono::seconds lease,
                                  Deadline deadline) = 0;
  // Ends it; OK also when there is none.
  virtual absl::Status ClearSession(const UserId& user, Deadline deadline) = 0;
};

// What was said outside, durable, so that another replica goes on where one stopped. Thread-safe; calls wait.
class ExternalMemoryStore {
 public:
  virtual ~ExternalMemoryStore() = default;
  virtual absl::StatusOr<ExternalMemory> Load(const UserId& user, Deadline deadline) = 0;
  // An empty memory is forgotten.
  virtual absl::Status Save(const UserId& user, const ExternalMemory& memory, Deadline deadline) = 0;
  // All users who have one.
  virtual absl::StatusOr<std::vector<UserId>> List(Deadline deadline) = 0;
};

}  // namespace crosspoint::presence
