#include "presence/adapters/schedule_codec.h"

#include <nlohmann/json.hpp>

#include "presence/adapters/json_text.h"

namespace crosspoint::presence {
using nlohmann::json;

std::string EncodeSchedule(const Schedule& schedule) {
  auto entries = json::array();
  for (const auto& entry : schedule.entries) {
    entries.push_back({{"weekday", entry.weekday},
                       {"start", entry.start.count()},
                       {"end", entry.end.count()},
                       {"state", entry.state.value},
                       {"note", entry.note}});
  }
  return json{{"zone", schedule.time_zone}, {"entries", std::move(entries)}}.dump();
}

std::optional<Schedule> DecodeSchedule(std::string_view text) {
  return DecodeJson(text, [](const json& from) {
    Schedule schedule;
    schedule.time_zone = from.at("zone").get<std::string>();
    for (const auto& entry : from.at("entries")) {
      schedule.entries.push_back({entry.at("weekday").get<int>(),
                                  std::chrono::minutes{entry.at("start").get<int>()},
                                  std::chrono::minutes{entry.at("end").get<int>()},
                                  {entry.at("state").get<std::string>()},
                                  entry.at("note").get<std::string>()});
    }
    return schedule;
  });
}

std::string EncodeHolidays(const std::vector<Holiday>& holidays) {
  auto out = json::array();
  for (const auto& holiday : holidays) {
    out.push_back({{"day", std::chrono::sys_days(holiday.date).time_since_epoch().count()},
                   {"name", holiday.name},
                   {"state", holiday.state.value},
                   {"zones", holiday.time_zones}});
  }
  return out.dump();
}

std::optional<std::vector<Holiday>> DecodeHolidays(std::string_view text) {
  return DecodeJson(text, [](const json& from) {
    std::vector<Holiday> holidays;
    for (const auto& holiday : from) {
      holidays.push_back({std::chrono::sys_days{std::chrono::days{holiday.at("day").get<int>()}},
                          holiday.at("name").get<std::string>(),
                          {holiday.at("state").get<std::string>()},
                          holiday.at("zones").get<std::vector<std::string>>()});
    }
    return holidays;
  });
}

}  // namespace crosspoint::presence
