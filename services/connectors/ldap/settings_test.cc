#include "connectors/ldap/settings.h"

#include <gmock/gmock.h>

#include "common/status/status.h"

namespace crosspoint::ldap {
namespace {

using ::testing::HasSubstr;

LdapSettings Good() {
  LdapSettings settings;
  settings.url = "ldaps://ldap.corp.example";
  settings.base_dn = "dc=corp,dc=example";
  return settings;
}

TEST(LdapSettingsRules, SecureOnesAreTaken) {
  EXPECT_TRUE(Good().Validate().ok());
  auto settings = Good();
  settings.url = "ldap://ldap.corp.example:1389";
  settings.start_tls = true;
  EXPECT_TRUE(settings.Validate().ok());
}

TEST(LdapSettingsRules, PlainConnectionsNeedTheWord) {
  auto settings = Good();
  settings.url = "ldap://ldap.corp.example";
  EXPECT_THAT(MessageOf(settings.Validate()), HasSubstr("start_tls"));
  settings.allow_plain = true;
  EXPECT_TRUE(settings.Validate().ok());
}

TEST(LdapSettingsRules, WrongOnesAreRefusedNamingTheKey) {
  for (const char* url : {"", "http://x", "ldaps://", "ldaps://a b", "ldaps://a/dc=x", "ldap://a,ldap://b"}) {
    auto settings = Good();
    settings.url = url;
    EXPECT_THAT(MessageOf(settings.Validate()), HasSubstr("url")) << url;
  }
  auto settings = Good();
  settings.base_dn.clear();
  EXPECT_THAT(MessageOf(settings.Validate()), HasSubstr("base_dn"));
  settings = Good();
  settings.bind_dn = "cn=reader";
  EXPECT_THAT(MessageOf(settings.Validate()), HasSubstr("password_file"));
  settings = Good();
  settings.people_filter = "(a=b)(c=d)";
  EXPECT_THAT(MessageOf(settings.Validate()), HasSubstr("people_filter"));
}

}  // namespace
}  // namespace crosspoint::ldap
