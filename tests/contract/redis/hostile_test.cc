#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <string>
#include <thread>

#include "common/redis/client.h"
#include "tests/contract/redis/fixture.h"

namespace crosspoint::testing {
namespace {

// Greets properly, then answers the first command of its first connection with `garbage`; later ones like a Redis that
// knows only +PONG.
class LyingServer {
 public:
  explicit LyingServer(std::string garbage) : garbage_(std::move(garbage)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    config_.address = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    config_.stall_timeout = milliseconds(300);
    thread_ = std::thread([this] { Serve(); });
  }

  ~LyingServer() {
    stop_ = true;
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  const RedisConfig& config() const { return config_; }

 private:
  void Serve() {
    while (!stop_) {
      const int client = accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      Answer(client);
      close(client);
    }
  }

  void Answer(int client) {
    std::array<char, 4096> chunk;
    bool greeted = false;
    while (recv(client, chunk.data(), chunk.size(), 0) > 0) {
      std::string answer = "+PONG\r\n";
      if (!greeted) answer = "+OK\r\n+PONG\r\n";
      if (greeted && !lied_) {
        answer = garbage_;
        lied_ = true;
      }
      greeted = true;
      if (send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
    }
  }

  const std::string garbage_;
  RedisConfig config_;
  int listener_ = -1;
  bool lied_ = false;  // the thread's
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void ExpectDroppedAndRecovered(const std::string& garbage) {
  LyingServer server(garbage);
  RedisClient client(server.config());
  const auto status = client.Call({"PING"}, Soon()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << garbage.substr(0, 40);
  EXPECT_EQ(HappenedOf(status), "unknown");
  EXPECT_OK(client.Call({"PING"}, Soon()).status());
}

TEST(RedisHostileReplies, NotTheProtocol) { ExpectDroppedAndRecovered("HTTP/1.1 400 Bad Request\r\n\r\n"); }

TEST(RedisHostileReplies, NestedTooDeep) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "*1\r\n";
  ExpectDroppedAndRecovered(deep);
}

TEST(RedisHostileReplies, AnnouncedButNeverSent) {
  // Neither is given memory for what it announces; both are dropped for their silence.
  ExpectDroppedAndRecovered("*2000000000\r\n:1\r\n");
  ExpectDroppedAndRecovered("$500000000\r\nabc");
}

TEST(RedisHostileReplies, LengthThatIsNone) {
  ExpectDroppedAndRecovered("$-7\r\n");
  ExpectDroppedAndRecovered("$99999999999999999999\r\n");
  ExpectDroppedAndRecovered("*-7\r\n");
}

TEST(RedisHostileReplies, MoreRepliesThanCommands) {
  LyingServer server("+PONG\r\n+EXTRA\r\n");
  RedisClient client(server.config());
  EXPECT_OK(client.Call({"PING"}, Soon()).status());
  const auto next = client.Call({"PING"}, Soon());
  ASSERT_OK(next.status());
  EXPECT_EQ(next->text(), "PONG") << "the extra reply belongs to nobody";
}

}  // namespace
}  // namespace crosspoint::testing
