#pragma once

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"

namespace crosspoint {

// A node's CURVE key pair in Z85, 40 characters each. It is the server key of its PUB and the client key of its SUB
// socket.
struct CurveKeys {
  std::string public_key;
  std::string secret_key;
};

CurveKeys NewCurveKeys();

// The pair whose secret half is the one line of `secret_file`; a fresh pair when the path is empty.
//   kInvalidArgument  the file cannot be read or holds no key
absl::StatusOr<CurveKeys> LoadCurveKeys(const std::filesystem::path& secret_file);

// Z85 of a binary 32-byte key, as ZAP hands it over; empty for any other length.
std::string PublicKeyText(const std::string& binary);

}  // namespace crosspoint
