#include <gtest/gtest.h>

#include <memory>

#include "common/log/log.h"
#include "common/redis/client.h"
#include "common/redis/outbox.h"
#include "meeting_sync/adapters/record_codec.h"
#include "meeting_sync/adapters/redis_ports.h"
#include "meeting_sync/adapters/redis_sync_store.h"
#include "meeting_sync/app/fakes.h"
#include "tests/support/redis_server.h"

// What every SyncStore keeps to, shown on the one in memory that unit tests use, and on real Redis and Valkey.
namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

const UserId kUser{TenantId{"acme"}, "u42"};
const TimePoint kNow{hours{24 * 365 * 56}};

// A store and the means to hold and take away its leases.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual SyncStore& store() = 0;
  virtual MailboxLease Take(const UserId& user) = 0;                // from whoever has it
  virtual std::vector<std::string> Orders(const UserId& user) = 0;  // "put m1", "delete m1", in order
};

class FakeSubject final : public Subject {
 public:
  SyncStore& store() override { return store_; }
  MailboxLease Take(const UserId& user) override {
    store_.Fence(user, ++fence_);
    return {std::to_string(fence_) + ":x", fence_};
  }
  std::vector<std::string> Orders(const UserId& user) override {
    std::vector<std::string> orders;
    for (const auto& order : store_.Orders(user)) orders.push_back((order.put ? "put " : "delete ") + order.claim.id);
    return orders;
  }

 private:
  FakeSyncStore store_;
  uint64_t fence_ = 0;
};

class RedisSubject final : public Subject {
 public:
  explicit RedisSubject(testing::RedisServerOptions::Kind kind) : server_({.kind = kind}) {}
  SyncStore& store() override { return store_; }
  MailboxLease Take(const UserId& user) override {
    const auto key = "cp:{meeting_sync:" + user.tenant.value + ":" + user.value + "}:lease";
    server_.Command({"DEL", key});
    RedisReplicas replica(redis_, "holder" + std::to_string(++holders_), hours{1});
    RedisMailboxLeases leases(redis_, replica, hours{1});
    return leases.Acquire(user, [] {}).value();
  }
  std::vector<std::string> Orders(const UserId& user) override {
    std::vector<std::string> orders;
    const auto key = "cp:{meeting_sync:" + user.tenant.value + ":" + user.value + "}:outbox";
    const auto entries = server_.Command({"XRANGE", key, "-", "+"});
    for (const auto& entry : entries.array()) {
      std::string type;
      std::string payload;
      const auto& fields = entry.array()[1].array();
      for (size_t i = 0; i + 1 < fields.size(); i += 2) {
        if (fields[i].text() == "type") type = fields[i + 1].text();
        if (fields[i].text() == "payload") payload = fields[i + 1].text();
      }
      const auto order = DecodeOrder(type, payload);
      EXPECT_TRUE(order) << type;
      if (!order) continue;
      EXPECT_EQ(order->user, user);
      orders.push_back((order->kind == ClaimOrder::Kind::kPut ? "put " : "delete ") + order->claim.id);
    }
    return orders;
  }

 private:
  testing::RedisServer server_;
  log::Logger log_{"test", log::Level::kError};
  RedisClient redis_{server_.config()};
  Outbox outbox_{redis_, "meeting_sync"};
  RedisSyncStore store_{redis_, outbox_, log_};
  int holders_ = 0;
};

std::unique_ptr<Subject> MakeFake() { return std::make_unique<FakeSubject>(); }
std::unique_ptr<Subject> MakeRedis() {
  return std::make_unique<RedisSubject>(testing::RedisServerOptions::Kind::kRedis);
}
std::unique_ptr<Subject> MakeValkey() {
  return std::make_unique<RedisSubject>(testing::RedisServerOptions::Kind::kValkey);
}

