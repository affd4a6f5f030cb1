#include "common/log/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace crosspoint::log {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class LogTest : public ::testing::Test {
 protected:
  nlohmann::json Last() { return nlohmann::json::parse(lines_.back()); }

  std::vector<std::string> lines_;
  Logger log_{"sample", Level::kInfo, [this](std::string_view line) { lines_.emplace_back(line); }};
};

TEST_F(LogTest, WritesOneObjectALine) {
  log_.Info("user_created", {{"user", "u1"}, {"took_ms", 3}, {"ratio", 0.5}, {"first", true}});
  ASSERT_THAT(lines_, SizeIs(1));
  EXPECT_EQ(Last()["level"], "info");
  EXPECT_EQ(Last()["service"], "sample");
  EXPECT_EQ(Last()["event"], "user_created");
  EXPECT_EQ(Last()["user"], "u1");
  EXPECT_EQ(Last()["took_ms"], 3);
  EXPECT_EQ(Last()["ratio"], 0.5);
  EXPECT_EQ(Last()["first"], true);
  EXPECT_THAT(lines_.back(), HasSubstr("\"time\":\"20"));
}

TEST_F(LogTest, LineBreaksInValuesStayInTheLine) {
  log_.Info("odd", {{"text", "a\nb\"c"}});
  EXPECT_EQ(lines_.back().find('\n'), std::string::npos);
  EXPECT_EQ(Last()["text"], "a\nb\"c");
}

TEST_F(LogTest, BytesThatAreNotUtf8DoNotCostTheLine) {
  log_.Info("odd", {{"text", "a\xff\xfe"}});
  EXPECT_EQ(Last()["event"], "odd");
}

TEST_F(LogTest, LinesBelowTheLevelAreLeftOut) {
  log_.Debug("quiet");
  EXPECT_THAT(lines_, SizeIs(0));
  log_.SetLevel(Level::kDebug);
  log_.Debug("heard");
  EXPECT_THAT(lines_, SizeIs(1));
}

TEST_F(LogTest, ScopePutsItsIdsOnEveryLineAndTakesThemBack) {
  {
    const Scope outer({"r1", "t1"});
    {
      const Scope inner({"r2", "t2"});
      log_.Info("inner");
      EXPECT_EQ(Last()["request_id"], "r2");
    }
    log_.Info("outer");
    EXPECT_EQ(Last()["request_id"], "r1");
    EXPECT_EQ(Last()["trace_id"], "t1");
  }
  log_.Info("none");
  EXPECT_FALSE(Last().contains("request_id"));
}

TEST_F(LogTest, SecretsInValuesAreCutOut) {
  log_.Info("odd", {{"header", "Authorization: Bearer abcDEF123456"}});
  EXPECT_EQ(Last()["header"], "Authorization: Bearer [redacted]");
}

TEST(WithoutSecrets, CutsCredentialsAndKeepsTheRest) {
  EXPECT_EQ(WithoutSecrets("basic dXNlcjpwYXNzd29yZA== refused"), "basic [redacted] refused");
  EXPECT_EQ(WithoutSecrets("token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2ln is old"), "token [redacted] is old");
  EXPECT_EQ(WithoutSecrets("-----BEGIN PRIVATE KEY-----\nMIIE"), "[redacted]");
  EXPECT_EQ(WithoutSecrets("basic authentication is off"), "basic authentication is off");
  EXPECT_EQ(WithoutSecrets("Bearer token missing"), "Bearer token missing");
  EXPECT_EQ(WithoutSecrets(""), "");
}

TEST(MaskedNumber, ShowsTheLastFourDigits) {
  EXPECT_EQ(MaskedNumber("+4930123456"), "…3456");
  EXPECT_EQ(MaskedNumber("3456"), "…");
}

}  // namespace
}  // namespace crosspoint::log
