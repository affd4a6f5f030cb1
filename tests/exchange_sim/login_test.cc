#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "exchange_sim/sim_fixture.h"
#include "exchange_sim/text.h"
#include "fmt/format.h"
#include "tests/support/credentials.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kGetCalendar =
    "<m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds>"
    "<t:DistinguishedFolderId Id=\"calendar\"/></m:FolderIds></m:GetFolder>";

// Clients written by others, to judge the server's side of NTLM.
class SimNtlmLogin : public SimTest {
 protected:
  SimNtlmLogin() : SimTest(SimOptions{.auth_schemes = {"ntlm"}}) {}

  // Status of each of two requests by curl on one connection.
  std::string Curl(const std::string& user) {
    const auto body = std::filesystem::temp_directory_path() / fmt::format("crosspoint-login-{}.xml", sim_.port());
    std::ofstream(body) << Soap(kGetCalendar, Someone());
    const std::string request =
        fmt::format("--data-binary @{} -H 'Content-Type: text/xml' -o /dev/null -w '%{{http_code}} ' {}", body.string(),
                    sim_.url());
    const std::string command =
        fmt::format("curl -s -m 20 --ntlm -u '{0}' {1} --next -s -m 20 --ntlm -u '{0}' {1}", user, request);
    std::string out;
    std::FILE* pipe = popen(command.c_str(), "r");
    char buffer[256];
    while (pipe != nullptr && std::fgets(buffer, sizeof buffer, pipe) != nullptr) out += buffer;
    if (pipe != nullptr) pclose(pipe);
    std::filesystem::remove(body);
    return out;
  }
};

TEST_F(SimNtlmLogin, OffersNothingElseAndTakesNothingElse) {
  const HttpReply reply = Post(Soap(kGetCalendar, Someone()), BasicHeader("svc", "secret"));
  EXPECT_EQ(reply.status, 401);
  EXPECT_NE(reply.head.find("WWW-Authenticate: NTLM\r\n"), std::string::npos) << reply.head;
  EXPECT_EQ(reply.head.find("Basic"), std::string::npos) << reply.head;
}

TEST_F(SimNtlmLogin, CurlLogsInAndIsRefusedWithAWrongPassword) {
  if (std::system("command -v curl > /dev/null") != 0) GTEST_SKIP() << "curl is not installed";
  for (const std::string user : {"svc", "CORP\\svc", "svc@corp.example"}) {
    EXPECT_EQ(Curl(user + ":secret"), "200 200 ") << user;
  }
  EXPECT_EQ(Curl("svc:wrong"), "401 401 ");
  EXPECT_EQ(Curl("nobody:secret"), "401 401 ");
}

TEST_F(SimNtlmLogin, ExchangelibLogsIn) {
  const char* source = std::getenv("CROSSPOINT_SOURCE_DIR");
  ASSERT_NE(source, nullptr);
  if (std::system("/usr/bin/python3 -c 'import exchangelib, requests_ntlm' 2>/dev/null") != 0) {
    std::cerr << "\n*** python3-exchangelib IS NOT INSTALLED: its NTLM login is not tried ***\n\n";
    GTEST_SKIP() << "python3-exchangelib is not installed";
  }
  const std::string command = fmt::format(
      "timeout 120 /usr/bin/python3 {}/tests/exchange_sim/login_check.py {} 'CORP\\svc' "
      "secret {}",
      source, sim_.url(), Someone());
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(SimNtlmLogin, LoginBelongsToItsConnection) {
  // A proof without a challenge on the same connection is worth nothing, nor is a request on another one.
  const HttpReply reply = Post(Soap(kGetCalendar, Someone()), "Authorization: NTLM TlRMTVNTUAADAAAA\r\n");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(Post(Soap(kGetCalendar, Someone()), "").status, 401);
}

TEST_F(SimNtlmLogin, ChangedPasswordCountsFromTheNextLogin) {
  if (std::system("command -v curl > /dev/null") != 0) GTEST_SKIP() << "curl is not installed";
  EXPECT_EQ(Admin("POST", "/sim/accounts", R"({"account": "svc", "password": "newer"})").status, 200);
  EXPECT_EQ(Curl("svc:secret"), "401 401 ");
  EXPECT_EQ(Curl("svc:newer"), "200 200 ");
}

std::filesystem::path NewDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-login-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  return pattern;
}

class SimTokenLogin : public SimTest {
 protected:
  SimTokenLogin() : SimTokenLogin(NewDirectory()) {}
  explicit SimTokenLogin(const std::filesystem::path& directory)
      : SimTest(SimOptions{.auth_schemes = {"bearer"},
                           .jwks_file = (directory / "jwks.json").string(),
                           .oauth_audience = "https://mail.corp.example",
                           .oauth_applications = {{"app", "svc"}}}),
        directory_(directory),
        keys_(testing::Credentials::Create(directory)) {}
  ~SimTokenLogin() override { std::filesystem::remove_all(directory_); }

  std::string Token(const std::string& application, const std::string& audience, Seconds expires,
                    testing::Credentials::Algorithm algorithm = testing::Credentials::Algorithm::kRs256) const {
    const bool rs256 = algorithm == testing::Credentials::Algorithm::kRs256;
    return keys_.Sign(fmt::format(R"({{"alg":"{}","kid":"{}"}})", rs256 ? "RS256" : "ES256", keys_.key_id(algorithm)),
                      fmt::format(R"({{"aud":"{}","appid":"{}","exp":{}}})", audience, application, expires),
                      algorithm);
  }
  HttpReply With(const std::string& token) {
    return Post(Soap(kGetCalendar, Someone()), "Authorization: Bearer " + token + "\r\n");
  }

  const std::filesystem::path directory_;
  testing::Credentials keys_;
};

TEST_F(SimTokenLogin, IssuedTokenIsTakenUntilItExpires) {
  EXPECT_EQ(With(Token("app", "https://mail.corp.example", Now() + 60)).status, 200);
  const HttpReply expired = With(Token("app", "https://mail.corp.example", Now() - 1));
  EXPECT_EQ(expired.status, 401);
  EXPECT_NE(expired.head.find("error=\"invalid_token\""), std::string::npos) << expired.head;
  EXPECT_NE(expired.head.find("The token has expired"), std::string::npos) << expired.head;
}

TEST_F(SimTokenLogin, WhatIsNotForUsIsRefused) {
  const std::string good = Token("app", "https://mail.corp.example", Now() + 60);
  const std::string bad_signature = good.substr(0, good.size() - 8) + "AAAAAAAA";
  const std::string es256 =
      Token("app", "https://mail.corp.example", Now() + 60, testing::Credentials::Algorithm::kEs256);
  for (const std::string& token :
       {Token("app", "https://other.example", Now() + 60), Token("other", "https://mail.corp.example", Now() + 60),
        bad_signature, es256, std::string("a.b.c"), std::string("....")}) {
    EXPECT_EQ(With(token).status, 401) << token;
  }
}

TEST_F(SimTokenLogin, RotatedKeysEndOldTokens) {
  const std::string old = Token("app", "https://mail.corp.example", Now() + 60);
  EXPECT_EQ(With(old).status, 200);
  keys_.RotateKeys();
  EXPECT_EQ(With(old).status, 401);
  EXPECT_EQ(With(Token("app", "https://mail.corp.example", Now() + 60)).status, 200);
}

}  // namespace
}  // namespace crosspoint::exchange_sim
