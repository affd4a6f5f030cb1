#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/zmq/frame.h"
#include "common/zmq/ports.h"

namespace crosspoint {

struct PeerChanges {
  std::vector<Peer> disconnect;  // to be done first: a peer with a new key is in both lists
  std::vector<Peer> connect;
  size_t ignored = 0;  // entries that cannot be a peer
};

// True for an endpoint and key that ZeroMQ could use; what stands in the directory is not trusted to be well-formed.
bool IsPlausiblePeer(const Peer& peer);

// The peers a node talks to, kept equal to what the directory lists. Not thread-safe.
class PeerBook {
 public:
  // `grace`: how long a peer may be missing from the list before it is dropped, so that a directory that was away for
  // longer than a lease does not part nodes that work.
  PeerBook(std::string self_endpoint, std::chrono::milliseconds grace)
      : self_endpoint_(std::move(self_endpoint)), grace_(grace) {}

  PeerChanges Update(const std::vector<Peer>& listed, SteadyTime now);

  // Whether a peer has this CURVE key (Z85).
  bool HasKey(std::string_view public_key) const;
  size_t size() const { return peers_.size(); }

 private:
  struct Entry {
    std::string public_key;
    SteadyTime listed;
  };

  std::string self_endpoint_;
  std::chrono::milliseconds grace_;
  std::map<std::string, Entry> peers_;  // by endpoint
};

}  // namespace crosspoint
