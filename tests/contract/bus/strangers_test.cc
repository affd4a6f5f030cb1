// Who is not registered can neither read nor be read.
#include <gtest/gtest.h>

#include <string>
#include <zmq.hpp>

#include "common/zmq/codec.h"
#include "common/zmq/curve_keys.h"
#include "tests/contract/bus/harness.h"

namespace crosspoint::bus_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A bare reader that knows where the node is and even its public key.
class Reader {
 public:
  Reader(const Peer& node, const CurveKeys* keys) : socket_(context_, zmq::socket_type::sub) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::reconnect_ivl, 20);
    socket_.set(zmq::sockopt::handshake_ivl, 200);  // a refusal shows as silence
    socket_.set(zmq::sockopt::subscribe, "");
    if (keys != nullptr) {
      socket_.set(zmq::sockopt::curve_publickey, keys->public_key);
      socket_.set(zmq::sockopt::curve_secretkey, keys->secret_key);
      socket_.set(zmq::sockopt::curve_serverkey, node.public_key);
    }
    socket_.connect(node.endpoint);
  }

  bool Hears(milliseconds patience) {
    socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(patience.count()));
    zmq::message_t message;
    return socket_.recv(message).has_value();
  }

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

TEST_F(BusTest, ReaderWithAnUnregisteredKeyIsRefusedUntilItRegisters) {
  auto a = Join();
  const CurveKeys keys = NewCurveKeys();
  Reader reader(a->node.self(), &keys);
  ASSERT_TRUE(Eventually([&] { return a->node.Stats().refused_clients > 2; }));
  EXPECT_FALSE(reader.Hears(milliseconds(300))) << "heartbeats go out ten times a second";
  ASSERT_TRUE(fake_peers.Register("test", {"tcp://127.0.0.1:9", keys.public_key}, seconds(5)).ok());
  EXPECT_TRUE(reader.Hears(seconds(10)));
}

TEST_F(BusTest, ReaderRegisteredOnAnotherChannelIsRefused) {
  auto a = Join();
  const CurveKeys keys = NewCurveKeys();
  ASSERT_TRUE(fake_peers.Register("other", {"tcp://127.0.0.1:9", keys.public_key}, seconds(5)).ok());
  Reader reader(a->node.self(), &keys);
  ASSERT_TRUE(Eventually([&] { return a->node.Stats().refused_clients > 2; }));
  EXPECT_FALSE(reader.Hears(milliseconds(300)));
}

TEST_F(BusTest, ReaderWithoutCurveHearsNothing) {
  auto a = Join();
  Reader reader(a->node.self(), nullptr);
  ASSERT_TRUE(Eventually([&] { return a->node.Stats().heartbeats_sent > 5; }));
  EXPECT_FALSE(reader.Hears(milliseconds(300)));
}

// Takes the address of a node that is gone but still registered, with a key of its own.
TEST_F(BusTest, ImpostorAtThePlaceOfAPeerIsNotHeard) {
  config.lease = seconds(30);
  auto a = Join(), b = Join();
  ExpectMeshed({a.get(), b.get()});
  const Peer place = b->node.self();
  fake_peers.SetAway(true);  // b cannot sign off, as if it were killed
  b.reset();
  fake_peers.SetAway(false);

  zmq::context_t context;
  zmq::socket_t impostor(context, zmq::socket_type::pub);
  const CurveKeys keys = NewCurveKeys();
  impostor.set(zmq::sockopt::linger, 0);
  impostor.set(zmq::sockopt::curve_server, true);
  impostor.set(zmq::sockopt::curve_secretkey, keys.secret_key);
  ASSERT_TRUE(Eventually([&] {
    try {
      impostor.bind(place.endpoint);
      return true;
    } catch (const zmq::error_t&) {
      return false;  // the port is not free yet
    }
  }));
  BusFrame forged = store.Write("user", "true");
  forged.payload = "forged";
  const std::string message = EncodeFrame("test", forged);
  const auto received = a->node.Stats().received;
  const auto end = std::chrono::steady_clock::now() + seconds(3);  // beyond the longest pause before connecting again
  while (std::chrono::steady_clock::now() < end) {
    impostor.send(zmq::buffer(message));
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(a->node.Stats().received, received);
  impostor.close();

  BusConfig same_place = config;
  same_place.bind = place.endpoint;
  ASSERT_TRUE(Eventually([&] {
    b = std::make_unique<Member>(same_place, fake_peers, &store, log);
    return b->node.Start().ok();
  }));
  ExpectMeshed({a.get(), b.get()});
  EXPECT_EQ(a->replica.All().at("user"), "true");
}

}  // namespace
}  // namespace crosspoint::bus_test
