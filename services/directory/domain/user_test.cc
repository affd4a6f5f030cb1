#include "directory/domain/user.h"

#include <gmock/gmock.h>

#include "common/status/status.h"

namespace crosspoint::directory {
namespace {

User Ada() {
  return {.id = {{"acme"}, "u1"},
          .display_name = "Ada Lovelace",
          .email = "Ada@Corp.example",
          .aliases = {"a.lovelace@corp.example", "ADA@corp.example"},
          .extension = "1815",
          .phones = {{PhoneKind::kMobile, "+44 20 1815"}}};
}

std::string FieldOf(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  return info ? info->metadata.at("field") : "";
}

TEST(User, AGoodOneIsGood) { EXPECT_TRUE(ValidateUser(Ada(), "user").ok()); }

TEST(User, AddressesAreFoldedAndNamedOnce) {
  EXPECT_THAT(FoldedEmails(Ada()), testing::ElementsAre("ada@corp.example", "a.lovelace@corp.example"));
}

TEST(User, EachWrongFieldIsNamed) {
  const auto refused = [](auto change) {
    User user = Ada();
    change(user);
    return FieldOf(ValidateUser(user, "user"));
  };
  EXPECT_EQ(refused([](User& u) { u.display_name = ""; }), "user.display_name");
  EXPECT_EQ(refused([](User& u) { u.display_name = std::string(257, 'x'); }), "user.display_name");
  EXPECT_EQ(refused([](User& u) { u.display_name = "a\nb\x01"; }), "user.display_name");
  EXPECT_EQ(refused([](User& u) { u.email = "ada"; }), "user.email");
  EXPECT_EQ(refused([](User& u) { u.email = ""; }), "user.email");
  EXPECT_EQ(refused([](User& u) { u.aliases[1] = "x@"; }), "user.aliases[1]");
  EXPECT_EQ(refused([](User& u) { u.aliases.resize(65, "x@y"); }), "user.aliases");
  EXPECT_EQ(refused([](User& u) { u.extension = "18-15"; }), "user.extension");
  EXPECT_EQ(refused([](User& u) { u.extension = std::string(17, '1'); }), "user.extension");
  EXPECT_EQ(refused([](User& u) { u.phones[0].number = ""; }), "user.phones[0].number");
  EXPECT_EQ(refused([](User& u) { u.phones.resize(33, {PhoneKind::kHome, "1"}); }), "user.phones");
}

TEST(IsEmail, RefusesWhatCouldSmuggleAHeader) {
  for (const char* bad : {"a@b\r\nBcc: x@y", "a b@c", "a@b@c", "@b", "a@", "a@.b", "a@b..c", "<a@b>", "a@b,c@d"}) {
    EXPECT_FALSE(IsEmail(bad)) << bad;
  }
  EXPECT_TRUE(IsEmail("o'brien+tag@sub.corp.example"));
  EXPECT_TRUE(IsEmail("zoë@exämple.example"));
}

}  // namespace
}  // namespace crosspoint::directory
