#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <condition_variable>
#include <mutex>

#include "common/clock/clock.h"
#include "common/httpd/http_server.h"
#include "tests/support/credentials.h"

namespace crosspoint::testing {

// An RSA key and a certificate signed by itself, as an application registers it.
struct ClientKey {
  std::filesystem::path certificate;
  std::filesystem::path key;

  // NAME.pem and NAME-key.pem in `dir`; replaces what is there. `days` negative: expired.
  static ClientKey Make(const std::filesystem::path& dir, const std::string& name, int days = 30);
};

// A token endpoint on loopback (RFC 6749, section 4.4; RFC 7523): checks the client's secret or signed assertion and
// issues RS256 tokens that `Credentials::jwks_file` verifies. HTTPS with a certificate of `keys`. Thread-safe.
class OAuthIssuer {
 public:
  static constexpr std::string_view kScope = "https://mail.corp.example/.default";
  static constexpr std::string_view kAudience = "https://mail.corp.example";

  // Both must outlive the issuer.
  OAuthIssuer(Credentials& keys, const Clock& clock);
  ~OAuthIssuer();

  std::string token_url() const;

  void Register(const std::string& client_id, const std::string& secret);
  void Register(const std::string& client_id, const std::filesystem::path& certificate);
  // Known, but must not get tokens for itself.
  void Forbid(const std::string& client_id);
  void SetLife(std::chrono::seconds life);
  void SetAudience(const std::string& audience);
  // New signing keys; tokens of the old are worth nothing from now on.
  void RotateKeys();

  // The next `count` requests are answered so.
  void Answer(int count, int status, const std::string& body, const std::string& retry_after = "");
  // Requests wait until Release.
  void Hold();
  void Release();
  void Stop();
  void Start();  // on the same port

  int requests() const;
  // The form of the last request, decoded.
  std::map<std::string, std::string> last_form() const;

 private:
  struct Client {
    std::string secret;
    std::filesystem::path certificate;
    bool forbidden = false;
  };
  struct Refusal {
    int status;
    std::string error;
    std::string description;
  };

  void Serve(const HttpRequest& request, HttpResponse& response);
  std::optional<Refusal> Check(const std::map<std::string, std::string>& form);
  // Why the assertion proves nothing; empty when it does.
  std::string CheckAssertion(const std::string& client_id, const Client& client, const std::string& assertion);
  std::string NewToken(const std::string& client_id);
  int64_t Now() const;

  Credentials& keys_;
  const Clock& clock_;
  int port_ = 0;
  mutable std::mutex mu_;
  std::condition_variable released_;
  std::map<std::string, Client> clients_;  // guarded by mu_, as all that follows
  std::chrono::seconds life_{3600};
  std::string audience_{kAudience};
  int scripted_ = 0;
  HttpResponse script_;
  bool held_ = false;
  int requests_ = 0;
  int issued_ = 0;
  std::map<std::string, std::string> last_form_;
  std::set<std::string> seen_assertions_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace crosspoint::testing
