#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/grpcx/principal.h"
#include "common/grpcx/token.h"
#include "common/log/log.h"

namespace crosspoint::config {
class Binder;
}

namespace crosspoint::grpcx {

// Whose tokens are accepted; key prefix "auth".
struct AuthConfig {
  bool off = false;    // every caller may do everything; the server then listens on loopback only, see Guard
  std::string issuer;  // `iss` that tokens must have
  std::string audience = "crosspoint";     // one of the token's `aud` must be this
  std::filesystem::path jwks_file;         // public keys of the issuer; read again when the file changes
  std::string jwks_url;                    // or where to fetch them; exactly one of the two
  std::chrono::seconds jwks_refresh{300};  // at the latest; also when a token names an unknown key, every 10 s at most
  std::chrono::seconds leeway{5};          // by which clocks may differ, for `exp` and `nbf`
  std::chrono::seconds cache_ttl{60};      // how long a verified token is not verified again; never beyond its `exp`
};

void BindConfig(config::Binder& binder, AuthConfig& config);

// Where the issuer's keys come from. Fetch may block; it is called from one background thread, or from a call's thread
// when quick() says that this costs microseconds.
class JwksSource {
 public:
  virtual ~JwksSource() = default;
  // The JSON Web Key Set as text.
  virtual absl::StatusOr<std::string> Fetch() = 0;
  virtual bool quick() const { return false; }
};

// Keys from a file.
std::unique_ptr<JwksSource> FileJwksSource(std::filesystem::path file);
// Keys by a function, e.g. an HTTP GET by the application's own client.
std::unique_ptr<JwksSource> FunctionJwksSource(std::function<absl::StatusOr<std::string>()> fetch);

// Verifies bearer tokens: JWT signed with RS256 or ES256 by a key of the issuer, iss, aud, exp, nbf; claims `sub` (the
// user id), `tenant` and `roles`. Remembers verified ones by SHA-256 for at most cache_ttl, forgets them when the keys
// change. Thread-safe; Verify never waits for the network.
class Authenticator {
 public:
  struct Counters {
    uint64_t cache_hits = 0;
    uint64_t verified = 0;
    uint64_t refused = 0;
    uint64_t key_fetch_errors = 0;
  };

  // Starts reading keys; they need not be there yet. `source` is null only when config.off.
  Authenticator(const AuthConfig& config, std::unique_ptr<JwksSource> source, const Clock& clock, log::Logger& log);
  ~Authenticator();
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;

  // All refusals are kUnauthenticated with reason TOKEN_INVALID (metadata "detail": malformed, algorithm, key,
  // signature, issuer, audience, claims), TOKEN_EXPIRED or TOKEN_NOT_YET_VALID, except:
  //   kUnavailable  KEYS_UNAVAILABLE, no keys could be read yet
  absl::StatusOr<VerifiedToken> Verify(std::string_view token);

  // OK once keys are there: a readiness check.
  absl::Status Ready() const;
  bool off() const;
  Counters counters() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace crosspoint::grpcx
