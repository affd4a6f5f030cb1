#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace crosspoint::presence {

// Where a watch stands: of each shard it watches, up to which revision everything was sent. Text for clients, who treat
// it as opaque.
struct ResumeToken {
  std::string epoch;
  std::map<uint8_t, uint64_t> revisions;  // by shard; 0 means nothing of it

  bool operator==(const ResumeToken&) const = default;
  std::string Encode() const;
  // nullopt for anything Encode did not make.
  static std::optional<ResumeToken> Decode(std::string_view text);
};

}  // namespace crosspoint::presence
