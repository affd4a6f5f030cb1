#pragma once

namespace zmq {
class socket_t;
}

namespace crosspoint {

// What both ends of the bus set: no waiting at the end, dead connections noticed, short handshakes.
void SetCommonOptions(zmq::socket_t& socket);

inline constexpr int kMaxMessageBytes = 1 << 20;

}  // namespace crosspoint
