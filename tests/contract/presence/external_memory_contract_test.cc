#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/redis/client.h"
#include "presence/adapters/redis_external_memory.h"
#include "presence/adapters/shard_keys.h"
#include "presence/app/fake_external_presence.h"
#include "tests/support/redis_server.h"

namespace crosspoint::presence {
namespace {

using namespace std::chrono_literals;

Deadline Soon() { return std::chrono::steady_clock::now() + 10s; }

class ExternalMemoryContract : public ::testing::TestWithParam<bool> {
 protected:
  ExternalMemoryStore& store() {
    if (!GetParam()) return fake_;
    if (!redis_) {
      server_ = std::make_unique<testing::RedisServer>();
      redis_ = std::make_unique<RedisClient>(server_->config());
      redis_store_ = std::make_unique<RedisExternalMemory>(*redis_);
    }
    return *redis_store_;
  }
  static ExternalMemory Some() {
    ExternalMemory memory;
    NoteSession(memory, {{"vacation"}, "until | \"Monday\"", true}, {"out-of-office"}, TimePoint{1h}, 120s);
    NoteSession(memory, {{"custom"}, "", false}, {"custom"}, TimePoint{2h}, 120s);
    memory.claim = ExternalReading{StateId{"in-a-meeting"}, "Täglich\n"};
    memory.claim_end = TimePoint{3h};
    return memory;
  }

  const UserId user_{{"acme"}, "u1"};
  FakeExternalMemories fake_;
  std::unique_ptr<testing::RedisServer> server_;
  std::unique_ptr<RedisClient> redis_;
  std::unique_ptr<RedisExternalMemory> redis_store_;
};

TEST_P(ExternalMemoryContract, IsReadBackAsSavedAndListedUntilItIsEmpty) {
  EXPECT_EQ(store().Load(user_, Soon()).value(), ExternalMemory{});
  EXPECT_THAT(store().List(Soon()).value(), ::testing::IsEmpty());
  ASSERT_TRUE(store().Save(user_, Some(), Soon()).ok());
  EXPECT_EQ(store().Load(user_, Soon()).value(), Some());
  EXPECT_THAT(store().List(Soon()).value(), ::testing::ElementsAre(user_));
  ASSERT_TRUE(store().Save(user_, {}, Soon()).ok());
  EXPECT_THAT(store().List(Soon()).value(), ::testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Stores, ExternalMemoryContract, ::testing::Values(false, true),
                         [](const auto& tested) { return tested.param ? "Redis" : "Fake"; });

TEST(RedisExternalMemory, WhatIsNoMemoryIsAnErrorAndNotAnEmptyOne) {
  testing::RedisServer server;
  RedisClient redis(server.config());
  RedisExternalMemory store(redis);
  server.Command({"HSET", ShardKey(ShardOfUser("acme/u1"), "external"), "acme/u1", "{]"});
  EXPECT_TRUE(absl::IsInternal(store.Load(UserId{{"acme"}, "u1"}, Soon()).status()));
}

}  // namespace
}  // namespace crosspoint::presence
