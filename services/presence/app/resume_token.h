#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crosspoint::presence {

// Where a watch stands: of each shard it watches, up to which revision everything was sent. Text for clients, who treat
// it as opaque.
struct ResumeToken {
  std::string epoch;
  std::array<uint64_t, 256> revisions{};  // by shard; 0: not watched, or nothing known to be sent

  bool operator==(const ResumeToken&) const = default;
  std::string Encode() const;
  // nullopt for anything Encode did not make.
  static std::optional<ResumeToken> Decode(std::string_view text);
};

}  // namespace crosspoint::presence
