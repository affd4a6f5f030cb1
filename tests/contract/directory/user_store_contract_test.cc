// One suite for everything that calls itself a UserStore: the fake, Redis and Valkey.
#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <thread>

#include "common/redis/client.h"
#include "common/status/status.h"
#include "directory/adapters/redis_user_store.h"
#include "tests/support/fake_user_store.h"
#include "tests/support/redis_server.h"

namespace crosspoint::directory {
namespace {

using crosspoint::testing::RedisServer;
using ::testing::ElementsAre;
using ::testing::SizeIs;

const TenantId kAcme{"acme"};

Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }

// A store and what it stands on.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual UserStore& store() = 0;
};

class FakeUnderTest final : public StoreUnderTest {
 public:
  UserStore& store() override { return store_; }

 private:
  FakeUserStore store_;
};

class RedisUnderTest final : public StoreUnderTest {
 public:
  explicit RedisUnderTest(RedisServer::Options::Kind kind)
      : server_({.kind = kind}), redis_(server_.config()), store_(redis_, ids_) {}
  UserStore& store() override { return store_; }
  RedisServer& server() { return server_; }

 private:
  RedisServer server_;
  RedisClient redis_;
  RandomIdSource ids_;
  RedisUserStore store_;
};

struct Kind {
  const char* name;
  std::function<std::unique_ptr<StoreUnderTest>()> make;
};

class UserStoreContract : public ::testing::TestWithParam<Kind> {
 protected:
  UserStore& store() { return under_test_->store(); }

  User Make(const std::string& id, const std::string& email, const std::string& extension = "",
            const TenantId& tenant = kAcme) {
    return {.id = {tenant, id}, .display_name = "Name " + id, .email = email, .extension = extension};
  }
  absl::StatusOr<User> Create(const User& user, const std::string& request = "", const std::string& hash = "") {
    return store().Create({{user, request, hash}}, Soon())[0];
  }
  static std::string Reason(const absl::Status& status) {
    const auto info = GetErrorInfo(status);
    return info ? info->reason : "";
  }

  std::unique_ptr<StoreUnderTest> under_test_ = GetParam().make();
};

TEST_P(UserStoreContract, WhatIsCreatedIsReadBackWhole) {
  User user = Make("u1", "Ada@x.example", "1815");
  user.aliases = {"al@x.example"};
  user.phones = {{PhoneKind::kMobile, "+44 1"}, {PhoneKind::kOther, "7"}};
  user.mailbox_binding = MailboxBinding::kEws;
  user.outlook_use = OutlookUse::kNo;
  const auto created = Create(user);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_GT(created->create_time_us, 0);
  EXPECT_GT(created->revision, 0u);
  const auto read = store().Get(user.id, Soon());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, *created);
  EXPECT_EQ(read->aliases, user.aliases);
  EXPECT_EQ(read->phones, user.phones);
  EXPECT_EQ(read->outlook_use, OutlookUse::kNo);
}

TEST_P(UserStoreContract, AddressesAreUniqueOverPrimaryAndAliasCaseAsideButPerTenant) {
  User ada = Make("u1", "ada@x", "1");
  ada.aliases = {"al@x"};
  ASSERT_TRUE(Create(ada).ok());
  EXPECT_EQ(Reason(Create(Make("u2", "AL@x")).status()), "EMAIL_TAKEN");
  EXPECT_EQ(Reason(Create(Make("u2", "b@x", "1")).status()), "EXTENSION_TAKEN");
  EXPECT_TRUE(Create(Make("u2", "ada@x", "1", TenantId{"other"})).ok());
  EXPECT_TRUE(absl::IsNotFound(store().Get({kAcme, "u2"}, Soon()).status()));
}

