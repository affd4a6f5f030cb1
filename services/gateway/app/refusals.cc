#include "gateway/app/refusals.h"

#include <fmt/format.h>

#include "common/status/status.h"
#include "gateway/app/ports.h"

namespace crosspoint::gateway {

absl::Status Refused(absl::StatusCode code, std::string_view reason, std::string_view message) {
  return ErrorWithInfo(code, message, {.reason = std::string(reason), .domain = kDomain, .metadata = {}});
}

absl::Status NotForProgram(ProgramKind program, Ability ability) {
  return ErrorWithInfo(
      absl::StatusCode::kFailedPrecondition,
      fmt::format("{} is not for programs of kind {}", NameOf(ability), NameOf(program)),
      {.reason = "PROGRAM_NOT_ALLOWED",
       .domain = kDomain,
       .metadata = {{"program", std::string(NameOf(program))}, {"ability", std::string(NameOf(ability))}}});
}

absl::Status UnknownSession(std::string_view field) {
  return ErrorWithInfo(absl::StatusCode::kNotFound, fmt::format("{}: no live session of the caller", field),
                       {.reason = "SESSION_UNKNOWN", .domain = kDomain, .metadata = {{"field", std::string(field)}}});
}

}  // namespace crosspoint::gateway
