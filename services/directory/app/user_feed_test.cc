#include "directory/app/user_feed.h"

#include <gmock/gmock.h>

#include <random>

#include "tests/support/fake_user_store.h"

namespace crosspoint::directory {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const TenantId kAcme{"acme"};
const Deadline kLate = Deadline::max();

class UserFeedTest : public testing::Test {
 protected:
  User Create(const std::string& id) {
    return *store_.Create({{{.id = {kAcme, id}, .display_name = id, .email = id + "@x"}, "", ""}}, kLate)[0];
  }
  std::vector<std::string> Names(const UserFeed::News& news) {
    std::vector<std::string> names;
    for (const auto& user : news.users) names.push_back((user.deleted() ? "-" : "") + user.id.value);
    return names;
  }

  FakeUserStore store_;
  UserFeed feed_{store_, {kAcme}};
};

TEST_F(UserFeedTest, IsNotLoadedBeforeTheFirstCompleteRead) {
  store_.FailWith(absl::UnavailableError("away"));
  EXPECT_FALSE(feed_.Refresh(kAcme, kLate).ok());
  EXPECT_TRUE(absl::IsUnavailable(feed_.Loaded()));
  FeedPosition position;
  EXPECT_FALSE(feed_.ReadNews(kAcme, position, 10).complete);
  store_.FailWith(absl::OkStatus());
  ASSERT_TRUE(feed_.Refresh(kAcme, kLate).ok());
  EXPECT_TRUE(feed_.Loaded().ok());
}

TEST_F(UserFeedTest, AReaderGetsTheStateThenEachChangeOnce) {
  Create("u1");
  Create("u2");
  ASSERT_TRUE(feed_.Refresh(kAcme, kLate).ok());
  FeedPosition position;
  EXPECT_THAT(Names(feed_.ReadNews(kAcme, position, 10)), ElementsAre("u1", "u2"));
  EXPECT_EQ(feed_.user_count(), 2U);
  EXPECT_THAT(Names(feed_.ReadNews(kAcme, position, 10)), IsEmpty());
  ASSERT_TRUE(store_.Delete({kAcme, "u1"}, 0, kLate).ok());
  Create("u3");
  ASSERT_TRUE(feed_.Refresh(kAcme, kLate).ok());
  EXPECT_THAT(Names(feed_.ReadNews(kAcme, position, 10)), ElementsAre("-u1", "u3"));
}

TEST_F(UserFeedTest, AResumeTokenIsGoodOnAnotherReplica) {
  Create("u1");
  ASSERT_TRUE(feed_.Refresh(kAcme, kLate).ok());
  FeedPosition position;
  feed_.ReadNews(kAcme, position, 10);
  Create("u2");
  UserFeed other(store_, {kAcme});
  ASSERT_TRUE(other.Refresh(kAcme, kLate).ok());
  auto resumed = FeedPosition::Parse(position.Token());
  ASSERT_TRUE(resumed.ok());
  const auto news = other.ReadNews(kAcme, *resumed, 10);
  EXPECT_FALSE(news.gap);
  EXPECT_THAT(Names(news), ElementsAre("u2"));
}

TEST_F(UserFeedTest, ANewEpochIsToldAsAGapWithTheWholeState) {
  Create("u1");
  ASSERT_TRUE(feed_.Refresh(kAcme, kLate).ok());
  FeedPosition position;
  feed_.ReadNews(kAcme, position, 10);
  store_.StartNewEpoch();
  ASSERT_TRUE(feed_.Refresh(kAcme, kLate).ok());
  const auto news = feed_.ReadNews(kAcme, position, 10);
  EXPECT_TRUE(news.gap);
  EXPECT_THAT(Names(news), ElementsAre("u1"));
}

TEST_F(UserFeedTest, ListenersHearOfNewsUntilTheyLeave) {
  int heard = 0;
  auto subscription = feed_.Subscribe(kAcme, [&] { ++heard; });
  ASSERT_TRUE(feed_.Refresh(kAcme, kLate).ok());
  EXPECT_EQ(heard, 1);  // loaded
  ASSERT_TRUE(feed_.Refresh(kAcme, kLate).ok());
  EXPECT_EQ(heard, 1);  // nothing new
  Create("u1");
  ASSERT_TRUE(feed_.Refresh(kAcme, kLate).ok());
  EXPECT_EQ(heard, 2);
  subscription.reset();
  Create("u2");
  ASSERT_TRUE(feed_.Refresh(kAcme, kLate).ok());
  EXPECT_EQ(heard, 2);
}

TEST_F(UserFeedTest, ForgedTokensAreRefused) {
  for (const char* bad : {"x", ".5", "e1.", "e1.-1", "e1.5x", "e1.99999999999999999999999"}) {
    EXPECT_FALSE(FeedPosition::Parse(bad).ok()) << bad;
  }
}

// Whatever happens to the users and whenever a reader looks, it ends with what the store holds.
TEST_F(UserFeedTest, AReaderOfSmallPagesAlwaysEndsWithTheTruth) {
  std::mt19937 random(3);
  std::map<std::string, std::string> known;
  FeedPosition position;
  for (int step = 0; step < 3000; ++step) {
    const auto id = "u" + std::to_string(random() % 20);
    switch (random() % 6) {
      case 0:
        (void)store_.Create({{{.id = {kAcme, id}, .display_name = id, .email = id + "@x"}, "", ""}}, kLate);
        break;
      case 1:
        (void)store_.Delete({kAcme, id}, 0, kLate);
        break;
      case 2:
        (void)store_.Undelete({kAcme, id}, kLate);
        break;
      case 3:
        (void)store_.Update({.id = {kAcme, id}, .display_name = std::to_string(step), .email = id + "@x"}, 0, kLate);
        break;
      case 4:
        if (random() % 50 == 0) store_.StartNewEpoch();
        ASSERT_TRUE(feed_.Refresh(kAcme, kLate).ok());
        break;
      default: {
        const auto news = feed_.ReadNews(kAcme, position, 3);
        if (news.gap) known.clear();
        for (const auto& user : news.users) {
          if (user.deleted()) {
            known.erase(user.id.value);
          } else {
            known[user.id.value] = user.display_name;
          }
        }
      }
    }
  }
  ASSERT_TRUE(feed_.Refresh(kAcme, kLate).ok());
  for (bool complete = false; !complete;) {
    const auto news = feed_.ReadNews(kAcme, position, 3);
    complete = news.complete;
    if (news.gap) known.clear();
    for (const auto& user : news.users) {
      if (user.deleted()) {
        known.erase(user.id.value);
      } else {
        known[user.id.value] = user.display_name;
      }
    }
  }
  std::map<std::string, std::string> truth;
  const auto listed = store_.List(kAcme, "", 1000, false, kLate);
  for (const auto& user : listed->users) truth[user.id.value] = user.display_name;
  EXPECT_EQ(known, truth);
}

}  // namespace
}  // namespace crosspoint::directory
