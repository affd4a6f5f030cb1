#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace crosspoint::testing {

// A little public-key world for tests and the demo: an authority, certificates for services and an issuer of tokens.
// Files of `dir`: ca.pem, jwks.json, and NAME.pem and NAME-key.pem per certificate. Stops the process when it cannot.
//
//   auto credentials = Credentials::Create(dir);
//   auto files = credentials.Certificate("directory");          // spiffe://crosspoint/service/directory
//   auto token = credentials.Token("acme", "u42", {"user"});
class Credentials {
 public:
  struct Files {
    std::filesystem::path certificate;
    std::filesystem::path key;
    std::filesystem::path ca;
  };

  enum class Algorithm { kRs256, kEs256 };

  static constexpr std::string_view kIssuer = "https://login.test";
  static constexpr std::string_view kAudience = "crosspoint";

  // Everything a token can say; the rest is for tests of refusals.
  struct Claims {
    std::string tenant;
    std::string user;
    std::vector<std::string> roles = {"user"};
    std::chrono::seconds ttl = std::chrono::hours{1};  // negative: expired already
    std::chrono::seconds not_before{-1};               // from now
    std::string issuer = std::string(kIssuer);
    std::string audience = std::string(kAudience);
    Algorithm algorithm = Algorithm::kEs256;
    std::string key_id;  // empty: that of the key
    std::chrono::system_clock::time_point now = std::chrono::system_clock::now();
  };

  // Makes `dir` when needed. Keys and files there from an earlier run are taken over, so several processes may share
  // them.
  static Credentials Create(const std::filesystem::path& dir);
  ~Credentials();
  Credentials(Credentials&&) noexcept;
  Credentials& operator=(Credentials&&) noexcept;

  std::filesystem::path ca_file() const;
  std::filesystem::path jwks_file() const;

  // A certificate of service `name` for server and client use, valid for localhost, 127.0.0.1, ::1, the service's name
  // and `hosts`; names the service by URI.
  Files Certificate(std::string_view name, const std::vector<std::string>& hosts = {}) const;
  // One with `uri` instead, in files called `name`; no URI at all when empty.
  Files CertificateWithUri(std::string_view name, std::string_view uri) const;
  // For localhost and 127.0.0.1; its time was over an hour ago.
  Files ExpiredCertificate(std::string_view name) const;

  std::string Token(std::string_view tenant, std::string_view user, std::vector<std::string> roles = {"user"},
                    std::chrono::seconds ttl = std::chrono::hours{1}) const;
  std::string Token(const Claims& claims) const;
  // Signs anything: `header` and `payload` are JSON as they shall stand in the token.
  std::string Sign(std::string_view header, std::string_view payload, Algorithm algorithm) const;

  // The key ids in jwks.json.
  std::string key_id(Algorithm algorithm) const;
  // Replaces the issuer's keys by new ones and rewrites jwks.json.
  void RotateKeys();

 private:
  struct State;
  explicit Credentials(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crosspoint::testing
