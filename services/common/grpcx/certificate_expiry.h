#pragma once

#include <filesystem>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"

namespace crosspoint::grpcx {

// When the first certificate in a PEM file ends.
//   kInvalidArgument  the file cannot be read or holds no certificate
absl::StatusOr<TimePoint> CertificateExpiry(const std::filesystem::path& file);

}  // namespace crosspoint::grpcx
