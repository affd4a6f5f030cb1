#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "exchange_sim/sim.h"
#include "fmt/format.h"
#include "tests/support/credentials.h"

namespace crosspoint::exchange_sim {
namespace {

namespace fs = std::filesystem;

// Speaks TLS without looking at what the server shows, and tells how it ended.
class Client {
 public:
  Client(int port, const fs::path& trusted) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_load_verify_locations(context_, trusted.c_str(), nullptr);
    bio_ = BIO_new_ssl_connect(context_);
    BIO_set_conn_hostname(bio_, fmt::format("127.0.0.1:{}", port).c_str());
    BIO_do_connect(bio_);
    BIO_get_ssl(bio_, &ssl_);
  }
  ~Client() {
    BIO_free_all(bio_);
    SSL_CTX_free(context_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool trusts_server() const { return SSL_get_verify_result(ssl_) == X509_V_OK; }
  // The status line of the answer.
  std::string Post(std::string_view path, std::string_view body) {
    const std::string request =
        fmt::format("POST {} HTTP/1.1\r\nHost: sim\r\nContent-Length: {}\r\n\r\n{}", path, body.size(), body);
    BIO_write(bio_, request.data(), static_cast<int>(request.size()));
    std::string answer;
    while (!IsWhole(answer)) {
      char buffer[4096];
      const int got = BIO_read(bio_, buffer, sizeof buffer);
      if (got <= 0) break;
      answer.append(buffer, static_cast<size_t>(got));
    }
    return answer.substr(0, answer.find('\r'));
  }

 private:
  static bool IsWhole(const std::string& answer) {
    constexpr std::string_view kLength = "Content-Length: ";
    const size_t end = answer.find("\r\n\r\n");
    const size_t length = answer.find(kLength);
    return end != std::string::npos && length != std::string::npos &&
           answer.size() - end - 4 >= std::stoul(answer.substr(length + kLength.size()));
  }
  SSL_CTX* context_;
  BIO* bio_ = nullptr;
  SSL* ssl_ = nullptr;
};

TEST(Certificate, SwapShowsFromTheNextConnectionAndCanBeTakenBack) {
  const fs::path dir = fs::temp_directory_path() / fmt::format("exchange_sim_tls_{}", getpid());
  const auto ours = testing::Credentials::Create(dir / "ours");
  const auto others = testing::Credentials::Create(dir / "others");
  const auto first = ours.Certificate("sim");
  const auto second = others.Certificate("sim");
  ExchangeSim sim({.tls_cert_file = first.certificate, .tls_key_file = first.key, .people = 1});
  ASSERT_TRUE(sim.Start().ok());
  Client kept(sim.port(), ours.ca_file());
  EXPECT_TRUE(kept.trusts_server());

  const auto swap = [&kept](const auto& files) {
    return kept.Post("/sim/certificate",
                     fmt::format(R"({{"cert": "{}", "key": "{}"}})", files.certificate.string(), files.key.string()));
  };
  EXPECT_EQ(swap(second), "HTTP/1.1 200 OK");
  EXPECT_FALSE(Client(sim.port(), ours.ca_file()).trusts_server());
  EXPECT_EQ(kept.Post("/sim/certificate", "{}"), "HTTP/1.1 400 Bad Request");
  EXPECT_EQ(swap(first), "HTTP/1.1 200 OK");  // the connection from before goes on
  EXPECT_TRUE(Client(sim.port(), ours.ca_file()).trusts_server());
  fs::remove_all(dir);
}

}  // namespace
}  // namespace crosspoint::exchange_sim
