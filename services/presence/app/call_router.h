#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "presence/app/ports.h"
#include "presence/domain/routing.h"

namespace crosspoint::presence {

// What a user has said about calls. Etags are opaque; those of what was never written too.
struct UserRouting {
  RoutingProfile profile;
  std::string profile_etag;
  std::vector<RoutingRule> rules;
  std::string rules_etag;
};

// Profiles and rules, durable. Thread-safe.
class RoutingStore {
 public:
  virtual ~RoutingStore() = default;

  virtual absl::StatusOr<UserRouting> Read(const UserId& user, Deadline deadline) = 0;
  // Replaces one of the two; answers its new etag. The same again changes nothing, the etag neither.
  //   kAborted      ETAG_STALE: `etag` is neither empty nor that of what is stored
  //   kUnavailable  store unreachable or `deadline` passed; the change may or may not have happened
  virtual absl::StatusOr<std::string> WriteProfile(const UserId& user, const RoutingProfile& profile,
                                                   const std::string& etag, Deadline deadline) = 0;
  virtual absl::StatusOr<std::string> WriteRules(const UserId& user, const std::vector<RoutingRule>& rules,
                                                 const std::string& etag, Deadline deadline) = 0;
};

// A question about one call; see CallFacts.
struct CallQuestion {
  UserId user;
  std::string caller;
  std::vector<std::string> caller_groups;
  std::string called_number;
  std::optional<TimePoint> time;  // unset: now
  std::vector<UserId> forwarded_by;
};

struct CallAnswer {
  RoutingDecision decision;
  StateId state;
};

// Decides where calls go. Thread-safe; calls wait for the stores.
class CallRouter {
 public:
  // Both must outlive the router.
  CallRouter(PresenceStore& presence, RoutingStore& routing) : presence_(presence), routing_(routing) {}

  //   kInvalidArgument  `time` is over
  absl::StatusOr<CallAnswer> Route(const CallQuestion& question, Deadline deadline);

 private:
  PresenceStore& presence_;
  RoutingStore& routing_;
};

}  // namespace crosspoint::presence
