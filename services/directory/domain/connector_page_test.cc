#include "directory/domain/connector_page.h"

#include <gmock/gmock.h>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

using ::testing::HasSubstr;

ConnectorPage Page(const std::string& address) {
  return {.enabled = true, .server_address = address, .username = "any", .password = "text"};
}

TEST(ConnectorPageRules, HostsAddressesAndUrlsAreTaken) {
  for (const char* address : {"mail.corp.example", "mail.corp.example:8443", "10.1.2.3", "[2001:db8::1]",
                              "https://mail.corp.example", "https://Mail.Corp.Example/EWS/Exchange.asmx"}) {
    EXPECT_TRUE(ValidateConnectorPage(Page(address)).ok()) << address;
  }
}

TEST(ConnectorPageRules, OtherAddressesAreRefusedNamingTheField) {
  for (const char* address :
       {"", "mail corp", "ftp://mail.corp.example", "https://", "https://svc:secret@mail.corp.example/", "host/path",
        "mail.corp.example\r\nX-Evil: 1", "https://mail.corp.example/a b", "://x", "javascript:alert(1)"}) {
    const auto status = ValidateConnectorPage(Page(address));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << address;
    EXPECT_THAT(MessageOf(status), HasSubstr("connector.server_address")) << address;
  }
  EXPECT_FALSE(ValidateConnectorPage(Page(std::string(1100, 'a'))).ok());
}

TEST(ConnectorPageRules, DisabledPageNeedsNoServerButItsTexts) {
  ConnectorPage page{.username = "u", .password = "p"};
  EXPECT_TRUE(ValidateConnectorPage(page).ok());
  page.username.clear();
  EXPECT_THAT(MessageOf(ValidateConnectorPage(page)), HasSubstr("connector.username"));
  page.username = "u";
  page.password.clear();
  EXPECT_THAT(MessageOf(ValidateConnectorPage(page)), HasSubstr("connector.password"));
}

TEST(ConnectorPageRules, TheTextsMayBeAnything) {
  ConnectorPage page{.username = "'; DROP TABLE users; --", .password = "\u00fc\u4e2d <xml/> {\"json\": 1}\n"};
  EXPECT_TRUE(ValidateConnectorPage(page).ok());
  page.username = std::string("\xff\xfe");
  EXPECT_FALSE(ValidateConnectorPage(page).ok());
}

TEST(ConnectorPageRules, AddressBecomesTheUrlOfEws) {
  EXPECT_EQ(EwsUrlOfAddress("mail.corp.example"), "https://mail.corp.example/EWS/Exchange.asmx");
  EXPECT_EQ(EwsUrlOfAddress("mail.corp.example:8443"), "https://mail.corp.example:8443/EWS/Exchange.asmx");
  EXPECT_EQ(EwsUrlOfAddress("https://mail.corp.example/"), "https://mail.corp.example/EWS/Exchange.asmx");
  EXPECT_EQ(EwsUrlOfAddress("https://mail.corp.example/ews"), "https://mail.corp.example/ews");
}

TEST(ConnectorPageRules, HostIsTakenOutOfEveryForm) {
  EXPECT_EQ(HostOfAddress("https://Outlook.Office365.com/EWS/Exchange.asmx"), "outlook.office365.com");
  EXPECT_EQ(HostOfAddress("mail.corp.example:8443"), "mail.corp.example");
  EXPECT_EQ(HostOfAddress("https://[2001:db8::1]:443/x"), "[2001:db8::1]");
}

}  // namespace
}  // namespace crosspoint::directory
