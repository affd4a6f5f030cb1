#include "common/httpd/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace crosspoint {
namespace {

// Speaks bytes, so that broken requests can be sent.
class Wire {
 public:
  explicit Wire(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Wire() { Close(); }
  bool connected() const { return connected_; }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  void Send(const std::string& bytes) { (void)!send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  std::string ReadUntil(const std::string& mark) {
    while (read_.find(mark) == std::string::npos && ReadMore()) {
    }
    return read_;
  }
  std::string ReadAll() {
    while (ReadMore()) {
    }
    return read_;
  }

 private:
  bool ReadMore() {
    char buffer[4096];
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got > 0) read_.append(buffer, static_cast<size_t>(got));
    return got > 0;
  }
  int fd_;
  bool connected_ = false;
  std::string read_;
};

std::string Exchange(int port, const std::string& request) {
  Wire wire(port);
  wire.Send(request);
  return wire.ReadAll();
}

std::string Get(int port, const std::string& target, const std::string& method = "GET") {
  return Exchange(port, method + " " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
}

std::string Post(int port, const std::string& target, const std::string& body) {
  return Exchange(port, "POST " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body);
}

bool HasStatus(const std::string& response, int status) {
  return response.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
}

TEST(HttpServer, LongestRouteAndRightMethodAnswer) {
  HttpServer server(HttpServerConfig{});
  const auto say = [](std::string word) {
    return [word](const HttpRequest&, HttpResponse& response) { response.body = word; };
  };
  server.HandlePrefix("GET", "/a", say("short"));
  server.HandlePrefix("GET", "/a/b", say("long"));
  server.Handle("GET", "/a/b/c", say("exact"));
  ASSERT_TRUE(server.Start().ok());

  EXPECT_TRUE(Get(server.port(), "/a/x").ends_with("short"));
  EXPECT_TRUE(Get(server.port(), "/a/b/x").ends_with("long"));
  EXPECT_TRUE(Get(server.port(), "/a/b/c").ends_with("exact"));
  EXPECT_TRUE(HasStatus(Get(server.port(), "/a", "DELETE"), 405));
  EXPECT_TRUE(HasStatus(Get(server.port(), "/z"), 404));
}

TEST(HttpServer, HandlerSeesBodyHeadersAndQuery) {
  HttpServer server(HttpServerConfig{});
  server.Handle("POST", "/echo", [](const HttpRequest& request, HttpResponse& response) {
    response.headers.emplace("X-Seen", std::string(request.Query("q")));
    response.body = request.body + "/" + std::string(request.Header("host")) + "/" + request.remote_address;
  });
  ASSERT_TRUE(server.Start().ok());

  const std::string response = Post(server.port(), "/echo?q=a%20b", "hello");
  EXPECT_TRUE(response.ends_with("hello/a/127.0.0.1")) << response;
  EXPECT_NE(response.find("X-Seen: a b\r\n"), std::string::npos) << response;
}

TEST(HttpServer, RequestsOfOneConnectionShareItsNumber) {
  HttpServer server({});
  server.Handle("GET", "/", [](const HttpRequest& request, HttpResponse& response) {
    response.body = "<" + std::to_string(request.connection) + ">";
  });
  ASSERT_TRUE(server.Start().ok());
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto two_numbers = [&] {
    Wire wire(server.port());
    wire.Send(get);
    std::string first = wire.ReadUntil(">");
    wire.Send(get);
    const std::string both = wire.ReadUntil(">HTTP") + wire.ReadUntil(">");
    first = first.substr(first.find('<') + 1, first.rfind('>') - first.find('<') - 1);
    const std::string second = both.substr(both.rfind('<') + 1, both.rfind('>') - both.rfind('<') - 1);
    return std::pair(first, second);
  };
  const auto one = two_numbers();
  const auto other = two_numbers();
  EXPECT_EQ(one.first, one.second);
  EXPECT_EQ(other.first, other.second);
  EXPECT_NE(one.first, other.first);
}

TEST(HttpServer, BodyOverTheLimitIsRefusedHoweverItIsSent) {
  HttpServer server(HttpServerConfig{.max_body_bytes = 1000});
  std::atomic<int> calls{0};
  server.Handle("POST", "/", [&calls](const auto&, auto&) { ++calls; });
  ASSERT_TRUE(server.Start().ok());

  EXPECT_TRUE(HasStatus(Post(server.port(), "/", std::string(1001, 'x')), 413));
  const std::string chunked =
      "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" +
      std::string(1024, 'x') + "\r\n0\r\n\r\n";
  EXPECT_TRUE(HasStatus(Exchange(server.port(), chunked), 413));
  EXPECT_EQ(calls, 0);
  EXPECT_TRUE(HasStatus(Post(server.port(), "/", std::string(1000, 'x')), 200));
  EXPECT_EQ(calls, 1);
}

TEST(HttpServer, LongTargetAndFormsAreRefused) {
  HttpServer server(HttpServerConfig{});
  server.HandlePrefix("POST", "/", [](const auto&, auto&) {});
  ASSERT_TRUE(server.Start().ok());

  EXPECT_TRUE(HasStatus(Get(server.port(), "/" + std::string(4000, 'a')), 414));
  EXPECT_TRUE(HasStatus(Exchange(server.port(),
                                 "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n"
                                 "Content-Type: multipart/form-data; boundary=x\r\n\r\n"),
                        415));
}

TEST(HttpServer, ExceptionInHandlerAnswers500AndTheServerLives) {
  HttpServer server(HttpServerConfig{});
  server.Handle("GET", "/throw", [](const auto&, auto&) { throw std::runtime_error("x"); });
  server.Handle("GET", "/ok", [](const auto&, auto& response) { response.body = "ok"; });
  ASSERT_TRUE(server.Start().ok());

  EXPECT_TRUE(HasStatus(Get(server.port(), "/throw"), 500));
  EXPECT_TRUE(HasStatus(Get(server.port(), "/ok"), 200));
}

TEST(HttpServer, StreamChunkArrivesBeforeTheNextIsWritten) {
  std::mutex mu;
  std::condition_variable go_changed;
  bool go = false;
  HttpServer server(HttpServerConfig{});
  server.Handle("GET", "/stream", [&](const HttpRequest&, HttpResponse& response) {
    response.stream = [&](HttpStream& stream) {
      stream.Write("first");
      std::unique_lock lock(mu);
      go_changed.wait(lock, [&] { return go; });
      stream.Write("second");
    };
  });
  ASSERT_TRUE(server.Start().ok());

  Wire wire(server.port());
  wire.Send("GET /stream HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip, br\r\n\r\n");
  EXPECT_NE(wire.ReadUntil("first\r\n").find("Transfer-Encoding: chunked"), std::string::npos);
  {
    std::lock_guard lock(mu);
    go = true;
  }
  go_changed.notify_all();
  EXPECT_NE(wire.ReadUntil("0\r\n\r\n").find("second"), std::string::npos);
}

// Streams that wait for their end, and count how many run.
struct WaitingStreams {
  std::mutex mu;
  std::condition_variable changed;
  int running = 0;

  HttpHandler Handler() {
    return [this](const HttpRequest&, HttpResponse& response) {
      response.stream = [this](HttpStream& stream) {
        Count(1);
        std::unique_lock lock(mu);
        while (changed.wait_for(lock, std::chrono::milliseconds(20)), stream.Alive()) {
        }
        lock.unlock();
        Count(-1);
      };
    };
  }
  void Count(int by) {
    std::lock_guard lock(mu);
    running += by;
    changed.notify_all();
  }
  bool Await(int wanted) {
    std::unique_lock lock(mu);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return running == wanted; });
  }
};

TEST(HttpServer, StreamSeesThatTheClientLeft) {
  WaitingStreams streams;
  HttpServer server(HttpServerConfig{});
  server.Handle("GET", "/stream", streams.Handler());
  ASSERT_TRUE(server.Start().ok());

  Wire wire(server.port());
  wire.Send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(streams.Await(1));
  wire.Close();
  EXPECT_TRUE(streams.Await(0));
}

TEST(HttpServer, HundredStreamsRunAtOnceAndStopEndsThem) {
  WaitingStreams streams;
  HttpServer server(HttpServerConfig{.max_threads = 110});
  server.Handle("GET", "/stream", streams.Handler());
  server.Handle("GET", "/ok", [](const auto&, auto& response) { response.body = "ok"; });
  ASSERT_TRUE(server.Start().ok());

  std::vector<std::unique_ptr<Wire>> wires;
  for (int i = 0; i < 100; ++i) {
    wires.push_back(std::make_unique<Wire>(server.port()));
    wires.back()->Send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  EXPECT_TRUE(streams.Await(100));
  EXPECT_TRUE(HasStatus(Get(server.port(), "/ok"), 200));
  server.Stop();
  EXPECT_TRUE(streams.Await(0));
  EXPECT_TRUE(wires[0]->ReadAll().starts_with("HTTP/1.1 200 "));
  EXPECT_FALSE(Wire(server.port()).connected());
}

TEST(HttpServer, StopAnswersTheRunningRequest) {
  std::atomic<bool> entered{false};
  std::atomic<bool> leave{false};
  HttpServer server(HttpServerConfig{});
  server.Handle("GET", "/slow", [&](const HttpRequest&, HttpResponse& response) {
    entered = true;
    while (!leave) std::this_thread::yield();
    response.body = "done";
  });
  ASSERT_TRUE(server.Start().ok());

  Wire wire(server.port());
  wire.Send("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  while (!entered) std::this_thread::yield();
  std::thread stopper([&server] { server.Stop(); });
  leave = true;
  EXPECT_TRUE(wire.ReadAll().ends_with("done"));
  stopper.join();
}

TEST(HttpServer, DroppedConnectionCarriesNoBody) {
  HttpServer server(HttpServerConfig{});
  server.Handle("GET", "/drop", [](const auto&, auto& response) { response.drop_connection = true; });
  ASSERT_TRUE(server.Start().ok());
  const std::string response = Get(server.port(), "/drop");
  EXPECT_TRUE(response.empty() || response.ends_with("\r\n\r\n")) << response;
}

TEST(HttpServer, BrokenStreamHasNoEnd) {
  HttpServer server(HttpServerConfig{});
  server.Handle("GET", "/break", [](const auto&, auto& response) {
    response.stream = [](HttpStream& out) {
      out.Write("half");
      out.Break();
    };
  });
  ASSERT_TRUE(server.Start().ok());
  EXPECT_TRUE(Get(server.port(), "/break").ends_with("4\r\nhalf\r\n"));  // and not the chunk of no length
}

TEST(HttpServer, WrongTlsFilesAndTakenPortAreToldAtStart) {
  HttpServer half(HttpServerConfig{.tls_cert_file = "/nonexistent.pem"});
  EXPECT_EQ(half.Start().code(), absl::StatusCode::kInvalidArgument);
  HttpServer missing(HttpServerConfig{.tls_cert_file = "/nonexistent.pem", .tls_key_file = "/nonexistent.key"});
  EXPECT_EQ(missing.Start().code(), absl::StatusCode::kInvalidArgument);

  HttpServer first(HttpServerConfig{});
  ASSERT_TRUE(first.Start().ok());
  HttpServer second(HttpServerConfig{.port = first.port()});
  EXPECT_EQ(second.Start().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace crosspoint
