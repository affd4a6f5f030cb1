#include "common/httpd/http_server.h"

#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <thread>
#include <utility>
#include <vector>

#include "common/httpd/elastic_pool.h"
#include "common/httpd/tls_identity.h"
#include "fmt/format.h"

namespace crosspoint {
namespace {

constexpr size_t kMaxUriBytes = 2048;  // the library's routing recurses once for each character of the path

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string_view FirstValue(const std::multimap<std::string, std::string>& values, std::string_view name) {
  const auto found = values.find(std::string(name));
  return found == values.end() ? std::string_view() : std::string_view(found->second);
}

// The library serves a connection from its first request to its last in one task.
thread_local uint64_t current_connection = 0;

class PooledQueue final : public httplib::TaskQueue {
 public:
  explicit PooledQueue(int max_threads) : pool_(max_threads) {}
  void enqueue(std::function<void()> work) override {
    static std::atomic<uint64_t> connections{0};
    pool_.Enqueue([work = std::move(work), connection = ++connections] {
      current_connection = connection;
      work();
    });
  }
  void shutdown() override { pool_.Drain(); }

 private:
  httpd_internal::ElasticPool pool_;
};

class SinkStream final : public HttpStream {
 public:
  // `tls_fd` is the socket under TLS, else -1.
  SinkStream(httplib::DataSink& sink, const std::atomic<bool>& stopping, int tls_fd)
      : sink_(sink), stopping_(stopping), tls_fd_(tls_fd) {}
  bool Write(std::string_view chunk) override {
    // An empty chunk would end the response.
    if (chunk.empty()) return Alive();
    return Alive() && sink_.write(chunk.data(), chunk.size());
  }
  bool Alive() override { return !stopping_ && !PeerHungUp() && sink_.is_writable(); }
  void Break() override { broken_ = true; }
  bool broken() const { return broken_; }

 private:
  // Under TLS the library takes the unread farewell of a client that left for a sign of life.
  bool PeerHungUp() const {
    pollfd state{tls_fd_, POLLRDHUP, 0};
    return tls_fd_ >= 0 && poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
  }
  httplib::DataSink& sink_;
  const std::atomic<bool>& stopping_;
  const int tls_fd_;
  bool broken_ = false;
};

HttpRequest FromLibrary(const httplib::Request& in) {
  HttpRequest out;
  out.method = in.method;
  out.path = in.path;
  out.query = in.params;
  for (const auto& [name, value] : in.headers) out.headers.emplace(Lower(name), value);
  out.remote_address = in.remote_addr;
  out.connection = current_connection;
  return out;
}

struct Route {
  std::string method;
  std::string path;
  bool is_prefix = false;
  HttpHandler handler;
};

bool MethodFits(const std::string& route, const std::string& method) {
  return route == method || (method == "HEAD" && route == "GET");
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view lower_case_name) const {
  return FirstValue(headers, lower_case_name);
}

std::string_view HttpRequest::Query(std::string_view name) const { return FirstValue(query, name); }

struct HttpServer::Impl {
  explicit Impl(HttpServerConfig c) : config(std::move(c)) {}

  absl::Status MakeServer();
  void ConfigureServer();
  const Route* FindRoute(const HttpRequest& request, bool& path_known) const;
  void Serve(const httplib::Request& in, httplib::Response& out, const httplib::ContentReader* body) const;
  bool ReadBody(const httplib::ContentReader& reader, std::string& body) const;
  void Render(HttpResponse response, int tls_fd, httplib::Response& out) const;

