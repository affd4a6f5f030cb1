#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "contact/app/mailbox_ports.h"

namespace crosspoint::contact {

// The stored form of facts: JSON, the same bytes for the same facts; unknown keys are ignored, so that an older replica
// can read what a newer one wrote.
std::string EncodeFacts(const Facts& facts);
//   kDataLoss  not a record
absl::StatusOr<Facts> DecodeFacts(const std::string& record);

// "revision edition created updated source source-id", as the scripts write it beside the facts.
//   kDataLoss  not one
absl::Status DecodeStamp(const std::string& stamp, Contact& contact);

std::string EncodeLink(const Link& link);
//   kDataLoss  not a record
absl::StatusOr<Link> DecodeLink(const std::string& record);

std::string EncodeRefusals(const std::vector<Refusal>& refusals);
std::vector<Refusal> DecodeRefusals(const std::string& record);

}  // namespace crosspoint::contact
