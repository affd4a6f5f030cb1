#include "common/zmq/socket_options.h"

#include <zmq.hpp>

namespace crosspoint {

void SetCommonOptions(zmq::socket_t& socket) {
  socket.set(zmq::sockopt::linger, 200);
  socket.set(zmq::sockopt::handshake_ivl, 2000);
  socket.set(zmq::sockopt::heartbeat_ivl, 2000);
  socket.set(zmq::sockopt::heartbeat_timeout, 6000);
  socket.set(zmq::sockopt::maxmsgsize, int64_t{kMaxMessageBytes});
}

}  // namespace crosspoint
