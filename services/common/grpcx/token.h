#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/grpcx/principal.h"

namespace crosspoint::grpcx {

// Tokens longer than this are refused unread.
inline constexpr size_t kMaxTokenBytes = 8192;

// The public keys of an issuer, by key id. Keys of other kinds than RSA from 2048 bits and EC P-256, keys for
// encryption and keys without id are left out. Immutable; used by all threads.
class KeySet {
 public:
  // Reads a JSON Web Key Set. Source: RFC 7517.
  //   kInvalidArgument  not a key set, or none of its keys is usable
  static absl::StatusOr<std::shared_ptr<const KeySet>> Parse(std::string_view json);
  ~KeySet();
  KeySet(const KeySet&) = delete;
  KeySet& operator=(const KeySet&) = delete;

  size_t size() const;
  bool Has(std::string_view key_id) const;

  struct Key;
  const Key* Find(std::string_view key_id) const;  // nullptr when unknown

 private:
  KeySet();
  struct Keys;
  std::unique_ptr<Keys> keys_;
};

struct TokenRules {
  std::string issuer;
  std::string audience;
  std::chrono::seconds leeway{5};
};

// A token that was found good.
struct VerifiedToken {
  std::shared_ptr<const Principal> principal;  // shared by all calls that present the token
  TimePoint expires;                           // `exp` of the token; it is good for the leeway longer
};

// Why a token is refused: kUnauthenticated, reason TOKEN_INVALID with metadata {"detail": detail}.
absl::Status InvalidToken(std::string_view detail, std::string_view message);

// Checks signature and claims of a JWT; what can go wrong is listed at Authenticator::Verify. `detail` is "key" when
// the token names a key that `keys` lacks. Source: RFC 7515, 7519, 8725.
absl::StatusOr<VerifiedToken> VerifyToken(std::string_view token, const KeySet& keys, const TokenRules& rules,
                                          TimePoint now);

}  // namespace crosspoint::grpcx