TEST_P(UserStoreContract, AnUpdateFreesWhatItDropsAndTakesWhatItAdds) {
  ASSERT_TRUE(Create(Make("u1", "ada@x", "1")).ok());
  ASSERT_TRUE(store().Update(Make("u1", "new@x", "2"), 0, Soon()).ok());
  EXPECT_TRUE(Create(Make("u2", "ada@x", "1")).ok());
  EXPECT_EQ(Reason(Create(Make("u3", "new@x")).status()), "EMAIL_TAKEN");
  EXPECT_EQ(Reason(store().Update(Make("u2", "new@x", "1"), 0, Soon()).status()), "EMAIL_TAKEN");
  EXPECT_EQ(store().Get({kAcme, "u2"}, Soon())->email, "ada@x");
}

TEST_P(UserStoreContract, TheSameUpdateAgainTakesNoRevision) {
  ASSERT_TRUE(Create(Make("u1", "ada@x")).ok());
  const auto first = store().Update(Make("u1", "new@x"), 0, Soon());
  const auto again = store().Update(Make("u1", "new@x"), 0, Soon());
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first->revision, again->revision);
}

TEST_P(UserStoreContract, AStaleRevisionIsRefused) {
  const auto created = Create(Make("u1", "ada@x"));
  ASSERT_TRUE(store().Update(Make("u1", "b@x"), created->revision, Soon()).ok());
  EXPECT_EQ(Reason(store().Update(Make("u1", "c@x"), created->revision, Soon()).status()), "ETAG_STALE");
  EXPECT_EQ(Reason(store().Delete({kAcme, "u1"}, created->revision, Soon()).status()), "ETAG_STALE");
  EXPECT_EQ(store().Get({kAcme, "u1"}, Soon())->email, "b@x");
}

TEST_P(UserStoreContract, DeletionFreesAndRestorationTakesAgain) {
  ASSERT_TRUE(Create(Make("u1", "ada@x", "1")).ok());
  ASSERT_TRUE(store().Delete({kAcme, "u1"}, 0, Soon()).ok());
  EXPECT_TRUE(store().Get({kAcme, "u1"}, Soon())->deleted());
  EXPECT_TRUE(absl::IsNotFound(store().Delete({kAcme, "u1"}, 0, Soon()).status()));
  EXPECT_TRUE(absl::IsNotFound(store().Update(Make("u1", "z@x"), 0, Soon()).status()));
  ASSERT_TRUE(Create(Make("u2", "ada@x")).ok());
  EXPECT_EQ(Reason(store().Undelete({kAcme, "u1"}, Soon()).status()), "EMAIL_TAKEN");
  ASSERT_TRUE(store().Delete({kAcme, "u2"}, 0, Soon()).ok());
  const auto back = store().Undelete({kAcme, "u1"}, Soon());
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_FALSE(back->deleted());
  EXPECT_EQ(back->extension, "1");
  EXPECT_EQ(Reason(store().Undelete({kAcme, "u1"}, Soon()).status()), "NOT_DELETED");
  EXPECT_EQ(Reason(Create(Make("u3", "ada@x")).status()), "EMAIL_TAKEN");
}

TEST_P(UserStoreContract, ARepeatedRequestGivesItsUserAndOtherContentIsRefused) {
  const auto first = Create(Make("u1", "ada@x"), "r1", "h1");
  const auto again = Create(Make("u9", "ada@x"), "r1", "h1");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->id.value, "u1");
  EXPECT_EQ(Reason(Create(Make("u9", "ada@x"), "r1", "h2").status()), "REQUEST_ID_REUSED");
}

TEST_P(UserStoreContract, ABatchSucceedsAndFailsUserByUser) {
  const auto results =
      store().Create({{Make("u1", "a@x"), "", ""}, {Make("u2", "a@x"), "", ""}, {Make("u3", "c@x"), "", ""}}, Soon());
  EXPECT_TRUE(results[0].ok());
  EXPECT_EQ(Reason(results[1].status()), "EMAIL_TAKEN");
  EXPECT_TRUE(results[2].ok());
}

