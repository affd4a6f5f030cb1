#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace crosspoint::phone {

// A number of the public telephone network.
struct PhoneNumber {
  std::string e164;       // "+493023125001": at most 15 digits after the plus. Source: ITU-T E.164
  std::string extension;  // digits dialled after the call is answered; mostly empty
  bool operator==(const PhoneNumber&) const = default;
};

// Longest text that is looked at, in bytes.
inline constexpr size_t kMaxTypedNumber = 64;

// Whether `region` is a country or area with a numbering plan: two upper-case letters of ISO 3166-1, as "DE".
bool IsRegion(std::string_view region);

// Reads a number as people type and programs store it: with spaces, brackets and dashes, with "+", "00" or the region's
// own international prefix, with letters in place of digits, as a tel: URI (RFC 3966). `region` says how a number
// without a country code is meant; empty takes international numbers alone. Whether anybody has been given the number
// is not asked, only whether the length is possible. Thread-safe, no I/O, no locale.
//   kInvalidArgument  no number, or none that is possible there: an internal extension of three digits, say
absl::StatusOr<PhoneNumber> ParseNumber(std::string_view typed, std::string_view region);

// The digits of `typed`, all scripts as 0 to 9, letters as on a keypad; for comparing what ParseNumber cannot read.
std::string DigitsOf(std::string_view typed);

}  // namespace crosspoint::phone
