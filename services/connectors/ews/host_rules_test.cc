#include "connectors/ews/host_rules.h"

#include <gtest/gtest.h>

namespace crosspoint::ews {
namespace {

TEST(HostRules, NameStandsForItselfAlone) {
  const std::vector<std::string> allowed = {"Mail.Example.org", "[2001:db8::1]", "192.0.2.7"};
  for (const char* host : {"mail.example.org", "MAIL.example.org", "mail.example.org.", "[2001:db8::1]", "192.0.2.7"}) {
    EXPECT_TRUE(MatchesHost(allowed, host)) << host;
  }
  for (const char* host : {"example.org", "a.mail.example.org", "mail.example.org.evil.example", "xmail.example.org",
                           "mail.example.org..", "", "192.0.2.70"}) {
    EXPECT_FALSE(MatchesHost(allowed, host)) << host;
  }
}

TEST(HostRules, StarStandsForEveryNameBelow) {
  const std::vector<std::string> allowed = {"*.corp.example"};
  EXPECT_TRUE(MatchesHost(allowed, "autodiscover.corp.example"));
  EXPECT_TRUE(MatchesHost(allowed, "a.b.corp.example"));
  for (const char* host : {"corp.example", ".corp.example", "evilcorp.example", "corp.example.evil.example"}) {
    EXPECT_FALSE(MatchesHost(allowed, host)) << host;
  }
}

TEST(HostRules, NothingAllowedMatchesNothing) { EXPECT_FALSE(MatchesHost({}, "mail.example.org")); }

TEST(HostRules, PatternsAreNamesAddressesOrAStarInFrontOfTwoLabels) {
  for (const char* good : {"mail.example.org", "mail", "*.example.org", "192.0.2.7", "[::1]"}) {
    EXPECT_TRUE(IsHostPattern(good)) << good;
  }
  for (const char* bad :
       {"", "*", "*.", "*.org", "a.*.org", "*a.org", "https://mail.example.org", "mail.example.org:443", "mail example",
        "a..b", "[mail]", "[10.0.0.0/8]", "user@mail.example.org"}) {
    EXPECT_FALSE(IsHostPattern(bad)) << bad;
  }
}

TEST(HostRules, ExchangeOnlineIsKnownByItsNames) {
  for (const char* host : {"outlook.office365.com", "outlook.office.com", "autodiscover-s.outlook.com",
                           "contoso.mail.onmicrosoft.com", "OUTLOOK.OFFICE365.COM"}) {
    EXPECT_TRUE(IsExchangeOnlineHost(host)) << host;
  }
  for (const char* host : {"mail.contoso.com", "office365.com.evil.example", "myoffice365.com"}) {
    EXPECT_FALSE(IsExchangeOnlineHost(host)) << host;
  }
}

}  // namespace
}  // namespace crosspoint::ews
