#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/grpcx/principal.h"

namespace google::protobuf {
class FieldDescriptor;
class Message;
class MethodDescriptor;
}  // namespace google::protobuf

namespace crosspoint::grpcx {

// Whether the owner of something lets `delegate` act for him. Must answer from memory.
using DelegateGrants = std::function<bool(const UserId& owner, const UserId& delegate)>;

// The policy option of one method, compiled. Immutable.
class Policy {
 public:
  enum class Position {
    kFirst,  // the request, or a stream's first message: names its resource
    kLater,  // a later message of a stream: an empty name means "as before"
  };

  // What is wrong with a method's policy, empty when nothing: no policy, an unknown role, a resource field that is not
  // there or no string, a field without a scope or the other way round, anonymous callers with a resource.
  static std::vector<std::string> Problems(const google::protobuf::MethodDescriptor& method);

  // `method` must have no problems: those are bugs, and end the process.
  explicit Policy(const google::protobuf::MethodDescriptor& method);

  // Who calls without a token: the service by the peer's certificate (empty when there is none), or nobody.
  //   kUnauthenticated   NO_CREDENTIALS, the method wants a token
  //   kPermissionDenied  SERVICE_NOT_ALLOWED, the method takes services' calls, but not this one's
  absl::StatusOr<Principal::Kind> WithoutToken(std::string_view service) const;

  // Whether the role of a caller who has a token suffices.
  //   kPermissionDenied  ROLE_REQUIRED
  absl::Status CheckRole(const Principal& principal) const;

  // Whether the caller may touch what `message` names. Call it after CheckRole or WithoutToken has said yes.
  //   kNotFound         RESOURCE_NOT_FOUND: another tenant's, or another user's; says the same whether it exists or not
  //   kInvalidArgument  INVALID_FIELD, no resource name
  absl::Status CheckResource(const Principal& principal, const google::protobuf::Message& message, Position position,
                             const DelegateGrants& grants) const;

  bool checks_resource() const { return !path_.empty(); }

 private:
  enum class Scope { kNone, kTenant, kOwner };

  absl::Status CheckAt(const Principal& principal, const google::protobuf::Message& message, size_t depth,
                       Position position, const DelegateGrants& grants) const;
  absl::Status CheckName(const Principal& principal, std::string_view name, Position position,
                         const DelegateGrants& grants) const;

  RoleSet roles_;
  RoleSet owner_exempt_;
  std::vector<std::string> services_;
  Scope scope_ = Scope::kNone;
  std::string field_;                                           // as written in the policy, for error texts
  std::vector<const google::protobuf::FieldDescriptor*> path_;  // down to the string field
};

}  // namespace crosspoint::grpcx
