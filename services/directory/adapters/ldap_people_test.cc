#include "directory/adapters/ldap_people.h"

#include <gmock/gmock.h>

namespace crosspoint::directory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(LdapPeople, InetOrgPersonIsReadWithAllItsFacts) {
  const auto entry = EntryOf({.dn = "uid=ada,dc=x",
                              .attributes = {{"cn", {"Ada K"}},
                                             {"displayname", {"Ada King"}},
                                             {"mail", {"ada@x.example", "countess@x.example", "no address"}},
                                             {"telephonenumber", {"+44 1"}},
                                             {"mobile", {"+44 2", "+44 3"}},
                                             {"departmentnumber", {"Analysis"}},
                                             {"title", {"Countess"}},
                                             {"o", {"Engines Ltd"}},
                                             {"roomnumber", {"7"}}}});
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->display_name, "Ada King");
  EXPECT_THAT(entry->emails, ElementsAre("ada@x.example", "countess@x.example"));
  EXPECT_THAT(entry->phones, ElementsAre(Phone{PhoneKind::kBusiness, "+44 1"}, Phone{PhoneKind::kMobile, "+44 2"},
                                         Phone{PhoneKind::kMobile, "+44 3"}));
  EXPECT_EQ(entry->department, "Analysis");
  EXPECT_EQ(entry->title, "Countess");
  EXPECT_EQ(entry->company, "Engines Ltd");
  EXPECT_EQ(entry->office, "7");
}

TEST(LdapPeople, ActiveDirectorysPrimaryAddressComesFirst) {
  const auto entry =
      EntryOf({.dn = {},
               .attributes = {{"cn", {"Ada"}},
                              {"mail", {"ADA@x.example"}},
                              {"proxyaddresses", {"smtp:alias@x.example", "SMTP:ada@x.example", "X500:/o=x/cn=ada"}}}});
  ASSERT_TRUE(entry);
  EXPECT_THAT(entry->emails, ElementsAre("ada@x.example", "alias@x.example"));
}

TEST(LdapPeople, WhatIsNoTextIsLeftOutAndTheNamelessToo) {
  const auto entry =
      EntryOf({.dn = {}, .attributes = {{"cn", {"\xff\xfe", "Clean"}}, {"title", {"\xc3"}}, {"mobile", {"\x01"}}}});
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->display_name, "Clean");
  EXPECT_EQ(entry->title, "");
  EXPECT_TRUE(entry->phones.empty());
  EXPECT_FALSE(EntryOf({.dn = "cn=x", .attributes = {{"mail", {"a@x.example"}}}}));
}

TEST(LdapPeople, QueryOfAPersonCannotChangeTheFilter) {
  const auto text = MatchesQuery("*)(uid=* admin").text();
  EXPECT_TRUE(ldap::IsFilterText(text));
  EXPECT_THAT(text, Not(HasSubstr("uid=*")));
  EXPECT_THAT(text, HasSubstr("\\2a\\29\\28uid=\\2a"));
}

TEST(LdapPeople, PictureIsTheOneForTheSizeAndOnlyIfItIsOne) {
  const std::string small = "\xFF\xD8\xFFsmall";
  const std::string large = "\x89PNG\r\n\x1a\nlarge";
  const ldap::LdapEntry entry{.dn = {}, .attributes = {{"thumbnailphoto", {small}}, {"jpegphoto", {large}}}};
  EXPECT_EQ(PictureOf(entry, 96)->bytes, small);
  EXPECT_EQ(PictureOf(entry, 96)->content_type, "image/jpeg");
  EXPECT_EQ(PictureOf(entry, 648)->bytes, large);
  EXPECT_EQ(PictureOf(entry, 648)->content_type, "image/png");
  EXPECT_NE(PictureOf(entry, 96)->etag, PictureOf(entry, 648)->etag);
  EXPECT_EQ(PictureOf({.dn = {}, .attributes = {{"jpegphoto", {"<html>"}}}}, 96), std::nullopt);
}

}  // namespace
}  // namespace crosspoint::directory
