#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace crosspoint {

struct HttpServerConfig {
  std::string listen_address = "127.0.0.1";
  int port = 0;               // 0: the kernel chooses, see HttpServer::port()
  std::string tls_cert_file;  // PEM; both or neither
  std::string tls_key_file;
  size_t max_body_bytes = 1 << 20;  // after decompression; beyond it 413
  // Upper bound, started on demand and given back after a few idle seconds. A connection holds a thread while it is
  // open, a streamed response therefore for as long as it lasts: count one thread for each stream.
  int max_threads = 2;
  std::chrono::milliseconds read_timeout{10'000};
  std::chrono::milliseconds write_timeout{10'000};
  std::chrono::seconds keep_alive{2};  // idle connections are closed after this; Stop() may wait as long
};

struct HttpRequest {
  std::string method;
  std::string path;                                 // without the query
  std::multimap<std::string, std::string> query;    // decoded
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string remote_address;
  uint64_t connection = 0;  // the same for all requests of one connection, never used again

  // The first value of header `lower_case_name` or query parameter `name`, empty when absent.
  std::string_view Header(std::string_view lower_case_name) const;
  std::string_view Query(std::string_view name) const;
};

// The open end of a streamed response; belongs to the thread that runs the writer.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // Sends one chunk at once; false when the client has left or the server stops.
  virtual bool Write(std::string_view chunk) = 0;
  // False once the client has left or the server stops. A writer that waits must ask at least every second.
  virtual bool Alive() = 0;
  // Breaks the connection once the writer returns, instead of ending the response; for servers that play broken ones.
  virtual void Break() = 0;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::multimap<std::string, std::string> headers;
  std::string body;
  // When set, it runs after the header is sent and writes the body in chunks, may block, and ends the response by
  // returning.
  std::function<void(HttpStream&)> stream;
  // Breaks the connection after the header instead of answering; for servers that play broken ones.
  bool drop_connection = false;
};

using HttpHandler = std::function<void(const HttpRequest&, HttpResponse&)>;

// Inbound HTTP/1.1, plain or TLS. Routes are added before Start(); handlers run on several threads at a time.
//   HttpServer server({.port = 9100});
//   server.Handle("GET", "/healthz", [](const auto&, auto& response) { response.body = "ok\n"; });
//   CROSSPOINT_RETURN_IF_ERROR(server.Start());
class HttpServer {
 public:
  explicit HttpServer(HttpServerConfig config);
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // An exact path wins over a prefix, a longer prefix over a shorter one. Another method on a known path answers 405,
  // an unknown path 404, an exception out of a handler 500. HEAD is answered by the GET handler.
  void Handle(std::string_view method, std::string_view path, HttpHandler handler);
  void HandlePrefix(std::string_view method, std::string_view prefix, HttpHandler handler);

  //   kInvalidArgument  certificate or key missing, unreadable or not matching
  //   kUnavailable      the address cannot be bound
  absl::Status Start();
  // Accepts nothing new, tells streams to end, and returns when every running request has been answered.
  void Stop();
  int port() const;  // of the bound socket, 0 before Start()
  // TLS handshakes from now on show another certificate; connections that are open go on. Thread-safe.
  //   kInvalidArgument     unreadable or not matching; the former one stays
  //   kFailedPrecondition  the server does not speak TLS
  absl::Status ReplaceCertificate(const std::string& cert_file, const std::string& key_file);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace crosspoint