  HttpServerConfig config;
  std::vector<Route> routes;
  httpd_internal::TlsIdentity identity;
  std::unique_ptr<httplib::Server> server;
  std::thread listener;
  std::atomic<bool> stopping{false};
  int listen_fd = -1;  // the library's
  int port = 0;
};

absl::Status HttpServer::Impl::MakeServer() {
  if (config.tls_cert_file.empty() != config.tls_key_file.empty()) {
    return absl::InvalidArgumentError("TLS needs both a certificate and a key file");
  }
  if (config.tls_cert_file.empty()) {
    server = std::make_unique<httplib::Server>();
    return absl::OkStatus();
  }
  if (absl::Status loaded = identity.Load(config.tls_cert_file, config.tls_key_file); !loaded.ok()) return loaded;
  server = std::make_unique<httplib::SSLServer>([this](SSL_CTX& context) {
    identity.Serve(context);
    return SSL_CTX_set_min_proto_version(&context, TLS1_2_VERSION) == 1;
  });
  return server->is_valid() ? absl::OkStatus() : absl::InternalError("cannot set TLS up");
}

void HttpServer::Impl::ConfigureServer() {
  server->new_task_queue = [this] { return new PooledQueue(std::max(1, config.max_threads)); };  // the library deletes
  server->set_payload_max_length(config.max_body_bytes);
  server->set_read_timeout(config.read_timeout);
  server->set_write_timeout(config.write_timeout);
  server->set_keep_alive_timeout(config.keep_alive.count());
  server->set_keep_alive_max_count(1000);
  server->set_tcp_nodelay(true);
  server->set_socket_options([this](socket_t fd) {  // the library's default would let two servers share a port
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    listen_fd = fd;
  });
  server->set_pre_routing_handler([](const httplib::Request& in, httplib::Response& out) {
    // The library would compress streams without ever flushing, so that a chunk waits for the next ones. It offers no
    // other way to say no, and the request behind the reference is its own variable.
    const_cast<httplib::Request&>(in).headers.erase("Accept-Encoding");
    if (in.target.size() > kMaxUriBytes) {
      out.status = 414;
    } else if (in.is_multipart_form_data()) {
      out.status = 415;  // nobody here takes forms, and the library would parse them without a limit
    } else {
      return httplib::Server::HandlerResponse::Unhandled;
    }
    return httplib::Server::HandlerResponse::Handled;
  });
  const auto without_body = [this](const httplib::Request& in, httplib::Response& out) { Serve(in, out, nullptr); };
  const auto with_body = [this](const httplib::Request& in, httplib::Response& out,
                                const httplib::ContentReader& reader) { Serve(in, out, &reader); };
  server->Get("[^]*", without_body);
  server->Options("[^]*", without_body);
  server->Post("[^]*", with_body);
  server->Put("[^]*", with_body);
  server->Patch("[^]*", with_body);
  server->Delete("[^]*", with_body);
}

const Route* HttpServer::Impl::FindRoute(const HttpRequest& request, bool& path_known) const {
  const Route* best = nullptr;
  for (const Route& route : routes) {
    const bool fits = route.is_prefix ? request.path.starts_with(route.path) : request.path == route.path;
    if (!fits) continue;
    path_known = true;
    if (!MethodFits(route.method, request.method)) continue;
    const bool better =
        best == nullptr || (best->is_prefix && (!route.is_prefix || route.path.size() > best->path.size()));
    if (better) best = &route;
  }
  return best;
}

bool HttpServer::Impl::ReadBody(const httplib::ContentReader& reader, std::string& body) const {
  // The library's own limit looks at Content-Length only: not at chunked bodies, nor at what compressed ones unpack to.
  const bool complete = reader([&](const char* data, size_t size) {
    if (body.size() + size > config.max_body_bytes) {
      body.resize(config.max_body_bytes + 1);
      return false;
    }
    body.append(data, size);
    return true;
  });
  return complete;
}

void HttpServer::Impl::Serve(const httplib::Request& in, httplib::Response& out,
                             const httplib::ContentReader* reader) const {
  HttpRequest request = FromLibrary(in);
  HttpResponse response;
  bool path_known = false;
  const Route* route = FindRoute(request, path_known);
  if (reader != nullptr && !ReadBody(*reader, request.body)) {
    const bool too_large = out.status == 413 || request.body.size() > config.max_body_bytes;
    response.status = too_large ? 413 : 400;
  } else if (route == nullptr) {
    response.status = path_known ? 405 : 404;
  } else {
    try {
      route->handler(request, response);
    } catch (const std::exception&) {  // a handler's exception must not end the process
      response = HttpResponse{.status = 500};
    }
  }
  Render(std::move(response), in.ssl == nullptr ? -1 : SSL_get_fd(in.ssl), out);
}

void HttpServer::Impl::Render(HttpResponse response, int tls_fd, httplib::Response& out) const {
  out.status = response.status;
  for (const auto& [name, value] : response.headers) out.set_header(name, value);
  if (response.drop_connection) {
    out.set_content_provider(1, response.content_type, [](size_t, size_t, httplib::DataSink&) { return false; });
    return;
  }
  if (!response.stream) {
    out.set_content(std::move(response.body), response.content_type);
    return;
  }
  out.set_chunked_content_provider(
      response.content_type, [this, tls_fd, writer = std::move(response.stream)](size_t, httplib::DataSink& sink) {
        SinkStream stream(sink, stopping, tls_fd);
        try {
          writer(stream);
        } catch (const std::exception&) {
          return false;
        }
        if (stream.broken()) return false;
        sink.done();
        return true;
      });
}

HttpServer::HttpServer(HttpServerConfig config) : impl_(std::make_unique<Impl>(std::move(config))) {}

HttpServer::~HttpServer() { Stop(); }

void HttpServer::Handle(std::string_view method, std::string_view path, HttpHandler handler) {
  impl_->routes.push_back({std::string(method), std::string(path), false, std::move(handler)});
}

void HttpServer::HandlePrefix(std::string_view method, std::string_view prefix, HttpHandler handler) {
  impl_->routes.push_back({std::string(method), std::string(prefix), true, std::move(handler)});
}

absl::Status HttpServer::Start() {
  const HttpServerConfig& config = impl_->config;
  if (absl::Status made = impl_->MakeServer(); !made.ok()) return made;
  impl_->ConfigureServer();
  const int port = config.port == 0 ? impl_->server->bind_to_any_port(config.listen_address)
                   : impl_->server->bind_to_port(config.listen_address, config.port) ? config.port
                                                                                     : -1;
  if (port <= 0) {
    return absl::UnavailableError(fmt::format("cannot listen on {}:{}", config.listen_address, config.port));
  }
  impl_->port = port;
  listen(impl_->listen_fd, SOMAXCONN);  // the library asks for a backlog of 5, and a burst would wait for SYN retries
  impl_->stopping = false;
  impl_->listener = std::thread([this] { impl_->server->listen_after_bind(); });
  // The library ignores a stop() that comes before its accept loop runs.
  while (!impl_->server->is_running()) std::this_thread::yield();
  return absl::OkStatus();
}

void HttpServer::Stop() {
  impl_->stopping = true;
  if (impl_->server != nullptr && impl_->listener.joinable()) {
    impl_->server->stop();
    impl_->listener.join();
  }
}

int HttpServer::port() const { return impl_->port; }

absl::Status HttpServer::ReplaceCertificate(const std::string& cert_file, const std::string& key_file) {
  if (impl_->config.tls_cert_file.empty()) return absl::FailedPreconditionError("the server does not speak TLS");
  return impl_->identity.Load(cert_file, key_file);
}

}  // namespace crosspoint
