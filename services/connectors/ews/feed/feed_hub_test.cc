#include "connectors/ews/feed/feed_hub.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "common/tasks/manual_tasks.h"
#include "connectors/ews/feed/fake_server.h"

namespace crosspoint::ews {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::SizeIs;

struct Heard {
  int events = 0;
  int gaps = 0;
  std::vector<absl::Status> troubles;
  int news() const { return events + gaps; }
};

class Listener final : public FeedListener {
 public:
  explicit Listener(Heard& heard) : heard_(heard) {}
  void OnEvent(const StreamEvent&) override { ++heard_.events; }
  void OnGap() override { ++heard_.gaps; }
  void OnTrouble(const absl::Status& status) override { heard_.troubles.push_back(status); }

 private:
  Heard& heard_;
};

absl::Status Cut() { return absl::UnavailableError("connection lost"); }
absl::Status Refusal(const std::string& code) { return StatusFromResponseCode(code, ""); }

class FeedHubTest : public ::testing::Test {
 protected:
  static std::string Address(int i) { return fmt::format("p{:05}@corp.example", i); }
  void Add(const std::string& address) {
    seats_[address] =
        hub_.Add({.address = address, .server = &server_, .grouping = ""}, std::make_unique<Listener>(heard_[address]));
  }
  void AddMany(int count) {
    for (int i = 0; i < count; ++i) Add(Address(i));
  }
  // Until everybody is fed.
  void Settle() { tasks_.Advance(seconds{4}); }
  int Gaps() const {
    int sum = 0;
    for (const auto& [address, heard] : heard_) sum += heard.gaps;
    return sum;
  }

