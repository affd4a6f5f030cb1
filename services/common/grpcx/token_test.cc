#include "common/grpcx/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/status/status.h"
#include "tests/support/credentials.h"

namespace crosspoint::grpcx {
namespace {

using std::chrono::seconds;
using testing::Credentials;

class Token : public ::testing::Test {
 protected:
  Token() {
    char name[] = "/tmp/crosspoint-token-XXXXXX";
    if (mkdtemp(name) == nullptr) std::abort();
    folder_ = name;
    credentials_ = std::make_unique<Credentials>(Credentials::Create(folder_));
    keys_ = *KeySet::Parse(Jwks());
  }
  ~Token() override { std::filesystem::remove_all(folder_); }

  std::string Jwks() const {
    std::ostringstream text;
    text << std::ifstream(credentials_->jwks_file()).rdbuf();
    return text.str();
  }
  absl::StatusOr<VerifiedToken> Verify(const std::string& token, seconds later = seconds(0)) const {
    return VerifyToken(token, *keys_, {std::string(Credentials::kIssuer), "crosspoint", seconds(5)},
                       std::chrono::time_point_cast<std::chrono::microseconds>(now_) + later);
  }
  std::string Reason(const absl::StatusOr<VerifiedToken>& result) const {
    const auto info = GetErrorInfo(result.status());
    if (!info) return result.status().ToString();
    return info->metadata.empty() ? info->reason : info->reason + " " + info->metadata.at("detail");
  }
  std::string With(const std::string& payload) const {
    return credentials_->Sign(
        R"({"alg":"ES256","kid":")" + credentials_->key_id(Credentials::Algorithm::kEs256) + R"("})", payload,
        Credentials::Algorithm::kEs256);
  }

