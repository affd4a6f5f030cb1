#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "directory/domain/person.h"

namespace crosspoint::directory {

// The stored form of an entry of the corporate list: JSON; unknown keys are ignored.
std::string EncodeEntry(const CorporateEntry& entry);
//   kDataLoss  not a record
absl::StatusOr<CorporateEntry> DecodeEntry(const std::string& record);

}  // namespace crosspoint::directory