class SyncStoreContract : public ::testing::TestWithParam<std::unique_ptr<Subject> (*)()> {
 protected:
  static ItemLink Link(const std::string& id) {
    return LinkOf({.item = {id, "ck"}, .start = kNow, .end = kNow + hours{1}, .chosen_state = "vacation"});
  }
  static PlannedClaim Claim(const std::string& id) {
    return {.id = id, .claim_class = ClaimClass::kOwnWord, .state = "vacation", .start = kNow, .end = kNow + hours{1}};
  }
  static SyncPoint Point(const std::string& state) {
    return {.sync_state = state,
            .sync_time = kNow,
            .window_end = kNow + hours{2},
            .view_end = kNow + hours{1},
            .linked_items = 3};
  }

  const std::unique_ptr<Subject> subject_ = GetParam()();
  SyncStore& store_ = subject_->store();
};

TEST_P(SyncStoreContract, UnknownMailboxIsEmpty) {
  EXPECT_EQ(store_.LoadPoint(kUser)->sync_state, "");
  EXPECT_TRUE(store_.LoadItems(kUser)->links.empty());
  EXPECT_FALSE(*store_.FindLink(kUser, KeyOf("a")));
}

TEST_P(SyncStoreContract, WhatIsCommittedComesBack) {
  const auto lease = subject_->Take(kUser);
  auto point = Point(std::string(20'000, 's'));
  point.fence = lease.fence;
  ASSERT_TRUE(store_
                  .Commit(kUser, lease,
                          {.links = {.put = {Link("a"), Link("b")}, .removed = {}},
                           .claims = {.put = {Claim("m1"), Claim("m2")}, .deleted = {}, .ended = {}},
                           .point = point})
                  .ok());
  const auto loaded = store_.LoadPoint(kUser);
  EXPECT_EQ(loaded->sync_state, point.sync_state);
  EXPECT_EQ(loaded->sync_time, point.sync_time);
  EXPECT_EQ(loaded->window_end, point.window_end);
  EXPECT_EQ(loaded->view_end, point.view_end);
  EXPECT_EQ(loaded->linked_items, 3);
  EXPECT_EQ(loaded->fence, lease.fence);
  const auto items = store_.LoadItems(kUser);
  EXPECT_EQ(items->links, (LinkTable{{KeyOf("a"), Link("a")}, {KeyOf("b"), Link("b")}}));
  EXPECT_EQ(items->claims, (ClaimTable{{"m1", Claim("m1")}, {"m2", Claim("m2")}}));
  EXPECT_EQ(*store_.FindLink(kUser, KeyOf("a")), Link("a"));
  EXPECT_EQ(subject_->Orders(kUser), (std::vector<std::string>{"put m1", "put m2"}));
}

TEST_P(SyncStoreContract, RemovedDeletedAndEndedAreGoneAndOnlyDeletionsAreOrdered) {
  const auto lease = subject_->Take(kUser);
  ASSERT_TRUE(store_
                  .Commit(kUser, lease,
                          {.links = {.put = {Link("a"), Link("b")}, .removed = {}},
                           .claims = {.put = {Claim("m1"), Claim("m2")}, .deleted = {}, .ended = {}},
                           .point = Point("1")})
                  .ok());
  ASSERT_TRUE(store_
                  .Commit(kUser, lease,
                          {.links = {.put = {}, .removed = {KeyOf("a")}},
                           .claims = {.put = {}, .deleted = {"m1"}, .ended = {"m2"}},
                           .point = Point("2")})
                  .ok());
  EXPECT_EQ(store_.LoadItems(kUser)->links.size(), 1u);
  EXPECT_TRUE(store_.LoadItems(kUser)->claims.empty());
  EXPECT_EQ(subject_->Orders(kUser), (std::vector<std::string>{"put m1", "put m2", "delete m1"}));
}

TEST_P(SyncStoreContract, LoserOfTheLeaseChangesNothing) {
  const auto old = subject_->Take(kUser);
  const auto current = subject_->Take(kUser);
  const SyncCommit commit{.links = {.put = {Link("a")}, .removed = {}},
                          .claims = {.put = {Claim("m1")}, .deleted = {}, .ended = {}},
                          .point = Point("1")};
  const auto refused = store_.Commit(kUser, old, commit);
  EXPECT_EQ(refused.code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(HasReason(refused, kFenced)) << refused;
  EXPECT_TRUE(HasReason(store_.NoteProblem(kUser, old, "x"), kFenced));
  EXPECT_TRUE(HasReason(store_.Drop(kUser, old, {{"m1", Claim("m1")}}), kFenced));
  EXPECT_EQ(store_.LoadPoint(kUser)->sync_state, "");
  EXPECT_TRUE(store_.LoadItems(kUser)->links.empty());
  EXPECT_TRUE(subject_->Orders(kUser).empty());
  EXPECT_TRUE(store_.Commit(kUser, current, commit).ok());
  EXPECT_EQ(subject_->Orders(kUser).size(), 1u);
}

TEST_P(SyncStoreContract, ProblemStaysUntilTheNextCommit) {
  const auto lease = subject_->Take(kUser);
  ASSERT_TRUE(store_.NoteProblem(kUser, lease, "server busy").ok());
  EXPECT_EQ(store_.LoadPoint(kUser)->problem, "server busy");
  ASSERT_TRUE(store_.Commit(kUser, lease, {.links = {}, .claims = {}, .point = Point("1")}).ok());
  EXPECT_EQ(store_.LoadPoint(kUser)->problem, "");
}

TEST_P(SyncStoreContract, ResyncAskedForDuringARunIsNotLost) {
  const auto lease = subject_->Take(kUser);
  ASSERT_TRUE(store_.RequestResync(kUser).ok());
  auto point = *store_.LoadPoint(kUser);
  EXPECT_NE(point.resync_request, 0);
  ASSERT_TRUE(store_.RequestResync(kUser).ok());
  ASSERT_TRUE(store_.Commit(kUser, lease, {.links = {}, .claims = {}, .point = point}).ok());
  point = *store_.LoadPoint(kUser);
  EXPECT_NE(point.resync_request, 0) << "the second wish came after the run had begun";
  ASSERT_TRUE(store_.Commit(kUser, lease, {.links = {}, .claims = {}, .point = point}).ok());
  EXPECT_EQ(store_.LoadPoint(kUser)->resync_request, 0);
}

TEST_P(SyncStoreContract, DroppedMailboxIsForgottenAndItsClaimsTakenBack) {
  const auto lease = subject_->Take(kUser);
  const SyncCommit commit{.links = {.put = {Link("a")}, .removed = {}},
                          .claims = {.put = {Claim("m1")}, .deleted = {}, .ended = {}},
                          .point = Point("1")};
  ASSERT_TRUE(store_.Commit(kUser, lease, commit).ok());
  ASSERT_TRUE(store_.Drop(kUser, lease, store_.LoadItems(kUser)->claims).ok());
  EXPECT_EQ(store_.LoadPoint(kUser)->sync_state, "");
  EXPECT_TRUE(store_.LoadItems(kUser)->links.empty());
  EXPECT_EQ(subject_->Orders(kUser), (std::vector<std::string>{"put m1", "delete m1"}));
}

TEST_P(SyncStoreContract, MailboxesDoNotTouchEachOther) {
  const UserId other{TenantId{"acme"}, "u4"};
  const auto lease = subject_->Take(kUser);
  const auto others = subject_->Take(other);
  ASSERT_TRUE(
      store_.Commit(kUser, lease, {.links = {.put = {Link("a")}, .removed = {}}, .claims = {}, .point = Point("1")})
          .ok());
  EXPECT_TRUE(store_.LoadItems(other)->links.empty());
  ASSERT_TRUE(store_.Drop(other, others, {}).ok());
  EXPECT_EQ(store_.LoadItems(kUser)->links.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(InMemory, SyncStoreContract, ::testing::Values(&MakeFake));
INSTANTIATE_TEST_SUITE_P(OnRedis, SyncStoreContract, ::testing::Values(&MakeRedis));
INSTANTIATE_TEST_SUITE_P(OnValkey, SyncStoreContract, ::testing::Values(&MakeValkey));

}  // namespace
}  // namespace crosspoint::meeting_sync
