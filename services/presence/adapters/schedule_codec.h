#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "presence/domain/schedule.h"

namespace crosspoint::presence {

// As JSON. Decoding what is none, or lacks something: nullopt.
std::string EncodeSchedule(const Schedule& schedule);
std::optional<Schedule> DecodeSchedule(std::string_view text);
std::string EncodeHolidays(const std::vector<Holiday>& holidays);
std::optional<std::vector<Holiday>> DecodeHolidays(std::string_view text);

}  // namespace crosspoint::presence
