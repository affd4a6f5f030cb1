#include "presence/app/email_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"

namespace crosspoint::presence {
namespace {

using ::testing::ElementsAre;

const TenantId kAcme{"acme"};
UserId User(const std::string& id) { return UserId{kAcme, id}; }

class EmailBookTest : public ::testing::Test {
 protected:
  std::optional<UserId> Whose(const std::string& email) { return book_.Find(kAcme, {email}).value().at(0); }

  EmailBook book_;
};

TEST_F(EmailBookTest, UntilTheDirectoryHasToldAllNothingIsKnown) {
  EXPECT_EQ(GetErrorInfo(book_.Find(kAcme, {"ann@corp.example"}).status())->reason, "USERS_UNKNOWN");
  book_.Restart(kAcme);
  book_.Put(User("u1"), {"ann@corp.example"});
  EXPECT_EQ(book_.Find(kAcme, {"ann@corp.example"}).status().code(), absl::StatusCode::kUnavailable);
  book_.Synced(kAcme);
  EXPECT_EQ(Whose("ann@corp.example"), User("u1"));
  EXPECT_EQ(book_.Find({"other"}, {"ann@corp.example"}).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(EmailBookTest, EveryAliasFindsTheUserWhateverItsCaseAndUnknownOnesNobody) {
  book_.Restart(kAcme);
  book_.Put(User("u1"), {"Ann@Corp.example", "a.smith@corp.example", ""});
  book_.Synced(kAcme);
  EXPECT_THAT(book_.Find(kAcme, {"A.SMITH@corp.EXAMPLE", "nobody@corp.example", "ann@corp.example", ""}).value(),
              ElementsAre(User("u1"), std::nullopt, User("u1"), std::nullopt));
}

TEST_F(EmailBookTest, AChangedAddressReplacesTheOldOneAndADeletedUserHasNone) {
  book_.Restart(kAcme);
  book_.Put(User("u1"), {"ann@corp.example", "old@corp.example"});
  book_.Synced(kAcme);
  book_.Put(User("u1"), {"ann@corp.example", "new@corp.example"});
  EXPECT_EQ(Whose("old@corp.example"), std::nullopt);
  EXPECT_EQ(Whose("new@corp.example"), User("u1"));
  book_.Put(User("u1"), {});
  EXPECT_EQ(Whose("ann@corp.example"), std::nullopt);
  EXPECT_EQ(book_.users(), 0u);
}

TEST_F(EmailBookTest, AnAddressThatPassedToAnotherStaysThere) {
  book_.Restart(kAcme);
  book_.Put(User("u1"), {"desk@corp.example"});
  book_.Synced(kAcme);
  book_.Put(User("u2"), {"desk@corp.example"});
  book_.Put(User("u1"), {});
  EXPECT_EQ(Whose("desk@corp.example"), User("u2"));
}

TEST_F(EmailBookTest, WhoIsNotNamedAfterARestartIsGoneWhenItIsComplete) {
  book_.Restart(kAcme);
  book_.Put(User("u1"), {"ann@corp.example"});
  book_.Put(User("u2"), {"bob@corp.example"});
  book_.Synced(kAcme);
  book_.Restart(kAcme);
  book_.Put(User("u2"), {"bob@corp.example"});
  EXPECT_EQ(Whose("ann@corp.example"), User("u1")) << "known until the directory has told all";
  book_.Synced(kAcme);
  EXPECT_EQ(Whose("ann@corp.example"), std::nullopt);
  EXPECT_EQ(Whose("bob@corp.example"), User("u2"));
}

class CountingFollower final : public TenantFollower {
 public:
  void Follow(const TenantId& tenant) override { followed.push_back(tenant); }
  std::vector<TenantId> followed;
};

TEST_F(EmailBookTest, ATenantIsFollowedFromItsFirstUse) {
  CountingFollower follower;
  PeopleFinder finder(book_, follower);
  EXPECT_EQ(finder.Find(kAcme, {"ann@corp.example"}).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(follower.followed, ElementsAre(kAcme));
  book_.Restart(kAcme);
  book_.Put(User("u1"), {"ann@corp.example"});
  book_.Synced(kAcme);
  EXPECT_THAT(finder.Find(kAcme, {"ann@corp.example"}).value(), ElementsAre(User("u1")));
}

}  // namespace
}  // namespace crosspoint::presence
