#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "presence/domain/routing.h"

namespace crosspoint::presence {

// How profiles and rules stand in Redis: JSON with the names of the domain.
std::string EncodeProfile(const RoutingProfile& profile);
std::optional<RoutingProfile> DecodeProfile(std::string_view text);
std::string EncodeRules(const std::vector<RoutingRule>& rules);
std::optional<std::vector<RoutingRule>> DecodeRules(std::string_view text);

}  // namespace crosspoint::presence
