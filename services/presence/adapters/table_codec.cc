#include "presence/adapters/table_codec.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace crosspoint::presence {

using nlohmann::json;

std::string EncodeLook(const StoredTable& stored) {
  auto states = json::array();
  for (const auto& state : stored.table->states()) {
    states.push_back({{"key", state.id.value},
                      {"display_name", state.display_name},
                      {"color", state.color},
                      {"alternative_text", state.alternative_text},
                      {"old_names", state.old_names}});
  }
  return json{{"states", std::move(states)}, {"show_detail", stored.show_detail}}.dump();
}

std::string EncodeTable(const StoredTable& stored) {
  return std::to_string(stored.revision) + "|" + stored.Etag() + "|" + EncodeLook(stored);
}

std::optional<StoredTable> DecodeTable(std::string_view text) {
  const auto first = text.find('|');
  const auto second = first == std::string_view::npos ? first : text.find('|', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  StoredTable stored;
  const auto [end, error] = std::from_chars(text.data(), text.data() + first, stored.revision);
  if (error != std::errc() || end != text.data() + first) return std::nullopt;
  try {
    const auto table = json::parse(text.substr(second + 1));
    std::vector<AvailabilityState> states;
    for (const auto& state : table.at("states")) {
      states.push_back({{state.at("key").get<std::string>()},
                        state.at("display_name").get<std::string>(),
                        state.at("color").get<std::string>(),
                        state.at("alternative_text").get<std::string>(),
                        state.at("old_names").get<std::vector<std::string>>()});
    }
    stored.table = std::make_shared<const AvailabilityTable>(std::move(states));
    stored.show_detail = table.at("show_detail").get<bool>();
  } catch (const json::exception&) {
    return std::nullopt;
  }
  return stored;
}

}  // namespace crosspoint::presence
