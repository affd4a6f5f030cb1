#pragma once

#include <string>

namespace crosspoint::bench {

// The floor: what ZeroMQ and gRPC give by themselves, in the layout of ours. Each runs in a process of its own until
// its input closes; files of `folder`: the credentials and what a message is made of.

// The shape of a message: what ours sends for one user, split where the next user's state would come.
struct MessageShape {
  std::string presence;  // field `presences` of WatchPresenceResponse with the mark 0 in it
  std::string rest;      // what follows: the resume token
};
void Save(const MessageShape& shape, const std::string& folder);

// Takes SetAvailability, answers at once and publishes the message's state with the mark of the request. Prints its
// port, ZeroMQ endpoint and CURVE key.
int ServeFloorPublisher(const std::string& folder);

// Subscribes to `endpoint` and writes what comes to all WatchPresence streams, serialised once: on a completion queue
// with threads of its own, the fastest style gRPC has on the server. With several states waiting they go in one
// message. Prints its port.
int ServeFloorStreams(const std::string& folder, const std::string& endpoint, const std::string& public_key);

}  // namespace crosspoint::bench
