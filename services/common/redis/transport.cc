#include "common/redis/transport.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "common/redis/address.h"
#include "common/redis/tls_transport.h"
#include "common/status/status.h"

namespace crosspoint {
namespace {

absl::Status IoError(std::string_view what, int error) {
  return absl::UnavailableError(fmt::format("{}: {}", what, std::strerror(error)));
}

class PlainTransport final : public RedisTransport {
 public:
  PlainTransport(int fd, bool connecting) : fd_(fd), connecting_(connecting) {}
  ~PlainTransport() override { close(fd_); }

  int fd() const override { return fd_; }

  absl::StatusOr<Progress> Establish() override {
    if (!connecting_) return Progress::kDone;
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return IoError("connect", error);
    sockaddr_storage peer;
    socklen_t peer_size = sizeof peer;
    if (getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0) {
      if (errno == ENOTCONN) return Progress::kWantWrite;
      return IoError("connect", errno);
    }
    connecting_ = false;
    return Progress::kDone;
  }

  absl::StatusOr<size_t> Read(char* into, size_t size) override {
    while (true) {
      const auto got = recv(fd_, into, size, 0);
      if (got > 0) return static_cast<size_t>(got);
      if (got == 0) return absl::UnavailableError("connection closed by Redis");
      if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
      if (errno != EINTR) return IoError("read", errno);
    }
  }

  absl::StatusOr<size_t> Write(std::string_view bytes) override {
    while (true) {
      const auto sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent >= 0) return static_cast<size_t>(sent);
      if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
      if (errno != EINTR) return IoError("write", errno);
    }
  }

 private:
  int fd_;
  bool connecting_;
};

absl::StatusOr<std::unique_ptr<RedisTransport>> Connect(int family, const sockaddr* address, socklen_t size) {
  const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return IoError("socket", errno);
  if (family != AF_UNIX) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  }
  if (connect(fd, address, size) == 0) return std::make_unique<PlainTransport>(fd, false);
  if (errno == EINPROGRESS) return std::make_unique<PlainTransport>(fd, true);
  const auto status = IoError("connect", errno);
  close(fd);
  return status;
}

absl::StatusOr<std::unique_ptr<RedisTransport>> ConnectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());  // ParseRedisAddress has checked the length
  return Connect(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

absl::StatusOr<std::unique_ptr<RedisTransport>> ConnectTcp(const RedisAddress& address, unsigned attempt) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found); error != 0) {
    return absl::UnavailableError(fmt::format("resolve {}: {}", address.host, gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  unsigned count = 0;
  for (const auto* entry = found; entry; entry = entry->ai_next) ++count;
  const auto* chosen = found;
  for (unsigned skip = attempt % count; skip > 0; --skip) chosen = chosen->ai_next;
  return Connect(chosen->ai_family, chosen->ai_addr, chosen->ai_addrlen);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RedisTransport>> DialRedis(const RedisConfig& config, unsigned attempt) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto address, ParseRedisAddress(config.address));
  auto plain = address.unix_path.empty() ? ConnectTcp(address, attempt) : ConnectUnix(address.unix_path);
  if (!plain.ok() || !config.tls.enabled) return plain;
  const auto& name = config.tls.server_name.empty() ? address.host : config.tls.server_name;
  return StartTls(*std::move(plain), config.tls, name);
}

}  // namespace crosspoint