  std::filesystem::path folder_;
  std::unique_ptr<Credentials> credentials_;
  std::shared_ptr<const KeySet> keys_;
  std::chrono::system_clock::time_point now_ = std::chrono::system_clock::now();
};

TEST_F(Token, SaysWhoItsBearerIs) {
  const auto verified = Verify(credentials_->Token("acme", "u42", {"user", "tenant_admin", "unheard_of"}));
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->principal->user.Name(), "tenants/acme/users/u42");
  EXPECT_EQ(verified->principal->roles, (RoleSet{Role::kUser, Role::kTenantAdmin}));
  EXPECT_EQ(verified->principal->kind, Principal::Kind::kUser);
}

TEST_F(Token, OnlyUsersAndDelegatesAreUsers) {
  const auto pbx = Verify(credentials_->Token("acme", "u42", {"integrator"}));
  ASSERT_TRUE(pbx.ok());
  EXPECT_EQ(pbx->principal->user.value, "");
  EXPECT_EQ(pbx->principal->subject, "u42");
  EXPECT_EQ(pbx->principal->tenant().value, "acme");
}

TEST_F(Token, OnlyOperatorsMayHaveNoTenant) {
  EXPECT_TRUE(Verify(credentials_->Token("", "ops@example.com", {"operator"})).ok());
  EXPECT_EQ(Reason(Verify(credentials_->Token("", "boss", {"tenant_admin"}))), "TOKEN_INVALID claims");
  EXPECT_EQ(Reason(Verify(credentials_->Token("", "ops", {"operator", "tenant_admin"}))), "TOKEN_INVALID claims");
}

TEST_F(Token, ExpiresAtItsTimeAndTheLeeway) {
  const auto token = credentials_->Token("acme", "u42", {"user"}, seconds(60));
  EXPECT_TRUE(Verify(token, seconds(62)).ok());
  EXPECT_EQ(Reason(Verify(token, seconds(66))), "TOKEN_EXPIRED");
}

TEST_F(Token, IsNotValidBeforeItsTimeLessTheLeeway) {
  const Credentials::Claims claims{.tenant = "acme", .user = "u42", .not_before = seconds(60)};
  const auto token = credentials_->Token(claims);
  EXPECT_EQ(Reason(Verify(token, seconds(50))), "TOKEN_NOT_YET_VALID");
  EXPECT_TRUE(Verify(token, seconds(57)).ok());
}

TEST_F(Token, AudienceMayBeOneOfSeveral) {
  const std::string rest =
      R"(,"iss":"https://login.test","sub":"u1","tenant":"acme","roles":["user"],"exp":4102444800})";
  EXPECT_TRUE(Verify(With(R"({"aud":["mail","crosspoint"])" + rest)).ok());
  EXPECT_EQ(Reason(Verify(With(R"({"aud":["mail",7])" + rest))), "TOKEN_INVALID audience");
  EXPECT_EQ(Reason(Verify(With(R"({"aud":{"crosspoint":1})" + rest))), "TOKEN_INVALID audience");
}

TEST_F(Token, OddTimesAreRefused) {
  const std::string rest =
      R"("iss":"https://login.test","aud":"crosspoint","sub":"u1","tenant":"acme","roles":["user"])";
  for (const char* exp : {R"("4102444800")", "-1", "1e300", "null", "true", "[]", "99999999999999"}) {
    EXPECT_EQ(Reason(Verify(With("{" + rest + R"(,"exp":)" + exp + "}"))), "TOKEN_INVALID claims") << exp;
  }
  EXPECT_EQ(Reason(Verify(With("{" + rest + "}"))), "TOKEN_INVALID claims") << "never expires";
  EXPECT_TRUE(Verify(With("{" + rest + R"(,"exp":4102444800.5})")).ok());
}

TEST_F(Token, PayloadsThatAreNoObjectsAreRefused) {
  for (const char* payload : {"", "[]", "7", "{", "\"x\"", "\xff\xfe"}) {
    EXPECT_EQ(Reason(Verify(With(payload))), "TOKEN_INVALID malformed") << payload;
  }
}

TEST_F(Token, AnotherIssuersKeyWithTheSameIdDoesNotHelp) {
  const auto other_folder = folder_ / "other";
  const auto other = Credentials::Create(other_folder);
  Credentials::Claims claims{.tenant = "acme", .user = "u42"};
  claims.key_id = credentials_->key_id(Credentials::Algorithm::kEs256);
  EXPECT_EQ(Reason(Verify(other.Token(claims))), "TOKEN_INVALID signature");
}

TEST_F(Token, EveryChangedCharacterIsNoticed) {
  const auto token = credentials_->Token("acme", "u42");
  for (size_t i = 0; i + 1 < token.size(); ++i) {  // the last character of a signature has bits that mean nothing
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(Verify(changed).ok()) << i;
  }
}

TEST_F(Token, TextThatIsNotBase64UrlIsRefused) {
  const auto token = credentials_->Token("acme", "u42");
  // Padding in the middle ends the process inside cjose.
  for (const char* odd : {"=", "==", " ", "+", "/", "\n", "\xc3\xa4"}) {
    for (const size_t at : {size_t{5}, token.find('.') + 10, token.rfind('.') + 20, token.size()}) {
      auto changed = token;
      changed.insert(at, odd);
      EXPECT_EQ(Reason(Verify(changed)), "TOKEN_INVALID malformed") << odd << " at " << at;
    }
  }
  for (const char* odd : {"", ".", "..", "...", "a..b", "eyJh.", ".eyJh."}) {
    EXPECT_EQ(Reason(Verify(odd)), "TOKEN_INVALID malformed") << odd;
  }
}

TEST_F(Token, AHeaderWithoutAlgorithmIsRefused) {
  for (const char* header : {"{}", "[]", "7", R"({"alg":7})", R"({"alg":["ES256"]})", R"({"alg":null})", "x"}) {
    const auto reason = Reason(Verify(credentials_->Sign(header, "{}", Credentials::Algorithm::kEs256)));
    EXPECT_THAT(reason, ::testing::StartsWith("TOKEN_INVALID")) << header;
  }
}

TEST(KeySet, NumbersThatAreNotBase64UrlAreLeftOut) {
  for (const char* x : {"f8=3OJ", "=", "a", "", "f83O J3D"}) {
    EXPECT_FALSE(KeySet::Parse(R"({"keys":[{"kty":"EC","kid":"k","crv":"P-256","y":"x_FEzRu9m36HLN","x":")" +
                               std::string(x) + R"("}]})")
                     .ok());
  }
}

TEST(KeySet, SecretWeakAndForeignKeysAreLeftOut) {
  EXPECT_FALSE(KeySet::Parse("").ok());
  EXPECT_FALSE(KeySet::Parse("[]").ok());
  EXPECT_FALSE(KeySet::Parse(R"({"keys":{}})").ok());
  EXPECT_FALSE(KeySet::Parse(R"({"keys":[7,{"kty":"oct","kid":"a","k":"c2VjcmV0"}]})").ok());
  // RSA of 512 bits.
  EXPECT_FALSE(
      KeySet::Parse(R"({"keys":[{"kty":"RSA","kid":"a","e":"AQAB","n":)"
                    R"("2jA0Wm8mRkQX0mN9ZVYh0yqzJ9v3n5Q0fR0n1kR1wP9d0aXkz8w1hY7m2l6u3t4s5r6q7p8o9n0m1l2k3j4i5Q"}]})")
          .ok());
}

TEST_F(Token, KeysForEncryptionAndWithoutIdAreLeftOut) {
  auto text = Jwks();
  for (size_t at; (at = text.find("\"sig\"")) != std::string::npos;) text.replace(at, 5, "\"enc\"");
  EXPECT_FALSE(KeySet::Parse(text).ok());
  text = Jwks();
  for (size_t at; (at = text.find("\"kid\"")) != std::string::npos;) text.replace(at, 5, "\"xid\"");
  EXPECT_FALSE(KeySet::Parse(text).ok());
}

}  // namespace
}  // namespace crosspoint::grpcx
