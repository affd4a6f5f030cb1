#include "connectors/oauth2/token_answer.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace crosspoint::oauth2 {
namespace {

using std::chrono::seconds;

std::string ReasonOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->reason : "";
}

TEST(OAuth2Answer, TokenWithItsLife) {
  const auto token =
      ReadToken(R"({"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"ey.J"})");
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->value, "ey.J");
  EXPECT_EQ(token->life, seconds(3599));
}

TEST(OAuth2Answer, LifeAsTextAndAbsentLifeAreTaken) {
  EXPECT_EQ(ReadToken(R"({"token_type":"bearer","expires_in":"600","access_token":"a"})")->life, seconds(600));
  EXPECT_EQ(ReadToken(R"({"token_type":"BEARER","access_token":"a"})")->life, seconds(300));
  EXPECT_EQ(ReadToken(R"({"token_type":"Bearer","expires_in":1e300,"access_token":"a"})")->life, seconds(86'400));
}

TEST(OAuth2Answer, WhatCannotBeSentIsRefused) {
  for (const char* body :
       {"", "[]", "<html>", R"({"access_token":"a"})", R"({"token_type":"mac","access_token":"a"})",
        R"({"token_type":"Bearer"})", R"({"token_type":"Bearer","access_token":""})",
        R"({"token_type":"Bearer","access_token":"a\r\nX-Evil: 1"})", R"({"token_type":"Bearer","access_token":7})",
        R"({"token_type":"Bearer","access_token":"a","expires_in":0})",
        R"({"token_type":"Bearer","access_token":"a","expires_in":-5})",
        R"({"token_type":"Bearer","access_token":"a","expires_in":"soon"})"}) {
    const auto token = ReadToken(body);
    EXPECT_EQ(token.status().code(), absl::StatusCode::kFailedPrecondition) << body;
    EXPECT_EQ(ReasonOf(token.status()), "OAUTH2_BAD_ANSWER") << body;
  }
}

TEST(OAuth2Answer, EachRefusalTellsTheAdministratorWhatToDo) {
  struct Row {
    int http;
    const char* code;
    const char* reason;
    const char* words;
  };
  for (const Row& row : {Row{401, "invalid_client", "OAUTH2_INVALID_CLIENT", "secret or certificate"},
                         Row{400, "unauthorized_client", "OAUTH2_UNAUTHORIZED_CLIENT", "not known in this tenant"},
                         Row{400, "access_denied", "OAUTH2_UNAUTHORIZED_CLIENT", "consented"},
                         Row{400, "invalid_scope", "OAUTH2_INVALID_SCOPE", "/.default"},
                         Row{400, "invalid_resource", "OAUTH2_INVALID_SCOPE", "resource"},
                         Row{400, "unsupported_grant_type", "OAUTH2_REFUSED", "token_url"},
                         Row{400, "invalid_request", "OAUTH2_REFUSED", "client_id"},
                         Row{400, "something_new", "OAUTH2_REFUSED", "something_new"}}) {
    const std::string body = std::string(R"({"error":")") + row.code + R"(","error_description":"AADSTS7: why"})";
    const absl::Status status = ReadRefusal(row.http, body, "", "");
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << row.code;
    EXPECT_EQ(ReasonOf(status), row.reason) << row.code;
    EXPECT_NE(MessageOf(status).find(row.words), std::string::npos) << status;
    EXPECT_NE(MessageOf(status).find("AADSTS7: why"), std::string::npos) << status;
    EXPECT_EQ(GetErrorInfo(status)->metadata.at("oauth_error"), row.code);
  }
}

TEST(OAuth2Answer, TroubleThatMayPassIsUnavailableWithTheIssuersPause) {
  for (const int http : {429, 500, 503}) {
    const absl::Status status = ReadRefusal(http, "busy", "17", "");
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(status), "OAUTH2_ISSUER_AWAY");
    EXPECT_EQ(BackOffOf(status), seconds(17));
  }
  EXPECT_EQ(BackOffOf(ReadRefusal(503, "", "soon", "")), std::nullopt);
  EXPECT_EQ(BackOffOf(ReadRefusal(503, "", "999999999", "")), std::chrono::hours(1));
}

TEST(OAuth2Answer, RedirectAndWebPageAreNoTokenEndpoint) {
  EXPECT_EQ(ReasonOf(ReadRefusal(302, "", "", "")), "OAUTH2_BAD_ANSWER");
  EXPECT_EQ(ReasonOf(ReadRefusal(404, "<html>not here</html>", "", "")), "OAUTH2_BAD_ANSWER");
}

TEST(OAuth2Answer, SecretIsNeverQuotedAndTheIssuersWordsAreTamed) {
  const absl::Status echo =
      ReadRefusal(401, R"({"error":"invalid_client","error_description":"wrong secret hunter2!"})", "", "hunter2");
  EXPECT_EQ(MessageOf(echo).find("hunter2"), std::string::npos) << echo;
  const std::string tail(5000, 'x');
  const absl::Status wild = ReadRefusal(400, R"({"error":"e","error_description":"a\r\nb)" + tail + "\"}", "", "");
  EXPECT_EQ(MessageOf(wild).find('\n'), std::string::npos);
  EXPECT_LT(MessageOf(wild).size(), 500u);
}

}  // namespace
}  // namespace crosspoint::oauth2
