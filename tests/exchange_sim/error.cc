#include "exchange_sim/error.h"

#include "common/status/status.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {

absl::Status EwsError(std::string_view code, std::string_view text, const std::map<std::string, std::string>& values) {
  return ErrorWithInfo(absl::StatusCode::kInvalidArgument, text, ErrorInfo{std::string(code), "ews", values});
}

absl::Status SchemaError(std::string_view violation) {
  return EwsError("ErrorSchemaValidation", fmt::format("The request failed schema validation: {}", violation),
                  {{"Violation", std::string(violation)}});
}

std::string EwsCode(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : "ErrorInternalServerError";
}

std::map<std::string, std::string> EwsValues(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->metadata : std::map<std::string, std::string>();
}

}  // namespace crosspoint::exchange_sim
