#include "meeting_sync/app/user_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

using ::testing::ElementsAre;

const TenantId kTenant{"acme"};
UserId User(const std::string& id) { return {kTenant, id}; }

TEST(UserBook, BindingOfTheUserWinsOverTheTenants) {
  UserBook book({{kTenant, Binding::kNone}});
  book.Put({.user = User("a"), .address = "a@x"});
  book.Put({.user = User("b"), .address = "b@x", .binding = Binding::kEws});
  book.Put({.user = User("c"), .address = "c@x", .binding = Binding::kGraph});
  book.Put({.user = User("d"), .binding = Binding::kEws});
  EXPECT_TRUE(HasReason(book.MailboxOf(User("a")).status(), "NO_MAILBOX"));
  EXPECT_EQ(book.MailboxOf(User("b"))->address, "b@x");
  EXPECT_TRUE(HasReason(book.MailboxOf(User("c")).status(), "PROVIDER_NOT_SERVED"));
  EXPECT_TRUE(HasReason(book.MailboxOf(User("d")).status(), "NO_MAILBOX")) << "no address, no mailbox";
}

TEST(UserBook, TheModeFollowsMailboxAndOutlookOfTheUserThenOfTheTenant) {
  struct Case {
    OutlookUse user, tenant;
    bool auto_outlook, uses;
  };
  for (const auto& [user, tenant, auto_outlook, uses] : {
           Case{OutlookUse::kYes, OutlookUse::kNo, false, true},
           Case{OutlookUse::kNo, OutlookUse::kYes, true, false},
           Case{OutlookUse::kUnset, OutlookUse::kYes, false, true},
           Case{OutlookUse::kUnset, OutlookUse::kNo, true, false},
           Case{OutlookUse::kUnset, OutlookUse::kAuto, true, true},
           Case{OutlookUse::kUnset, OutlookUse::kAuto, false, false},
           Case{OutlookUse::kAuto, OutlookUse::kYes, false, false},
           Case{OutlookUse::kAuto, OutlookUse::kNo, true, true},
       }) {
    for (const auto binding : {Binding::kEws, Binding::kNone}) {
      UserBook book({{kTenant, TenantDefaults(Binding::kEws, tenant, auto_outlook)}});
      book.Put({.user = User("a"), .address = "a@x", .binding = binding, .outlook_use = user, .aliases = {"b@x"}});
      const auto found = book.Find(User("a"));
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_EQ(found->mode, ModeOf(binding == Binding::kEws, uses));
      EXPECT_EQ(found->mailbox.has_value(), binding == Binding::kEws);
      EXPECT_TRUE(found->Owns("B@x"));
      EXPECT_FALSE(found->Owns("c@x"));
    }
  }
  UserBook book({{kTenant, Binding::kEws}});
  book.Put({.user = User("g"), .address = "g@x", .binding = Binding::kGraph});
  EXPECT_TRUE(HasReason(book.Find(User("g")).status(), "PROVIDER_NOT_SERVED"));
  EXPECT_TRUE(absl::IsUnavailable(book.Find(User("nobody")).status()));
}

TEST(UserBook, UnknownUsersAreNotFoundOnlyOnceTheDirectoryHasSpoken) {
  UserBook book({{kTenant, Binding::kEws}});
  EXPECT_EQ(book.MailboxOf(User("a")).status().code(), absl::StatusCode::kUnavailable);
  book.Synced(kTenant);
  EXPECT_EQ(book.MailboxOf(User("a")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(book.MailboxOf({TenantId{"other"}, "a"}).status().code(), absl::StatusCode::kNotFound);
}

TEST(UserBook, TellsWhatComesChangesAndGoes) {
  UserBook book({{kTenant, Binding::kEws}});
  std::vector<std::string> told;
  book.Put({.user = User("early"), .address = "early@x"});
  book.SetListener(
      {.on_mailbox = [&](const Mailbox& m) { told.push_back("+" + m.address); },
       .on_gone = [&](const UserId& u,
                      UserBook::Gone g) { told.push_back((g == UserBook::Gone::kNoLonger ? "-" : "?") + u.value); }});
  book.Put({.user = User("a"), .address = "a@x"});
  book.Put({.user = User("a"), .address = "a@x"});
  book.Put({.user = User("a"), .address = "a2@x"});
  book.Put({.user = User("a"), .address = "a2@x", .binding = Binding::kNone});
  book.Put({.user = User("b"), .address = "b@x"});
  book.Put({.user = User("b"), .deleted = true});
  book.Restart(kTenant);
  book.Synced(kTenant);
  EXPECT_THAT(told, ElementsAre("+early@x", "+a@x", "+a2@x", "-a", "+b@x", "-b", "?early"));
}

TEST(UserBook, ListsMailboxesPageByPage) {
  UserBook book({{kTenant, Binding::kEws}, {TenantId{"other"}, Binding::kEws}});
  for (const auto* id : {"c", "a", "b", "d"}) book.Put({.user = User(id), .address = std::string(id) + "@x"});
  book.Put({.user = {TenantId{"other"}, "z"}, .address = "z@x"});
  book.Put({.user = User("bb"), .address = ""});
  EXPECT_THAT(book.ListMailboxes(kTenant, "", 2), ElementsAre(User("a"), User("b")));
  EXPECT_THAT(book.ListMailboxes(kTenant, "b", 5), ElementsAre(User("c"), User("d")));
}

}  // namespace
}  // namespace crosspoint::meeting_sync
