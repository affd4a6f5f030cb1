#include "common/grpcx/auth.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "common/status/status.h"
#include "tests/support/credentials.h"

namespace crosspoint::grpcx {
namespace {

using std::chrono::seconds;
using testing::Credentials;

class Auth : public ::testing::Test {
 protected:
  Auth() {
    char name[] = "/tmp/crosspoint-auth-XXXXXX";
    if (mkdtemp(name) == nullptr) std::abort();
    folder_ = name;
    credentials_ = std::make_unique<Credentials>(Credentials::Create(folder_));
    clock_.Set(std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()));
    config_.issuer = Credentials::kIssuer;
  }
  ~Auth() override { std::filesystem::remove_all(folder_); }

  std::string Jwks() const {
    std::ostringstream text;
    text << std::ifstream(credentials_->jwks_file()).rdbuf();
    return text.str();
  }
  static std::string Reason(const absl::StatusOr<VerifiedToken>& result) {
    const auto info = GetErrorInfo(result.status());
    return info ? info->reason : std::string(absl::StatusCodeToString(result.status().code()));
  }
  // Repeats until the background thread has caught up.
  template <class Condition>
  static bool Eventually(Condition condition) {
    for (int i = 0; i < 2000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  std::filesystem::path folder_;
  std::unique_ptr<Credentials> credentials_;
  FakeClock clock_;
  log::Logger log_{"auth-test", log::Level::kError};
  AuthConfig config_;
};

TEST_F(Auth, WithoutKeysCallersAreToldToRetryUntilKeysCome) {
  std::atomic<bool> up{false};
  Authenticator authenticator(config_, FunctionJwksSource([&]() -> absl::StatusOr<std::string> {
                                if (up) return Jwks();
                                return absl::UnavailableError("connection refused");
                              }),
                              clock_, log_);
  const auto token = credentials_->Token("acme", "u42");
  EXPECT_EQ(Reason(authenticator.Verify(token)), "KEYS_UNAVAILABLE");
  EXPECT_EQ(authenticator.Ready().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(Eventually([&] { return authenticator.counters().key_fetch_errors == 1; }));
  up = true;
  EXPECT_TRUE(Eventually([&] { return authenticator.Ready().ok(); }));
  EXPECT_TRUE(authenticator.Verify(token).ok());
}

TEST_F(Auth, AnUnknownKeyMakesTheIssuerBeAskedOnce) {
  std::atomic<int> fetches{0};
  Authenticator authenticator(config_, FunctionJwksSource([&]() -> absl::StatusOr<std::string> {
                                ++fetches;
                                return Jwks();
                              }),
                              clock_, log_);
  ASSERT_TRUE(Eventually([&] { return authenticator.Ready().ok() && fetches == 1; }));
  credentials_->RotateKeys();
  const auto token = credentials_->Token("acme", "u42");
  EXPECT_EQ(Reason(authenticator.Verify(token)), "KEYS_UNAVAILABLE") << "asked, the answer is on its way";
  EXPECT_TRUE(Eventually([&] { return authenticator.Verify(token).ok(); }));
  EXPECT_EQ(fetches, 2);
  // A stranger cannot make us ask again and again.
  Credentials::Claims claims{.tenant = "acme", .user = "u42"};
  for (int i = 0; i < 50; ++i) {
    claims.key_id = "made-up-" + std::to_string(i);
    EXPECT_EQ(Reason(authenticator.Verify(credentials_->Token(claims))), "TOKEN_INVALID");
  }
  EXPECT_EQ(fetches, 2);
}

TEST_F(Auth, OldKeysStayWhileTheIssuerIsAway) {
  Authenticator authenticator(config_, FileJwksSource(credentials_->jwks_file()), clock_, log_);
  const auto token = credentials_->Token("acme", "u42");
  std::filesystem::rename(credentials_->jwks_file(), folder_ / "gone.json");
  clock_.Advance(seconds(61));  // past the cache
  EXPECT_TRUE(authenticator.Verify(token).ok());
  std::ofstream(credentials_->jwks_file()) << "{ half of a fi";
  Credentials::Claims claims{.tenant = "acme", .user = "u42"};
  claims.key_id = "other";
  EXPECT_EQ(Reason(authenticator.Verify(credentials_->Token(claims))), "TOKEN_INVALID");
  clock_.Advance(seconds(61));
  EXPECT_TRUE(authenticator.Verify(token).ok());
}

TEST_F(Auth, RemembersATokenUntilTheMinuteIsOverAndNeverBeyondItsEnd) {
  Authenticator authenticator(config_, FileJwksSource(credentials_->jwks_file()), clock_, log_);
  const auto token = credentials_->Token("acme", "u42", {"user"}, seconds(90));
  EXPECT_TRUE(authenticator.Verify(token).ok());
  clock_.Advance(seconds(59));
  EXPECT_TRUE(authenticator.Verify(token).ok());
  EXPECT_EQ(authenticator.counters().cache_hits, 1u);
  clock_.Advance(seconds(2));
  EXPECT_TRUE(authenticator.Verify(token).ok());
  EXPECT_EQ(authenticator.counters().cache_hits, 1u);
  clock_.Advance(seconds(35));  // 96 s: the second minute is not over, the token is
  EXPECT_EQ(Reason(authenticator.Verify(token)), "TOKEN_EXPIRED");
}

TEST_F(Auth, AClockSetBackDoesNotKeepATokenLonger) {
  Authenticator authenticator(config_, FileJwksSource(credentials_->jwks_file()), clock_, log_);
  const auto token = credentials_->Token("acme", "u42");
  EXPECT_TRUE(authenticator.Verify(token).ok());
  clock_.Advance(-seconds(3600));
  EXPECT_EQ(Reason(authenticator.Verify(token)), "TOKEN_NOT_YET_VALID");
}

TEST_F(Auth, ManyTokensFromManyThreads) {
  Authenticator authenticator(config_, FileJwksSource(credentials_->jwks_file()), clock_, log_);
  std::vector<std::string> tokens;
  for (int i = 0; i < 20; ++i) tokens.push_back(credentials_->Token("acme", "u" + std::to_string(i)));
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        for (int i = 0; i < 20; ++i) {
          const auto verified = authenticator.Verify(tokens[static_cast<size_t>(i)]);
          if (!verified.ok() || verified->principal->user.value != "u" + std::to_string(i)) ++wrong;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace crosspoint::grpcx
