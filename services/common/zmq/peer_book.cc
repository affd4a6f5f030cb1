#include "common/zmq/peer_book.h"

#include <algorithm>

namespace crosspoint {
namespace {

constexpr size_t kMaxEndpoint = 256;
constexpr size_t kKeyLength = 40;
constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
}

}  // namespace

bool IsPlausiblePeer(const Peer& peer) {
  const std::string_view endpoint = peer.endpoint;
  const bool known_transport = endpoint.starts_with("tcp://") || endpoint.starts_with("ipc://");
  return known_transport && endpoint.size() > 6 && endpoint.size() <= kMaxEndpoint && IsPrintable(endpoint) &&
         peer.public_key.size() == kKeyLength && peer.public_key.find_first_not_of(kZ85) == std::string::npos;
}

PeerChanges PeerBook::Update(const std::vector<Peer>& listed, SteadyTime now) {
  PeerChanges changes;
  for (const Peer& peer : listed) {
    if (peer.endpoint == self_endpoint_) continue;
    if (!IsPlausiblePeer(peer)) {
      ++changes.ignored;
      continue;
    }
    const auto it = peers_.find(peer.endpoint);
    if (it != peers_.end() && it->second.public_key != peer.public_key) {
      changes.disconnect.push_back({it->first, it->second.public_key});
    }
    if (it == peers_.end() || it->second.public_key != peer.public_key) changes.connect.push_back(peer);
    peers_.insert_or_assign(peer.endpoint, Entry{.public_key = peer.public_key, .listed = now});
  }
  for (auto it = peers_.begin(); it != peers_.end();) {
    if (now - it->second.listed <= grace_) {
      ++it;
      continue;
    }
    changes.disconnect.push_back({it->first, it->second.public_key});
    it = peers_.erase(it);
  }
  return changes;
}

bool PeerBook::HasKey(std::string_view public_key) const {
  return std::any_of(peers_.begin(), peers_.end(),
                     [&](const auto& peer) { return peer.second.public_key == public_key; });
}

}  // namespace crosspoint
