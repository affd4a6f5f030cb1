#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/component/presence/presence_replica.h"

namespace crosspoint::testing {
namespace {

using namespace std::chrono_literals;

class PresenceWatch : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    redis_ = std::make_unique<RedisServer>();
    keys_ = std::make_unique<CredentialsFolder>();
    replica_ = std::make_unique<PresenceReplica>(*redis_, **keys_);
    ASSERT_TRUE(replica_->WaitUntilLoaded());
  }
  static void TearDownTestSuite() {
    replica_.reset();
    keys_.reset();
    redis_.reset();
  }
  std::string Token(const std::string& user = "viewer") { return (*keys_)->Token("acme", user); }
  PresenceCaller Me(const std::string& user) { return PresenceCaller(*replica_, Token(user)); }

  static inline std::unique_ptr<RedisServer> redis_;
  static inline std::unique_ptr<CredentialsFolder> keys_;
  static inline std::unique_ptr<PresenceReplica> replica_;
};

TEST_F(PresenceWatch, StatesComeFirstThenChanges) {
  ASSERT_EQ(Told(Me("w1").Set("w1", "custom")), "OK");
  PresenceWatcher watcher(*replica_, Token(), {"w1", "w2"});
  ASSERT_TRUE(watcher.WaitForSynced());
  EXPECT_EQ(watcher.states(), (std::map<std::string, std::string>{{"w1", "custom"}, {"w2", "available"}}));
  ASSERT_EQ(Told(Me("w2").Set("w2", "vacation")), "OK");
  EXPECT_TRUE(watcher.WaitForState("w2", "vacation"));
  EXPECT_FALSE(watcher.saw_gap());
}

TEST_F(PresenceWatch, UsersAreAddedAndRemovedWhileItIsOpen) {
  PresenceWatcher watcher(*replica_, Token(), {"a1"});
  ASSERT_TRUE(watcher.WaitForSynced());
  pb::WatchPresenceRequest change;
  change.add_add_users(UserName("a2"));
  change.add_remove_users(UserName("a1"));
  ASSERT_TRUE(watcher.Send(change));
  ASSERT_TRUE(watcher.WaitForState("a2", "available"));
  ASSERT_EQ(Told(Me("a1").Set("a1", "custom")), "OK");
  ASSERT_EQ(Told(Me("a2").Set("a2", "custom")), "OK");
  ASSERT_TRUE(watcher.WaitForState("a2", "custom"));
  EXPECT_EQ(watcher.states().at("a1"), "available");
}

TEST_F(PresenceWatch, ResumeSendsOnlyWhatChangedSince) {
  std::string token;
  ASSERT_EQ(Told(Me("r1").Set("r1", "custom")), "OK");
  {
    PresenceWatcher watcher(*replica_, Token(), {"r1", "r2"});
    ASSERT_TRUE(watcher.WaitForSynced());
    ASSERT_EQ(Told(Me("r2").Set("r2", "custom")), "OK");
    ASSERT_TRUE(watcher.WaitForState("r2", "custom"));
    // The state may come before the bus says how far the shard is; the next message then carries the newer token.
    ASSERT_EQ(Told(Me("r1").Set("r1", "vacation")), "OK");
    ASSERT_TRUE(watcher.WaitForState("r1", "vacation"));
    token = watcher.resume_token();
  }
  ASSERT_EQ(Told(Me("r1").Set("r1", "do-not-disturb")), "OK");
  PresenceWatcher resumed(*replica_, Token(), {"r1", "r2"}, token);
  ASSERT_TRUE(resumed.WaitForSynced());
  ASSERT_TRUE(resumed.WaitForState("r1", "do-not-disturb"));
  EXPECT_FALSE(resumed.saw_gap());
}

TEST_F(PresenceWatch, UnreadableTokenIsToldAsAGapAndEverythingFollows) {
  PresenceWatcher watcher(*replica_, Token(), {"g1"}, "rubbish!");
  ASSERT_TRUE(watcher.WaitForSynced());
  EXPECT_TRUE(watcher.saw_gap());
  EXPECT_EQ(watcher.received(), 1u);
}

TEST_F(PresenceWatch, EndOfAStreamLeavesNothingBehind) {
  ASSERT_TRUE(WaitFor([&] { return replica_->watches().watches == 0; }));
  {
    PresenceWatcher watcher(*replica_, Token(), {"e1", "e2"});
    ASSERT_TRUE(watcher.WaitForSynced());
    EXPECT_EQ(replica_->watches().watched_users, 2);
  }
  EXPECT_TRUE(WaitFor([&] { return replica_->watches().watches == 0 && replica_->watches().watched_users == 0; }));
}

TEST_F(PresenceWatch, BadMessagesEndTheStreamNamingTheField) {
  pb::WatchPresenceRequest many;
  for (int i = 0; i < 1001; ++i) many.add_add_users(UserName("u1"));
  pb::WatchPresenceRequest token;
  token.set_resume_token("later");
  pb::WatchPresenceRequest name;
  name.add_remove_users("tenants/acme/users/");
  const std::pair<pb::WatchPresenceRequest, std::string> cases[] = {
      {many, "add_users"}, {token, "resume_token"}, {name, "remove_users"}};
  for (const auto& [request, field] : cases) {
    PresenceWatcher watcher(*replica_, Token(), {"b1"});
    ASSERT_TRUE(watcher.WaitForSynced());
    watcher.Send(request);
    EXPECT_EQ(Told(watcher.End()), "INVALID_ARGUMENT INVALID_FIELD " + field);
  }
}

TEST_F(PresenceWatch, ForeignUsersInALaterMessageEndTheStream) {
  PresenceWatcher watcher(*replica_, Token(), {"f1"});
  ASSERT_TRUE(watcher.WaitForSynced());
  pb::WatchPresenceRequest foreign;
  foreign.add_add_users(UserName("f1", "globex"));
  watcher.Send(foreign);
  EXPECT_EQ(Told(watcher.End()), "NOT_FOUND RESOURCE_NOT_FOUND add_users");
}

TEST_F(PresenceWatch, MoreThanTenThousandUsersAreRefused) {
  PresenceWatcher watcher(*replica_, Token(), {"n1"});
  ASSERT_TRUE(watcher.WaitForSynced());
  for (int part = 0; part < 10; ++part) {
    pb::WatchPresenceRequest more;
    for (int i = 0; i < 1000; ++i) more.add_add_users(UserName("n-" + std::to_string(part * 1000 + i)));
    watcher.Send(more);
  }
  EXPECT_EQ(Told(watcher.End()), "RESOURCE_EXHAUSTED TOO_MANY_WATCHED_USERS");
}

}  // namespace
}  // namespace crosspoint::testing