  ManualTasks tasks_;
  FakeFeedServer server_;
  FeedOptions options_{.group_size = 5};
  FeedHub hub_{tasks_, options_, [] { return 0.5; }};
  std::map<std::string, Heard> heard_;
  std::map<std::string, std::unique_ptr<FeedSeat>> seats_;
};

TEST_F(FeedHubTest, MailboxesAreCutIntoGroupsByAddress) {
  for (const int i : {6, 3, 1, 5, 0, 4, 2}) Add(Address(i));
  Settle();
  ASSERT_THAT(server_.running(), SizeIs(2));
  EXPECT_EQ(server_.running()[0]->ids.size() + server_.running()[1]->ids.size(), 7u);
  const auto stats = hub_.stats();
  EXPECT_EQ(stats.mailboxes, 7u);
  EXPECT_EQ(stats.fed, 7u);
  EXPECT_EQ(stats.groups, 2u);
  EXPECT_EQ(stats.connections, 2u);
  for (const auto* open : server_.running()) {
    EXPECT_EQ(open->speaker, open->affinity.anchor_mailbox);
    EXPECT_EQ(open->affinity.cookie, "on-" + open->speaker);
  }
}

TEST_F(FeedHubTest, AnchorSubscribesFirstAndItsCookieGoesWithTheOthers) {
  AddMany(4);
  Settle();
  ASSERT_THAT(server_.asked, SizeIs(4));
  EXPECT_EQ(server_.asked[0].first, Address(0));
  EXPECT_EQ(server_.asked[0].second.cookie, "");
  for (const auto& [mailbox, affinity] : server_.asked) {
    EXPECT_EQ(affinity.anchor_mailbox, Address(0));
    EXPECT_EQ(affinity.cookie, mailbox == Address(0) ? "" : "on-" + Address(0));
  }
}

TEST_F(FeedHubTest, SubscribedIsToldAsAGapThenEventsOneByOne) {
  AddMany(2);
  Settle();
  EXPECT_EQ(heard_[Address(0)].gaps, 1);
  server_.Change(Address(0));
  server_.Change(Address(0));
  EXPECT_EQ(heard_[Address(0)].events, 2);
  EXPECT_EQ(heard_[Address(1)].events, 0);
}

TEST_F(FeedHubTest, NewcomersAreCollectedAndCostFewConnections) {
  FakeFeedServer big;
  FeedHub hub(tasks_, {}, [] { return 0.5; });
  Heard heard;
  std::vector<std::unique_ptr<FeedSeat>> seats;
  for (int i = 0; i < 1000; ++i) {
    seats.push_back(
        hub.Add({.address = Address(i), .server = &big, .grouping = ""}, std::make_unique<Listener>(heard)));
    tasks_.Advance(milliseconds{10});
  }
  Settle();
  EXPECT_EQ(hub.stats().fed, 1000u);
  EXPECT_EQ(hub.stats().connections, 5u);
  EXPECT_LT(big.opens.size(), 15u);
  hub.Stop();
}

TEST_F(FeedHubTest, NothingIsLostWhileAConnectionIsReplaced) {
  AddMany(2);
  Settle();
  server_.hand_over = false;
  Add(Address(2));
  server_.Change(Address(0));
  Settle();
  ASSERT_THAT(server_.running(), SizeIs(2)) << "the old one is read on until the server ends it";
  EXPECT_EQ(heard_[Address(0)].events, 1);
  server_.End(*server_.running()[0], Refusal("ErrorNewEventStreamConnectionOpened"));
  Settle();
  EXPECT_EQ(heard_[Address(0)].gaps, 1) << "handed over in good order";
  EXPECT_EQ(hub_.stats().connections, 1u);
}

TEST_F(FeedHubTest, ReplacedConnectionThatDoesNotEndIsCutAndSyncedAfter) {
  AddMany(2);
  Settle();
  server_.hand_over = false;
  Add(Address(2));
  tasks_.Advance(seconds{20});
  EXPECT_THAT(server_.running(), SizeIs(1));
  EXPECT_EQ(heard_[Address(0)].gaps, 2);
  EXPECT_EQ(heard_[Address(2)].gaps, 1);
}

TEST_F(FeedHubTest, ReplacementThatFailsLeavesTheOldOneRunning) {
  AddMany(2);
  Settle();
  server_.down = Cut();
  Add(Address(2));
  tasks_.Advance(minutes{1});
  EXPECT_THAT(server_.running(), SizeIs(1));
  EXPECT_EQ(hub_.stats().fed, 2u);
  server_.Change(Address(1));
  EXPECT_EQ(heard_[Address(1)].events, 1);
  server_.down = absl::OkStatus();
  tasks_.Advance(minutes{3});
  EXPECT_EQ(hub_.stats().fed, 3u);
}

TEST_F(FeedHubTest, ClosedConnectionIsOpenedAgainAtOnceWithTheSameSubscriptions) {
  AddMany(3);
  Settle();
  const auto ids = server_.running()[0]->ids;
  tasks_.Advance(minutes{28});
  server_.EndAll(absl::OkStatus());
  server_.Change(Address(1));
  tasks_.Run();
  ASSERT_THAT(server_.running(), SizeIs(1));
  EXPECT_EQ(server_.running()[0]->ids, ids);
  EXPECT_EQ(heard_[Address(1)].events, 1) << "what waited on the server";
  EXPECT_EQ(heard_[Address(1)].gaps, 1) << "nothing was lost";
}

TEST_F(FeedHubTest, ConnectionTheServerForgetsToCloseIsReplacedBeforeItIsTooOld) {
  AddMany(2);
  Settle();
  tasks_.Advance(minutes{31});
  EXPECT_THAT(server_.opens, SizeIs(2));
  EXPECT_EQ(hub_.stats().connections, 1u);
}

TEST_F(FeedHubTest, BrokenConnectionIsOpenedAgainAndEverybodySyncsOnceItStands) {
  AddMany(3);
  Settle();
  server_.down = Cut();
  server_.EndAll(Cut());
  server_.Change(Address(2));
  tasks_.Advance(seconds{5});
  EXPECT_EQ(Gaps(), 3) << "too early to look";
  EXPECT_EQ(hub_.stats().fed, 0u);
  EXPECT_THAT(heard_[Address(0)].troubles, SizeIs(1));
  server_.down = absl::OkStatus();
  tasks_.Advance(minutes{1});
  EXPECT_EQ(Gaps(), 6);
  EXPECT_EQ(hub_.stats().fed, 3u);
  EXPECT_EQ(server_.made, 3) << "the subscriptions had survived";
}

TEST_F(FeedHubTest, FailuresAreRetriedEverMoreSlowly) {
  AddMany(1);
  Settle();
  server_.down = Cut();
  server_.EndAll(Cut());
  const auto before = server_.opens.size();
  tasks_.Advance(minutes{10});
  const auto tries = server_.opens.size() - before;
  EXPECT_GT(tries, 8u);
  EXPECT_LT(tries, 20u);
}

TEST_F(FeedHubTest, ConnectionsThatCloseAtOnceAreNoStorm) {
  AddMany(1);
  Settle();
  for (int i = 0; i < 600; ++i) {
    server_.EndAll(absl::OkStatus());
    tasks_.Advance(milliseconds{100});
  }
  EXPECT_LT(server_.opens.size(), 15u);
}

TEST_F(FeedHubTest, OnlyLostSubscriptionsAreMadeAgain) {
  AddMany(4);
  Settle();
  server_.Lose(Address(2));
  server_.Change(Address(2));
  Settle();
  EXPECT_EQ(server_.made, 5);
  EXPECT_EQ(heard_[Address(2)].gaps, 2);
  EXPECT_EQ(Gaps(), 5);
  EXPECT_EQ(hub_.stats().fed, 4u);
  server_.Change(Address(2));
  EXPECT_EQ(heard_[Address(2)].events, 1);
}

TEST_F(FeedHubTest, LossThatEndsTheConnectionConcernsOnlyThoseNamed) {
  AddMany(3);
  Settle();
  auto& open = *server_.running()[0];
  server_.Lose(Address(1));
  server_.End(open, ErrorWithInfo(absl::StatusCode::kUnavailable, "ended", {"EWS_STREAM_CUT", "ews.crosspoint", {}}));
  server_.Change(Address(0));
  Settle();
  EXPECT_EQ(heard_[Address(0)].gaps, 1);
  EXPECT_EQ(heard_[Address(0)].events, 1);
  EXPECT_EQ(heard_[Address(1)].gaps, 2);
  EXPECT_EQ(hub_.stats().fed, 3u);
}

TEST_F(FeedHubTest, LossNamedWhileOpeningDoesNotEndTheSyncOfTheOthers) {
  AddMany(3);
  Settle();
  std::erase_if(server_.held, [](const auto& held) { return held.second.mailbox == Address(1); });
  server_.EndAll(Cut());
  tasks_.Advance(seconds{10});
  EXPECT_EQ(hub_.stats().fed, 3u);
  EXPECT_EQ(server_.made, 4);
  for (int i = 0; i < 3; ++i) EXPECT_GE(heard_[Address(i)].gaps, 2) << i;
}

TEST_F(FeedHubTest, LossOfAllBeginsWithTheAnchorAgain) {
  AddMany(3);
  Settle();
  server_.held.clear();
  server_.EndAll(Cut());
  server_.asked.clear();
  tasks_.Advance(seconds{10});
  EXPECT_EQ(hub_.stats().fed, 3u);
  ASSERT_THAT(server_.asked, SizeIs(3));
  EXPECT_EQ(server_.asked[0].second.cookie, "") << "the server of the old cookie is gone";
  EXPECT_EQ(Gaps(), 6);
}

TEST_F(FeedHubTest, ErrorsThatVoidSubscriptionsWithoutNamingThemMakeAllAnew) {
  int made = 3;
  AddMany(3);
  Settle();
  for (const auto* code : {"ErrorMissedNotificationEvents", "ErrorReadEventsFailed", "ErrorSubscriptionNotFound"}) {
    tasks_.Advance(minutes{1});
    server_.EndAll(Refusal(code));
    tasks_.Advance(seconds{10});
    EXPECT_EQ(server_.made, made += 3) << code;
    EXPECT_EQ(hub_.stats().fed, 3u);
    EXPECT_EQ(Gaps(), made);
  }
}

TEST_F(FeedHubTest, SubscriptionTakenOverByAStrangerIsSynced) {
  AddMany(2);
  Settle();
  tasks_.Advance(minutes{1});
  server_.EndAll(Refusal("ErrorNewEventStreamConnectionOpened"));
  tasks_.Advance(seconds{5});
  EXPECT_EQ(Gaps(), 4);
  EXPECT_EQ(server_.made, 2);
  EXPECT_EQ(hub_.stats().fed, 2u);
}

TEST_F(FeedHubTest, FailingMailboxDoesNotStopItsGroup) {
  server_.failures[Address(0)] = Refusal("ErrorAccessDenied");  // would be the anchor
  server_.failures[Address(2)] = Refusal("ErrorNonExistentMailbox");
  AddMany(4);
  Settle();
  EXPECT_EQ(hub_.stats().fed, 2u);
  EXPECT_EQ(server_.running()[0]->speaker, Address(1));
  EXPECT_FALSE(heard_[Address(0)].troubles.empty());
  EXPECT_FALSE(heard_[Address(2)].troubles.empty());
  EXPECT_TRUE(heard_[Address(1)].troubles.empty());
  const auto asked = server_.asked.size();
  tasks_.Advance(minutes{60});
  EXPECT_LT(server_.asked.size() - asked, 50u) << "asked about ever more rarely";
  server_.failures.clear();
  tasks_.Advance(minutes{15});
  EXPECT_EQ(hub_.stats().fed, 4u);
}

TEST_F(FeedHubTest, SpeakerWhoIsRefusedIsReplaced) {
  AddMany(3);
  Settle();
  server_.failures[Address(0)] = Refusal("ErrorImpersonateUserDenied");
  server_.EndAll(Cut());
  tasks_.Advance(seconds{30});
  ASSERT_THAT(server_.running(), SizeIs(1));
  EXPECT_EQ(server_.running()[0]->speaker, Address(1));
  EXPECT_EQ(server_.running()[0]->affinity.anchor_mailbox, Address(1));
  EXPECT_EQ(hub_.stats().fed, 3u);
}

TEST_F(FeedHubTest, BackOffOfTheServerIsHonouredExactly) {
  server_.failures[Address(0)] = StatusFromResponseCode("ErrorServerBusy", "", {.back_off = seconds{30}});
  Add(Address(0));
  tasks_.Advance(seconds{1});
  ASSERT_THAT(server_.asked, SizeIs(1));
  server_.failures.clear();
  tasks_.Advance(milliseconds{29'100});
  EXPECT_THAT(server_.asked, SizeIs(1));
  tasks_.Advance(milliseconds{100});
  EXPECT_THAT(server_.asked, SizeIs(2));
}

TEST_F(FeedHubTest, BackOffOfAConnectionIsHonouredExactly) {
  AddMany(1);
  Settle();
  tasks_.Advance(minutes{1});
  server_.EndAll(StatusFromHttp(503, "20"));
  tasks_.Advance(milliseconds{19'999});
  EXPECT_THAT(server_.running(), SizeIs(0));
  tasks_.Advance(milliseconds{1});
  EXPECT_THAT(server_.running(), SizeIs(1));
  EXPECT_EQ(Gaps(), 2);
}

TEST_F(FeedHubTest, ServerThatIsAwayIsAskedOneCallAtATime) {
  server_.down = absl::UnavailableError("connection refused");
  AddMany(100);
  tasks_.Advance(minutes{5});
  EXPECT_LT(server_.asked.size(), 40u);
  server_.down = absl::OkStatus();
  tasks_.Advance(minutes{2});
  EXPECT_EQ(hub_.stats().fed, 100u);
}

TEST_F(FeedHubTest, WhoLeavesIsNoLongerToldAndUnsubscribedOnceNoConnectionCarriesIt) {
  AddMany(3);
  Settle();
  seats_.erase(Address(1));
  const auto news = heard_[Address(1)].news();
  server_.Change(Address(1));
  Settle();
  EXPECT_EQ(heard_[Address(1)].news(), news);
  EXPECT_THAT(server_.unsubscribed, SizeIs(0)) << "a server may end the whole connection";
  Add(Address(3));
  Settle();
  EXPECT_THAT(server_.unsubscribed, ElementsAre(::testing::StartsWith(Address(1))));
  EXPECT_EQ(hub_.stats().fed, 3u);
  EXPECT_EQ(Gaps(), 4);
}

TEST_F(FeedHubTest, AnchorMayLeave) {
  AddMany(3);
  Settle();
  seats_.erase(Address(0));
  server_.EndAll(Cut());
  tasks_.Advance(seconds{10});
  ASSERT_THAT(server_.running(), SizeIs(1));
  EXPECT_EQ(server_.running()[0]->speaker, Address(1));
  EXPECT_EQ(hub_.stats().fed, 2u);
}

TEST_F(FeedHubTest, EmptyGroupEndsItsConnectionAndSubscriptions) {
  AddMany(2);
  Settle();
  seats_.clear();
  Settle();
  EXPECT_THAT(server_.running(), SizeIs(0));
  EXPECT_THAT(server_.unsubscribed, SizeIs(2));
  EXPECT_EQ(hub_.stats().groups, 0u);
}

TEST_F(FeedHubTest, HalfEmptyGroupsAreMergedWhenTheirConnectionIsDue) {
  AddMany(10);
  Settle();
  ASSERT_EQ(hub_.stats().connections, 2u);
  for (const int i : {0, 1, 2, 5, 6, 7}) seats_.erase(Address(i));
  Settle();
  EXPECT_EQ(hub_.stats().connections, 2u);
  tasks_.Advance(minutes{29});
  server_.EndAll(absl::OkStatus());
  Settle();
  EXPECT_EQ(hub_.stats().connections, 1u);
  EXPECT_EQ(hub_.stats().fed, 4u);
  for (const int i : {3, 4, 8, 9}) server_.Change(Address(i));
  for (const int i : {3, 4, 8, 9}) EXPECT_GE(heard_[Address(i)].events, 1) << i;
}

TEST_F(FeedHubTest, GroupingsNeverShareAConnection) {
  for (int i = 0; i < 4; ++i) {
    seats_[Address(i)] =
        hub_.Add({.address = Address(i), .server = &server_, .grouping = i % 2 == 0 ? "site-a" : "site-b"},
                 std::make_unique<Listener>(heard_[Address(i)]));
  }
  Settle();
  EXPECT_EQ(hub_.stats().connections, 2u);
  EXPECT_EQ(hub_.stats().fed, 4u);
}

TEST_F(FeedHubTest, EventOfNobodyIsASyncForEverybody) {
  AddMany(2);
  Settle();
  server_.running()[0]->callbacks.on_event({.kind = StreamEvent::Kind::kModified});
  tasks_.Run();
  EXPECT_EQ(Gaps(), 4);
}

TEST_F(FeedHubTest, NothingIsToldAfterStopAndSeatsMayComeLater) {
  AddMany(2);
  Settle();
  hub_.Stop();
  EXPECT_THAT(server_.running(), SizeIs(0));
  tasks_.Advance(minutes{60});
  EXPECT_THAT(server_.opens, SizeIs(1));
}

}  // namespace
}  // namespace crosspoint::ews
