#include "tests/support/tcp_gate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace crosspoint::testing {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::abort();
}

// One direction of a connection.
struct Pipe {
  struct Chunk {
    Clock::time_point due;
    std::string bytes;
  };
  static constexpr size_t kMaxQueued = 1 << 20;

  int from = -1;
  int to = -1;
  std::deque<Chunk> queue;
  size_t queued = 0;
  bool ended = false;   // `from` has said its last
  bool passed = false;  // and `to` was told

  // False when the connection broke.
  bool Read(std::chrono::milliseconds delay) {
    std::array<char, 64 << 10> chunk;
    while (!ended && queued < kMaxQueued) {
      const auto got = recv(from, chunk.data(), chunk.size(), 0);
      if (got < 0) return errno == EAGAIN || errno == EINTR;
      if (got == 0) {
        ended = true;
        return true;
      }
      queue.push_back({Clock::now() + delay, std::string(chunk.data(), static_cast<size_t>(got))});
      queued += static_cast<size_t>(got);
    }
    return true;
  }

  bool Write(Clock::time_point now) {
    while (!queue.empty() && queue.front().due <= now) {
      auto& bytes = queue.front().bytes;
      const auto sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      queued -= static_cast<size_t>(sent);
      bytes.erase(0, static_cast<size_t>(sent));
      if (bytes.empty()) queue.pop_front();
    }
    if (ended && queue.empty() && !passed) {
      passed = true;
      shutdown(to, SHUT_WR);
    }
    return true;
  }
};

struct Connection {
  Pipe to_server;
  Pipe to_client;

  void Reset() {
    const linger now{1, 0};
    for (const int fd : {to_server.from, to_server.to}) {
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      close(fd);
    }
  }
};

int DialUpstream(const std::string& upstream) {
  int fd = -1;
  int result = -1;
  if (upstream.starts_with("unix:")) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, upstream.c_str() + 5, sizeof address.sun_path - 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    result = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  } else {
    const auto colon = upstream.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(std::atoi(upstream.c_str() + colon + 1)));
    inet_pton(AF_INET, upstream.substr(0, colon).c_str(), &address.sin_addr);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    result = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (result != 0) {
    close(fd);
    return -1;
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

}  // namespace

class TcpGate::Impl {
 public:
  explicit Impl(std::string upstream) : upstream_(std::move(upstream)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (listener_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 128) != 0 || getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      Die("TcpGate: listen");
    }
    port_ = ntohs(address.sin_port);
    wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (wake_ < 0) Die("TcpGate: eventfd");
    thread_ = std::thread([this] { Run(); });
  }

  ~Impl() {
    Change([](State& state) { state.stop = true; });
    thread_.join();
    for (auto& connection : connections_) connection.Reset();
    close(listener_);
    close(wake_);
  }

  struct State {
    bool stop = false;
    bool sever = false;
    bool cut = false;
    bool hold_to_server = false;
    bool hold_to_client = false;
    std::chrono::milliseconds delay{};
  };

  // Returns when the thread has acted on the change.
  template <class Function>
  void Change(Function change) {
    uint64_t wanted = 0;
    {
      const std::lock_guard lock(mu_);
      change(state_);
      wanted = ++version_;
    }
    const uint64_t one = 1;
    if (write(wake_, &one, sizeof one) < 0) Die("TcpGate: wake");
    for (uint64_t done = acted_.load(); done < wanted; done = acted_.load()) acted_.wait(done);
  }

  int port_ = 0;
  std::atomic<int> accepted_{0};
  std::atomic<int> open_{0};

 private:
  void Run() {
    while (true) {
      uint64_t version = 0;
      State state;
      {
        const std::lock_guard lock(mu_);
        state = state_;
        state_.sever = false;
        version = version_;
      }
      if (state.sever || state.cut) {
        for (auto& connection : connections_) connection.Reset();
        connections_.clear();
        open_ = 0;
      }
      acted_ = version;
      acted_.notify_all();
      if (state.stop) return;
      Accept(state);
      Move(state);
      Wait(state);
    }
  }

  void Accept(const State& state) {
    while (true) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client < 0) return;
      ++accepted_;
      const int server = state.cut ? -1 : DialUpstream(upstream_);
      if (server < 0) {
        const linger now{1, 0};
        setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(client);
        continue;
      }
      const int on = 1;
      setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto& connection = connections_.emplace_back();
      connection.to_server.from = connection.to_client.to = client;
      connection.to_server.to = connection.to_client.from = server;
      ++open_;
    }
  }

  void Move(const State& state) {
    const auto now = Clock::now();
    for (auto entry = connections_.begin(); entry != connections_.end();) {
      bool alive = true;
      if (!state.hold_to_server) alive = entry->to_server.Read(state.delay) && entry->to_server.Write(now);
      if (alive && !state.hold_to_client) alive = entry->to_client.Read(state.delay) && entry->to_client.Write(now);
      if (alive && entry->to_server.passed && entry->to_client.passed) alive = false;
      if (alive) {
        ++entry;
      } else {
        entry->Reset();
        entry = connections_.erase(entry);
        --open_;
      }
    }
  }

  void Wait(const State& state) {
    std::vector<pollfd> waits = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    auto next = Clock::time_point::max();
    const auto now = Clock::now();
    const auto watch = [&](const Pipe& pipe) {
      if (!pipe.ended && pipe.queued < Pipe::kMaxQueued) waits.push_back({pipe.from, POLLIN, 0});
      if (pipe.queue.empty()) return;
      if (pipe.queue.front().due <= now) {
        waits.push_back({pipe.to, POLLOUT, 0});
      } else {
        next = std::min(next, pipe.queue.front().due);
      }
    };
    for (const auto& connection : connections_) {
      if (!state.hold_to_server) watch(connection.to_server);
      if (!state.hold_to_client) watch(connection.to_client);
    }
    int timeout = -1;
    if (next != Clock::time_point::max()) {
      timeout = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(next - now).count());
    }
    poll(waits.data(), waits.size(), timeout);
    uint64_t ignored = 0;
    while (read(wake_, &ignored, sizeof ignored) > 0) {
    }
  }

  const std::string upstream_;
  int listener_ = -1;
  int wake_ = -1;
  std::mutex mu_;
  State state_;           // guarded by mu_
  uint64_t version_ = 0;  // guarded by mu_
  std::atomic<uint64_t> acted_{0};
  std::list<Connection> connections_;  // the thread's
  std::thread thread_;
};

TcpGate::TcpGate(std::string upstream) : impl_(std::make_unique<Impl>(std::move(upstream))) {}
TcpGate::~TcpGate() = default;

std::string TcpGate::address() const { return "127.0.0.1:" + std::to_string(port()); }
int TcpGate::port() const { return impl_->port_; }
int TcpGate::accepted() const { return impl_->accepted_; }
int TcpGate::open() const { return impl_->open_; }

void TcpGate::Sever() {
  impl_->Change([](auto& state) { state.sever = true; });
}

void TcpGate::Cut() {
  impl_->Change([](auto& state) { state.cut = true; });
}

void TcpGate::Hold(Direction direction) {
  impl_->Change([direction](auto& state) {
    if (direction != Direction::kToClient) state.hold_to_server = true;
    if (direction != Direction::kToServer) state.hold_to_client = true;
  });
}

void TcpGate::Delay(std::chrono::milliseconds by) {
  impl_->Change([by](auto& state) { state.delay = by; });
}

void TcpGate::Restore() {
  impl_->Change([](auto& state) {
    state.cut = state.hold_to_server = state.hold_to_client = false;
    state.delay = {};
  });
}

}  // namespace crosspoint::testing
