#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace crosspoint::exchange_sim {

// An EWS response code with its text, carried by absl::Status so that the usual macros work. Out of an operation it
// becomes a response message; out of the dispatcher a SOAP fault.
absl::Status EwsError(std::string_view code, std::string_view text,
                      const std::map<std::string, std::string>& values = {});
absl::Status SchemaError(std::string_view violation);

std::string EwsCode(const absl::Status& status);
std::map<std::string, std::string> EwsValues(const absl::Status& status);

}  // namespace crosspoint::exchange_sim
