#include "directory/adapters/redis_errors.h"

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

constexpr char kDomain[] = "directory.crosspoint";

}  // namespace

std::string KeyPrefix(const TenantId& tenant) { return "cp:{directory:" + tenant.value + "}:"; }

absl::Status StaleEtag(const std::string& what) {
  return ErrorWithInfo(absl::StatusCode::kAborted, "etag: the " + what + " has changed since; read it again",
                       {.reason = "ETAG_STALE", .domain = kDomain, .metadata = {}});
}

absl::Status RequestIdReused() {
  return ErrorWithInfo(absl::StatusCode::kInvalidArgument,
                       "request_id: was used within 24 hours with other content; a new request needs a new id",
                       {.reason = "REQUEST_ID_REUSED", .domain = "crosspoint", .metadata = {{"field", "request_id"}}});
}

absl::Status TenantUnknown(const TenantId& tenant) {
  return ErrorWithInfo(absl::StatusCode::kNotFound, tenant.Name() + " does not exist",
                       {.reason = "TENANT_UNKNOWN", .domain = kDomain, .metadata = {}});
}

}  // namespace crosspoint::directory
