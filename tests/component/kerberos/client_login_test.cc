#include "common/kerberos/client_login.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "common/status/status.h"
#include "tests/support/kdc/kdc.h"

namespace crosspoint::kerberos {
namespace {

using testing::Kdc;

class KerberosClientLogin : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!Kdc::IsInstalled()) return;
    kdc_ = new Kdc;
    kdc_->AddPrincipal("HTTP/localhost", "server.keytab");
  }
  static void TearDownTestSuite() {
    delete kdc_;
    kdc_ = nullptr;
  }
  void SetUp() override {
    if (kdc_ == nullptr) GTEST_SKIP() << "krb5-kdc is not installed";
    keytab_ = kdc_->AddPrincipal("svc", "svc.keytab");
  }

  static absl::StatusOr<std::string> Token(ClientLogin& login, const std::string& host = "localhost") {
    return login.NegotiateToken(host, std::chrono::steady_clock::now() + std::chrono::seconds(20));
  }
  static void Expect(const absl::Status& status, absl::StatusCode code, const std::string& reason,
                     const std::string& words) {
    EXPECT_EQ(status.code(), code) << status;
    const auto info = GetErrorInfo(status);
    ASSERT_TRUE(info.has_value()) << status;
    EXPECT_EQ(info->reason, reason) << status;
    EXPECT_NE(MessageOf(status).find(words), std::string::npos) << status;
  }

  static inline Kdc* kdc_ = nullptr;
  std::string keytab_;
};

TEST_F(KerberosClientLogin, EveryRequestGetsATokenOfItsOwn) {
  ClientLogin login("svc@CORP.EXAMPLE", keytab_);
  std::set<std::string> tokens;
  for (int i = 0; i < 3; ++i) {
    const auto token = Token(login);
    ASSERT_TRUE(token.ok()) << token.status();
    EXPECT_EQ(token->substr(0, 3), "YII") << "a SPNEGO token in base64";
    tokens.insert(*token);
  }
  EXPECT_EQ(tokens.size(), 3u);
}

TEST_F(KerberosClientLogin, EnvironmentOfTheProcessIsLeftAlone) {
  const auto cache = std::filesystem::temp_directory_path() / "crosspoint-no-such-cache";
  setenv("KRB5CCNAME", ("FILE:" + cache.string()).c_str(), 1);
  ClientLogin login("svc@CORP.EXAMPLE", keytab_);
  EXPECT_TRUE(Token(login).ok());
  EXPECT_FALSE(std::filesystem::exists(cache));
  unsetenv("KRB5CCNAME");
}

TEST_F(KerberosClientLogin, ThreadsShareOneLogin) {
  ClientLogin login("svc@CORP.EXAMPLE", keytab_);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) good += Token(login).ok();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
}

TEST_F(KerberosClientLogin, KeytabThatIsMissingOrSomebodyElsesIsToldBeforeAnythingIsSent) {
  ClientLogin missing("svc@CORP.EXAMPLE", "/nowhere/svc.keytab");
  Expect(Token(missing).status(), absl::StatusCode::kFailedPrecondition, "KERBEROS_KEYTAB", "keytab");
  ClientLogin other("other@CORP.EXAMPLE", keytab_);
  Expect(Token(other).status(), absl::StatusCode::kFailedPrecondition, "KERBEROS_KEYTAB", "keytab");
}

TEST_F(KerberosClientLogin, DisabledUnknownAndStaleAccountsAreRefusedInWords) {
  const auto gone = kdc_->AddPrincipal("gone", "gone.keytab");
  kdc_->DeletePrincipal("gone");
  ClientLogin unknown("gone@CORP.EXAMPLE", gone);
  Expect(Token(unknown).status(), absl::StatusCode::kFailedPrecondition, "KERBEROS_LOGIN_REFUSED", "does not know");

  const auto locked = kdc_->AddPrincipal("locked", "locked.keytab");
  kdc_->DisablePrincipal("locked");
  ClientLogin disabled("locked@CORP.EXAMPLE", locked);
  Expect(Token(disabled).status(), absl::StatusCode::kFailedPrecondition, "KERBEROS_LOGIN_REFUSED", "disabled");

  const std::string old = keytab_ + ".old";
  std::filesystem::copy_file(keytab_, old, std::filesystem::copy_options::overwrite_existing);
  kdc_->AddPrincipal("svc", "svc.keytab");
  ClientLogin stale("svc@CORP.EXAMPLE", old);
  Expect(Token(stale).status(), absl::StatusCode::kFailedPrecondition, "KERBEROS_LOGIN_REFUSED", "new keytab");
}

TEST_F(KerberosClientLogin, NewKeytabIsTakenUp) {
  const std::string file = keytab_ + ".used";
  const auto copy = [&](const std::string& from) {
    std::filesystem::copy_file(from, file + ".new", std::filesystem::copy_options::overwrite_existing);
    std::filesystem::rename(file + ".new", file);
  };
  copy(kdc_->AddPrincipal("other", "other.keytab"));
  ClientLogin login("svc@CORP.EXAMPLE", file);
  EXPECT_FALSE(Token(login).ok());
  copy(keytab_);
  EXPECT_TRUE(Token(login).ok());
}

TEST_F(KerberosClientLogin, ServerWithoutAnAccountIsNamed) {
  ClientLogin login("svc@CORP.EXAMPLE", keytab_);
  const auto token = Token(login, "unregistered.localhost");
  Expect(token.status(), absl::StatusCode::kFailedPrecondition, "KERBEROS_SERVICE_UNKNOWN", "setspn");
  EXPECT_NE(MessageOf(token.status()).find("HTTP/unregistered.localhost"), std::string::npos);
  EXPECT_TRUE(Token(login).ok());
}

TEST_F(KerberosClientLogin, KdcAwayIsUnavailableForNewLoginsAndNotNoticedByOldOnes) {
  ClientLogin old("svc@CORP.EXAMPLE", keytab_);
  ASSERT_TRUE(Token(old).ok());
  ClientLogin fresh("svc@CORP.EXAMPLE", keytab_);
  kdc_->Stop();
  EXPECT_TRUE(Token(old).ok());
  Expect(Token(fresh).status(), absl::StatusCode::kUnavailable, "KERBEROS_KDC_AWAY", "no KDC");
  kdc_->Start();
  const auto recovered = Token(fresh);
  EXPECT_TRUE(recovered.ok()) << recovered.status();
}

TEST_F(KerberosClientLogin, RejectedTicketsAreFetchedAnewButNotAgainAndAgain) {
  ClientLogin login("svc@CORP.EXAMPLE", keytab_);
  ASSERT_TRUE(Token(login).ok());
  EXPECT_TRUE(login.Reject());
  EXPECT_TRUE(Token(login).ok());
  EXPECT_FALSE(login.Reject());
  keytab_ = kdc_->AddPrincipal("svc", "svc.keytab");
  EXPECT_TRUE(login.Reject()) << "there is a new keytab";
  EXPECT_TRUE(Token(login).ok());
}

}  // namespace
}  // namespace crosspoint::kerberos
