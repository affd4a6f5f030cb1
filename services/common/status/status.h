#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace crosspoint {

// Why a call was refused, in a form a program may branch on. Travels inside absl::Status and leaves a service as
// google.rpc.ErrorInfo (AIP-193). The reasons are listed in proto/README.md.
struct ErrorInfo {
  std::string reason;  // UPPER_SNAKE_CASE, e.g. "EMAIL_TAKEN"
  std::string domain;  // "<service>.crosspoint", e.g. "directory.crosspoint"
  std::map<std::string, std::string> metadata;

  bool operator==(const ErrorInfo&) const = default;
};

// An error of `code` carrying `info`.
absl::Status ErrorWithInfo(absl::StatusCode code, std::string_view message, const ErrorInfo& info);

// The info a status carries, nullopt when it carries none.
std::optional<ErrorInfo> GetErrorInfo(const absl::Status& status);

// kInvalidArgument that names the offending field: "<field>: <what would be right>", reason INVALID_FIELD, metadata
// {"field": field}.
absl::Status InvalidField(std::string_view field, std::string_view what_would_be_right);

// The same error with "what: " in front of its message; code and payloads stay. OK stays OK.
absl::Status Annotate(const absl::Status& status, std::string_view what);

inline std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

}  // namespace crosspoint

#define CROSSPOINT_STATUS_CONCAT_INNER(a, b) a##b
#define CROSSPOINT_STATUS_CONCAT(a, b) CROSSPOINT_STATUS_CONCAT_INNER(a, b)

#define CROSSPOINT_RETURN_IF_ERROR(expression)                                                               \
  do {                                                                                                       \
    if (absl::Status crosspoint_status_ = (expression); !crosspoint_status_.ok()) return crosspoint_status_; \
  } while (false)

#define CROSSPOINT_ASSIGN_OR_RETURN(declaration, expression) \
  CROSSPOINT_ASSIGN_OR_RETURN_INNER(CROSSPOINT_STATUS_CONCAT(status_or_, __COUNTER__), declaration, expression)
#define CROSSPOINT_ASSIGN_OR_RETURN_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                                              \
  if (!temporary.ok()) return temporary.status();                             \
  declaration = std::move(temporary).value()