TEST_P(UserStoreContract, ListingGoesByIdInPages) {
  for (const char* id : {"u3", "u1", "u5", "u2", "u4"}) ASSERT_TRUE(Create(Make(id, std::string(id) + "@x")).ok());
  ASSERT_TRUE(store().Delete({kAcme, "u2"}, 0, Soon()).ok());
  std::vector<std::string> ids;
  std::string after;
  do {
    const auto page = store().List(kAcme, after, 2, false, Soon());
    ASSERT_TRUE(page.ok());
    ASSERT_LE(page->users.size(), 2u);
    for (const auto& user : page->users) ids.push_back(user.id.value);
    after = page->last_id;
  } while (!after.empty());
  EXPECT_THAT(ids, ElementsAre("u1", "u3", "u4", "u5"));
  EXPECT_THAT(store().List(kAcme, "", 10, true, Soon())->users, SizeIs(5));
}

TEST_P(UserStoreContract, ChangesComeByRevisionEachUserOnceAsItIsNow) {
  ASSERT_TRUE(Create(Make("u1", "a@x")).ok());
  ASSERT_TRUE(Create(Make("u2", "b@x")).ok());
  auto changes = store().ReadChanges(kAcme, "", 0, 10, Soon());
  ASSERT_TRUE(changes.ok());
  EXPECT_THAT(changes->users, SizeIs(2));
  EXPECT_TRUE(changes->complete);
  const auto epoch = changes->epoch;
  const auto at = changes->revision;
  ASSERT_TRUE(store().Update(Make("u1", "c@x"), 0, Soon()).ok());
  ASSERT_TRUE(store().Update(Make("u1", "d@x"), 0, Soon()).ok());
  ASSERT_TRUE(store().Delete({kAcme, "u2"}, 0, Soon()).ok());
  changes = store().ReadChanges(kAcme, epoch, at, 1, Soon());
  ASSERT_TRUE(changes.ok());
  EXPECT_EQ(changes->epoch, epoch);
  ASSERT_THAT(changes->users, SizeIs(1));
  EXPECT_EQ(changes->users[0].email, "d@x");
  EXPECT_FALSE(changes->complete);
  changes = store().ReadChanges(kAcme, epoch, changes->users[0].revision, 1, Soon());
  ASSERT_THAT(changes->users, SizeIs(1));
  EXPECT_TRUE(changes->users[0].deleted());
  EXPECT_TRUE(changes->complete);
  EXPECT_THAT(store().ReadChanges(kAcme, "another-epoch", 999, 10, Soon())->users, SizeIs(2));
}

TEST_P(UserStoreContract, OfManyWhoWantOneAddressOneGetsIt) {
  std::atomic<int> won{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const auto id = "u" + std::to_string(t) + "-" + std::to_string(i);
        if (Create(Make(id, "wanted" + std::to_string(i) + "@x")).ok()) ++won;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 25);
}

INSTANTIATE_TEST_SUITE_P(
    Stores, UserStoreContract,
    ::testing::Values(
        Kind{"Fake", [] { return std::make_unique<FakeUnderTest>(); }},
        Kind{"Redis", [] { return std::make_unique<RedisUnderTest>(RedisServer::Options::Kind::kRedis); }},
        Kind{"Valkey", [] { return std::make_unique<RedisUnderTest>(RedisServer::Options::Kind::kValkey); }}),
    [](const auto& info) { return info.param.name; });

TEST(RedisUserStore, WhatWasAcknowledgedSurvivesTheDeathOfRedis) {
  RedisUnderTest redis(RedisServer::Options::Kind::kRedis);
  std::vector<UserId> acknowledged;
  for (int i = 0; i < 50; ++i) {
    const UserId id{kAcme, "u" + std::to_string(i)};
    const auto created = redis.store().Create({{{.id = id, .display_name = "N"}, "", ""}}, Soon());
    if (created[0].ok()) acknowledged.push_back(id);
    if (i == 30) {
      redis.server().Kill();
      redis.server().Restart();
    }
  }
  EXPECT_GE(acknowledged.size(), 31u);
  for (const auto& id : acknowledged) EXPECT_TRUE(redis.store().Get(id, Soon()).ok()) << id.value;
}

}  // namespace
}  // namespace crosspoint::directory
