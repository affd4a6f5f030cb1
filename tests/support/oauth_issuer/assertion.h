#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace crosspoint::testing {

struct SignedAssertion {
  nlohmann::json header;
  nlohmann::json claims;
};

// A compact JWS whose header names the certificate in `file` by x5t#S256 and that its key has signed with RS256 or
// PS256; nullopt for any other text.
std::optional<SignedAssertion> VerifyAssertion(std::string_view jwt, const std::filesystem::path& file);

}  // namespace crosspoint::testing
