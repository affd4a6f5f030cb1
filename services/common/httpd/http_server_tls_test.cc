#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>

#include "common/httpd/http_server.h"
#include "tests/support/credentials.h"

namespace crosspoint {
namespace {

// A TLS client of its own that trusts one authority.
class TlsWire {
 public:
  TlsWire(int port, const std::filesystem::path& ca, int max_version = 0) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_load_verify_locations(context_, ca.c_str(), nullptr);
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_security_level(context_, 0);  // lets the test offer versions that are too old
    if (max_version != 0) SSL_CTX_set_max_proto_version(context_, max_version);
    bio_ = BIO_new_ssl_connect(context_);
    BIO_set_conn_hostname(bio_, ("127.0.0.1:" + std::to_string(port)).c_str());
    connected_ = BIO_do_connect(bio_) == 1;
  }
  ~TlsWire() {
    BIO_free_all(bio_);
    SSL_CTX_free(context_);
  }
  TlsWire(const TlsWire&) = delete;
  TlsWire& operator=(const TlsWire&) = delete;

  bool connected() const { return connected_; }
  void Send(const std::string& bytes) { BIO_write(bio_, bytes.data(), static_cast<int>(bytes.size())); }
  std::string ReadUntil(const std::string& mark) {
    std::string read;
    char buffer[4096];
    while (read.find(mark) == std::string::npos) {
      const int got = BIO_read(bio_, buffer, sizeof buffer);
      if (got <= 0) break;
      read.append(buffer, static_cast<size_t>(got));
    }
    return read;
  }

 private:
  SSL_CTX* context_;
  BIO* bio_ = nullptr;
  bool connected_ = false;
};

class HttpServerTls : public ::testing::Test {
 protected:
  HttpServerTls()
      : dir_(std::filesystem::temp_directory_path() / ("httpd_tls_" + std::to_string(getpid()))),
        credentials_(testing::Credentials::Create(dir_)) {}
  ~HttpServerTls() override { std::filesystem::remove_all(dir_); }
  HttpServerConfig Config() {
    const auto files = credentials_.Certificate("web");
    return {.tls_cert_file = files.certificate, .tls_key_file = files.key};
  }

  std::filesystem::path dir_;
  testing::Credentials credentials_;
};

TEST_F(HttpServerTls, AnswersClientsThatTrustItsAuthority) {
  HttpServer server(Config());
  server.Handle("GET", "/", [](const auto&, auto& response) { response.body = "hello"; });
  ASSERT_TRUE(server.Start().ok());
  TlsWire wire(server.port(), credentials_.ca_file());
  ASSERT_TRUE(wire.connected());
  wire.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(wire.ReadUntil("hello").ends_with("hello"));
}

TEST_F(HttpServerTls, OldVersionsAreRefused) {
  HttpServer server(Config());
  ASSERT_TRUE(server.Start().ok());
  EXPECT_FALSE(TlsWire(server.port(), credentials_.ca_file(), TLS1_1_VERSION).connected());
  EXPECT_TRUE(TlsWire(server.port(), credentials_.ca_file(), TLS1_2_VERSION).connected());
}

TEST_F(HttpServerTls, KeyOfAnotherCertificateIsToldAtStart) {
  HttpServerConfig config = Config();
  config.tls_key_file = credentials_.Certificate("other").key;
  EXPECT_EQ(HttpServer(config).Start().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(HttpServerTls, StreamSendsAtOnceAndSeesThatTheClientLeft) {
  std::mutex mu;
  std::condition_variable changed;
  bool ended = false;
  HttpServer server(Config());
  server.Handle("GET", "/", [&](const HttpRequest&, HttpResponse& response) {
    response.stream = [&](HttpStream& stream) {
      stream.Write("first");
      std::unique_lock lock(mu);
      while (stream.Alive()) changed.wait_for(lock, std::chrono::milliseconds(20));
      ended = true;
      changed.notify_all();
    };
  });
  ASSERT_TRUE(server.Start().ok());
  {
    TlsWire wire(server.port(), credentials_.ca_file());
    wire.Send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(wire.ReadUntil("first").find("first"), std::string::npos);
  }
  std::unique_lock lock(mu);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return ended; }));
}

TEST_F(HttpServerTls, ReplacedCertificateIsShownFromTheNextHandshakeOn) {
  HttpServer server(Config());
  ASSERT_TRUE(server.Start().ok());
  const auto elsewhere = testing::Credentials::Create(dir_ / "elsewhere");
  const auto other = elsewhere.Certificate("web");
  EXPECT_TRUE(TlsWire(server.port(), credentials_.ca_file()).connected());

  ASSERT_TRUE(server.ReplaceCertificate(other.certificate, other.key).ok());
  EXPECT_FALSE(TlsWire(server.port(), credentials_.ca_file()).connected());
  EXPECT_TRUE(TlsWire(server.port(), elsewhere.ca_file()).connected());

  EXPECT_EQ(server.ReplaceCertificate(other.certificate, Config().tls_key_file).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(TlsWire(server.port(), elsewhere.ca_file()).connected());
  EXPECT_EQ(HttpServer(HttpServerConfig{}).ReplaceCertificate(other.certificate, other.key).code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace crosspoint
