#pragma once

#include <string>

#include "absl/status/status.h"

namespace crosspoint::ctl {

// What the program ends with; documented in README.md, so never renumbered.
enum class ExitCode {
  kOk = 0,
  kFailed = 1,       // refused, not found, or failed
  kUsage = 2,        // wrong arguments, files or settings: nothing was asked of the server
  kUnreachable = 3,  // no answer, or the server says that it cannot now: the same again may work
  kNotAllowed = 4,   // credentials missing, expired, or not enough
  kPartly = 5,       // some of it was done; the same again does the rest
};

// Wrong use found by the program itself.
absl::Status UsageError(std::string_view message);
// Part of the work was done.
absl::Status PartlyDone(std::string_view message);

ExitCode ExitCodeOf(const absl::Status& status);

// For people: what went wrong and, on a line of its own, what to do about it. `server` is what was asked.
std::string Explain(const absl::Status& status, const std::string& server);

}  // namespace crosspoint::ctl
