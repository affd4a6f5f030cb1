#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

namespace crosspoint::presence {

// What `read` makes of stored JSON; nullopt for text that is none, or that lacks what is read.
template <class Read>
auto DecodeJson(std::string_view text, Read read) -> std::optional<decltype(read(nlohmann::json()))> {
  try {
    return read(nlohmann::json::parse(text));
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace crosspoint::presence
