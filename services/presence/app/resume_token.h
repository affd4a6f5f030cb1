#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

// How far all watches are marked: what tokens are made of. Fixed once made; thread-safe.
class Standpoint {
 public:
  using Shards = std::bitset<256>;
  using Revisions = std::array<uint64_t, 256>;

  Standpoint(std::string epoch, const Revisions& revisions) : epoch_(std::move(epoch)), revisions_(revisions) {}

  bool Is(const std::string& epoch, const Revisions& revisions) const {
    return epoch == epoch_ && revisions == revisions_;
  }
  // That of a watch with users in `shards`. Many watch the same people, so the last one is kept.
  std::shared_ptr<const std::string> TokenOf(const Shards& shards) const;

 private:
  const std::string epoch_;  // empty while shards pass to a new one, one after another: nothing can be resumed
  const Revisions revisions_;
  mutable std::mutex mu_;
  mutable Shards last_shards_;                             // guarded by mu_
  mutable std::shared_ptr<const std::string> last_token_;  // guarded by mu_; shared with the watches that sent it
};

}  // namespace crosspoint::presence
