#pragma once

#include <string>
#include <string_view>

namespace crosspoint::ctl {

// What a token says of its bearer. Not verified: the server does that; here it only saves typing.
struct TokenClaims {
  std::string tenant;
  std::string user;
};

// Empty fields when `token` is no JWT or does not say.
TokenClaims ReadTokenClaims(std::string_view token);

}  // namespace crosspoint::ctl
