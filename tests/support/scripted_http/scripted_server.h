#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace crosspoint::testing {

struct ReceivedRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  int connection = 0;  // counts from 1
};

// What a handler may do with the connection; every byte of the answer is the test's own.
class ScriptedReply {
 public:
  virtual ~ScriptedReply() = default;
  // False when the client has hung up.
  virtual bool Write(std::string_view bytes) = 0;
  // A whole answer with Content-Length.
  bool Send(int status, std::string_view body, std::string_view extra_headers = "");
  // Hangs up after the handler returns.
  virtual void Close() = 0;
  // Waits until the client hangs up or the server is destroyed.
  virtual void WaitForHangUp() = 0;
};

// A server on a loopback port that answers whatever the test writes, right or wrong. One thread per connection.
class ScriptedServer {
 public:
  using Handler = std::function<void(const ReceivedRequest&, ScriptedReply&)>;
  struct Tls {
    std::string cert_file;
    std::string key_file;
    std::string client_ca_file;  // set: a client certificate signed by it is demanded
    bool old_protocol = false;   // TLS 1.1 at most
  };

  explicit ScriptedServer(Handler handler);
  ScriptedServer(Handler handler, const Tls& tls);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  int port() const { return port_; }
  // On 127.0.0.1.
  std::string Url(std::string_view target = "/") const;
  std::vector<ReceivedRequest> requests() const;
  int connections() const { return connections_; }

 private:
  class Peer;
  void Listen();
  void Accept();
  void Serve(int fd, int number);

  const Handler handler_;
  SSL_CTX* tls_ = nullptr;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  mutable std::mutex mu_;
  std::vector<ReceivedRequest> requests_;  // guarded by mu_
  std::vector<int> open_;                  // guarded by mu_
  std::vector<std::thread> threads_;       // guarded by mu_
  bool stopping_ = false;                  // guarded by mu_
  std::thread acceptor_;
};

}  // namespace crosspoint::testing
