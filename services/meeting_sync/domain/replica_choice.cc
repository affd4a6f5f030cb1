#include "meeting_sync/domain/replica_choice.h"

#include <cstdint>
#include <tuple>

namespace crosspoint::meeting_sync {
namespace {

// FNV-1a with a final mix, because FNV alone spreads badly over values that differ in their last bytes only.
uint64_t Weight(const std::string& user, const std::string& replica) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  };
  add(replica);
  add("\n");
  add(user);
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdULL;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return hash ^ (hash >> 33);
}

}  // namespace

std::string ChooseReplica(const UserId& user, std::span<const std::string> replicas) {
  const std::string* best = nullptr;
  uint64_t best_weight = 0;
  const auto name = user.Name();
  for (const auto& replica : replicas) {
    const auto weight = Weight(name, replica);
    if (best == nullptr || std::tie(weight, replica) > std::tie(best_weight, *best)) {
      best = &replica;
      best_weight = weight;
    }
  }
  return best == nullptr ? std::string() : *best;
}

}  // namespace crosspoint::meeting_sync
