#include "tests/support/scripted_http/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <optional>
#include <stdexcept>

namespace crosspoint::testing {

// One accepted connection, plain or TLS.
class ScriptedServer::Peer final : public ScriptedReply {
 public:
  Peer(int fd, SSL_CTX* tls) : fd_(fd) {
    if (tls == nullptr) return;
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, fd);
    closed_ = SSL_accept(ssl_) != 1;
  }
  ~Peer() override {
    if (ssl_ == nullptr) return;
    // TLS has a farewell of its own, which is what a client finds on a connection it kept.
    if (closed_ && SSL_is_init_finished(ssl_) == 1) SSL_shutdown(ssl_);
    SSL_free(ssl_);
  }

  bool Write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto done = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                        : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (done <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(done));
    }
    return true;
  }
  void Close() override { closed_ = true; }
  void WaitForHangUp() override {
    while (Fill()) {
    }
    closed_ = true;
  }
  bool closed() const { return closed_; }

  std::optional<ReceivedRequest> Read() {
    size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!Fill()) return std::nullopt;
    }
    ReceivedRequest request = ParseHead(buffer_.substr(0, end));
    buffer_.erase(0, end + 4);
    const auto length = request.headers.find("content-length");
    const size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
    while (buffer_.size() < size) {
      if (!Fill()) return std::nullopt;
    }
    request.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return request;
  }

 private:
  bool Fill() {
    char bytes[4096];
    const auto got = ssl_ != nullptr ? SSL_read(ssl_, bytes, sizeof bytes) : recv(fd_, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<size_t>(got));
    return true;
  }
  static ReceivedRequest ParseHead(const std::string& head) {
    ReceivedRequest request;
    const size_t first = head.find(' ');
    const size_t second = head.find(' ', first + 1);
    request.method = head.substr(0, first);
    request.target = head.substr(first + 1, second - first - 1);
    for (size_t at = head.find("\r\n"); at != std::string::npos;) {
      const size_t next = head.find("\r\n", at + 2);
      const std::string line = head.substr(at + 2, next == std::string::npos ? next : next - at - 2);
      const size_t colon = line.find(':');
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      if (colon != std::string::npos) request.headers[name] = line.substr(std::min(line.size(), colon + 2));
      at = next;
    }
    return request;
  }

  const int fd_;
  SSL* ssl_ = nullptr;
  bool closed_ = false;
  std::string buffer_;
};

bool ScriptedReply::Send(int status, std::string_view body, std::string_view extra_headers) {
  std::string answer =
      "HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  answer.append(extra_headers).append("\r\n").append(body);
  return Write(answer);
}

ScriptedServer::ScriptedServer(Handler handler) : handler_(std::move(handler)) { Listen(); }

ScriptedServer::ScriptedServer(Handler handler, const Tls& tls) : handler_(std::move(handler)) {
  tls_ = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(tls_, tls.cert_file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls_, tls.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("cannot load the server certificate");
  }
  if (tls.old_protocol) {
    SSL_CTX_set_min_proto_version(tls_, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(tls_, TLS1_1_VERSION);
    SSL_CTX_set_security_level(tls_, 0);
  }
  if (!tls.client_ca_file.empty()) {
    SSL_CTX_load_verify_locations(tls_, tls.client_ca_file.c_str(), nullptr);
    SSL_CTX_set_verify(tls_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  Listen();
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  for (auto& thread : threads_) thread.join();
  SSL_CTX_free(tls_);
}

void ScriptedServer::Listen() {
  std::signal(SIGPIPE, SIG_IGN);
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 64) != 0) {
    throw std::runtime_error("cannot listen");
  }
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

void ScriptedServer::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mu_);
    if (stopping_) {
      close(fd);
      return;
    }
    open_.push_back(fd);
    threads_.emplace_back([this, fd, number = ++connections_] { Serve(fd, number); });
  }
}

void ScriptedServer::Serve(int fd, int number) {
  {
    Peer peer(fd, tls_);
    while (!peer.closed()) {
      auto request = peer.Read();
      if (!request) break;
      request->connection = number;
      {
        const std::lock_guard lock(mu_);
        requests_.push_back(*request);
      }
      handler_(*request, peer);
    }
  }
  const std::lock_guard lock(mu_);
  open_.erase(std::find(open_.begin(), open_.end(), fd));
  close(fd);
}

std::string ScriptedServer::Url(std::string_view target) const {
  return (tls_ != nullptr ? "https" : "http") + std::string("://127.0.0.1:") + std::to_string(port_) +
         std::string(target);
}

std::vector<ReceivedRequest> ScriptedServer::requests() const {
  const std::lock_guard lock(mu_);
  return requests_;
}

}  // namespace crosspoint::testing
