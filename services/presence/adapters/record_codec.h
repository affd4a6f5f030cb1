#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "presence/domain/presence.h"

namespace crosspoint::presence {

// How records and claims stand in Redis and travel on the bus: fields between '|', times in microseconds since 1970, 0
// for "no end" and "no edge". Written by the scripts of presence_scripts.cc too.
//   record  revision|visible revision|changed|next edge|line|im|class|start|end|state|note
//   claim   class|start|end|revision|state|source|note
std::string EncodeRecord(const PresenceRecord& record);
std::optional<PresenceRecord> DecodeRecord(std::string_view text);
std::optional<Claim> DecodeClaim(std::string id, std::string_view text);

std::string EncodeTime(TimePoint time);  // kOpenEnd: "0"
std::optional<TimePoint> DecodeEnd(std::string_view text);
std::optional<TimePoint> DecodeTime(std::string_view text);

}  // namespace crosspoint::presence
