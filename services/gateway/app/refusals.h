#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "gateway/domain/program.h"

namespace crosspoint::gateway {

// An error of this service with a reason of proto/README.md.
absl::Status Refused(absl::StatusCode code, std::string_view reason, std::string_view message);

// kFailedPrecondition PROGRAM_NOT_ALLOWED, metadata program and ability.
absl::Status NotForProgram(ProgramKind program, Ability ability);

// kNotFound SESSION_UNKNOWN.
absl::Status UnknownSession(std::string_view field);

}  // namespace crosspoint::gateway
