#include "common/http/text.h"

#include <gtest/gtest.h>

#include "common/status/status.h"

namespace crosspoint::http {
namespace {

TEST(HeaderText, LineBreaksNeverPassAsAValue) {
  EXPECT_TRUE(IsHeaderValue("a b\tc"));
  EXPECT_TRUE(IsHeaderValue("Zo\xc3\xab"));
  for (const std::string_view bad :
       {std::string_view("a\r\nX: y"), std::string_view("a\nb"), std::string_view("a\0b", 3)}) {
    EXPECT_FALSE(IsHeaderValue(bad));
  }
}

TEST(HeaderText, NamesAndMethodsAreTokens) {
  EXPECT_TRUE(IsToken("X-AnchorMailbox"));
  EXPECT_FALSE(IsToken(""));
  EXPECT_FALSE(IsToken("X Y"));
  EXPECT_FALSE(IsToken("X:"));
}

TEST(HeaderText, FoldedLineContinuesTheOneBefore) {
  std::vector<Header> headers;
  AddHeaderLine("Set-Cookie: a=1; path=/;", headers);
  AddHeaderLine("    HttpOnly", headers);
  EXPECT_EQ(headers, (std::vector<Header>{{"Set-Cookie", "a=1; path=/; HttpOnly"}}));
}

TEST(HeaderText, LineWithoutNameIsDropped) {
  std::vector<Header> headers;
  AddHeaderLine(" folded onto nothing", headers);
  AddHeaderLine(": value", headers);
  AddHeaderLine("garbage", headers);
  EXPECT_TRUE(headers.empty());
}

TEST(HttpUrl, PortDefaultsByScheme) {
  const auto url = ParseUrl("https://Mail.Example.org/EWS/Exchange.asmx");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "mail.example.org");
  EXPECT_EQ(url->port, "443");
}

TEST(HttpUrl, OtherSchemesAndCredentialsInItAreRefusedWithoutQuotingThem) {
  for (const char* url : {"ftp://x/", "file:///etc/passwd", "mail.example.org", "", "https://", "https://u:secret@x/",
                          "https://x/\r\nHost: y"}) {
    const auto parsed = ParseUrl(url);
    ASSERT_FALSE(parsed.ok()) << url;
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << url;
    EXPECT_EQ(GetErrorInfo(parsed.status())->metadata.at("field"), "url");
    EXPECT_EQ(MessageOf(parsed.status()).find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace crosspoint::http
