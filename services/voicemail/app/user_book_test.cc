#include "voicemail/app/user_book.h"

#include <gmock/gmock.h>

namespace crosspoint::voicemail {
namespace {

const TenantId kAcme{"acme"};
const UserId kAda{kAcme, "ada"};

UserBook MakeBook() { return UserBook({{kAcme, TenantRules{.default_binding = Binding::kEws, .region = "DE"}}}); }

TEST(VoicemailUserBook, FindsByExtensionAndByPhoneHoweverTyped) {
  auto book = MakeBook();
  book.Put({.id = kAda, .display_name = "Ada", .extension = "201", .phones = {"(030) 23125-001", "nonsense"}});
  EXPECT_EQ(book.ByNumber(kAcme, "201")->id, kAda);
  EXPECT_EQ(book.ByNumber(kAcme, "+493023125001")->id, kAda);
  EXPECT_FALSE(book.ByNumber(kAcme, ""));
  EXPECT_FALSE(book.ByNumber(TenantId{"other"}, "201"));
  book.Put({.id = kAda, .display_name = "Ada", .extension = "202"});
  EXPECT_FALSE(book.ByNumber(kAcme, "201"));
  EXPECT_FALSE(book.ByNumber(kAcme, "+493023125001"));
  EXPECT_TRUE(book.ByNumber(kAcme, "202"));
  book.Remove(kAda);
  EXPECT_FALSE(book.ByNumber(kAcme, "202"));
}

TEST(VoicemailUserBook, WhoIsNotNamedAfterARestartIsGone) {
  auto book = MakeBook();
  EXPECT_FALSE(book.synced());
  book.Put({.id = kAda, .display_name = "Ada"});
  book.Put({.id = {kAcme, "bob"}, .display_name = "Bob"});
  book.Synced(kAcme);
  EXPECT_TRUE(book.synced());
  book.Restart(kAcme);
  book.Put({.id = kAda, .display_name = "Ada"});
  EXPECT_EQ(book.UsersOf(kAcme).size(), 2u) << "nobody goes before all are named";
  book.Synced(kAcme);
  EXPECT_THAT(book.UsersOf(kAcme), ::testing::ElementsAre(kAda));
}

TEST(VoicemailUserBook, UsersOfOtherTenantsAreNotTaken) {
  auto book = MakeBook();
  book.Put({.id = {TenantId{"other"}, "eve"}, .display_name = "Eve"});
  EXPECT_TRUE(book.UsersOf(TenantId{"other"}).empty());
}

}  // namespace
}  // namespace crosspoint::voicemail
