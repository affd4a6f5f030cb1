#include <gtest/gtest.h>

#include <thread>

#include "common/redis/client.h"
#include "meeting_sync/adapters/redis_guess_limit.h"
#include "meeting_sync/adapters/redis_import_store.h"
#include "meeting_sync/adapters/redis_list_revisions.h"
#include "meeting_sync/adapters/redis_watch_memory.h"
#include "meeting_sync/app/reasons.h"
#include "tests/support/redis_server.h"

// What stands behind imported meetings, watched lists and codes to join, on real Redis.
namespace crosspoint::meeting_sync {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const UserId kAda{TenantId{"acme"}, "ada"};
const UserId kBob{TenantId{"acme"}, "bob"};

ImportedMeeting Imported(const std::string& uid, const std::string& summary = "x") {
  return {uid,
          {{.uid = uid,
            .stamp = TimePoint{seconds{1'782'900'000}},
            .start = TimePoint{seconds{1'782'900'000}},
            .end = TimePoint{seconds{1'782'903'600}},
            .time_zone = "Europe/Berlin",
            .summary = summary,
            .rrule = "FREQ=DAILY;COUNT=3"}}};
}

class ListPorts : public ::testing::Test {
 protected:
  static Deadline Soon() { return std::chrono::steady_clock::now() + seconds{5}; }

  testing::RedisServer server_;
  RedisClient redis_{server_.config()};
  log::Logger log_{"test", log::Level::kError};
  RedisImportStore imports_{redis_, log_};
  RedisWatchMemory memory_{redis_};
  RedisListRevisions revisions_{redis_};
};

TEST_F(ListPorts, ImportedMeetingsAreKeptReplacedAndRemoved) {
  ASSERT_EQ(imports_.Load(kAda, Soon())->meetings.size(), 0u);
  ASSERT_TRUE(imports_.Put(kAda, {Imported("a"), Imported("b")}, 0, Soon()).ok());
  ASSERT_TRUE(imports_.Put(kAda, {Imported("b", "changed")}, 1, Soon()).ok());
  auto table = *imports_.Load(kAda, Soon());
  ASSERT_EQ(table.meetings.size(), 2u);
  EXPECT_EQ(table.meetings.at(KeyOfImported("a")), Imported("a"));
  EXPECT_EQ(table.meetings.at(KeyOfImported("b")), Imported("b", "changed"));
  EXPECT_EQ(table.revision, 2u);
  EXPECT_TRUE(imports_.Load(kBob, Soon())->meetings.empty());
  ASSERT_TRUE(imports_.Remove(kAda, KeyOfImported("a"), Soon()).ok());
  ASSERT_TRUE(imports_.Remove(kAda, KeyOfImported("a"), Soon()).ok());
  table = *imports_.Load(kAda, Soon());
  EXPECT_EQ(table.meetings.size(), 1u);
  EXPECT_EQ(table.revision, 3u) << "what was not there changes nothing";
}

TEST_F(ListPorts, ImportOnAnOldTableIsRefused) {
  ASSERT_TRUE(imports_.Put(kAda, {Imported("a")}, 0, Soon()).ok());
  EXPECT_TRUE(HasReason(imports_.Put(kAda, {Imported("b")}, 0, Soon()), "MEETING_CHANGED"));
  EXPECT_EQ(imports_.Load(kAda, Soon())->meetings.size(), 1u);
}

TEST_F(ListPorts, ImportedMeetingsAreBounded) {
  std::vector<ImportedMeeting> many;
  for (size_t i = 0; i < kMaxImported; ++i) many.push_back(Imported(std::to_string(i)));
  ASSERT_TRUE(imports_.Put(kAda, many, 0, Soon()).ok());
  EXPECT_TRUE(HasReason(imports_.Put(kAda, {Imported("one more")}, 1, Soon()), "TOO_MANY_MEETINGS"));
  EXPECT_TRUE(imports_.Put(kAda, {Imported("7", "changed")}, 1, Soon()).ok()) << "a known one may change";
}

TEST_F(ListPorts, UnreadableRecordIsPassedOver) {
  ASSERT_TRUE(imports_.Put(kAda, {Imported("a")}, 0, Soon()).ok());
  ASSERT_TRUE(redis_.Call({"HSET", "cp:{meeting_sync:acme:ada}:imported", "zz", "junk"}, Soon()).ok());
  EXPECT_EQ(imports_.Load(kAda, Soon())->meetings.size(), 1u);
}

TEST_F(ListPorts, RevisionsDifferWhenSomethingChanged) {
  const auto before = *revisions_.Of({kAda, kBob});
  ASSERT_EQ(before.size(), 2u);
  ASSERT_TRUE(imports_.Put(kAda, {Imported("a")}, 0, Soon()).ok());
  const auto after = *revisions_.Of({kAda, kBob});
  EXPECT_NE(after[0], before[0]);
  EXPECT_EQ(after[1], before[1]);
  EXPECT_TRUE(revisions_.Of({})->empty());
}

TEST_F(ListPorts, ListsAreRememberedByTheirToken) {
  const ListVersion version{{"tenants/acme/users/ada/meetings/m1", "d1"}, {"tenants/acme/users/ada/meetings/m2", "d2"}};
  const auto token = TokenOf(version);
  ASSERT_TRUE(memory_.Remember(kAda, token, version).ok());
  EXPECT_EQ(*memory_.Recall(kAda, token), version);
  EXPECT_FALSE(*memory_.Recall(kBob, token)) << "another's";
  EXPECT_FALSE(*memory_.Recall(kAda, TokenOf({{"x", "y"}})));
  ASSERT_TRUE(memory_.Remember(kAda, TokenOf({}), {}).ok());
  EXPECT_TRUE((*memory_.Recall(kAda, TokenOf({})))->empty());
  EXPECT_GT(redis_.Call({"TTL", "cp:{meeting_sync:acme:ada}:list:" + token}, Soon())->integer(), 3600);
}

TEST_F(ListPorts, GuessesAreCountedByPeerAndAltogetherAndForgottenInTime) {
  RedisGuessLimit limit(redis_, {.per_peer = 2, .all = 3, .window = seconds{1}});
  ASSERT_TRUE(limit.Take("ipv4:10.0.0.1:1", Soon()).ok());
  ASSERT_TRUE(limit.Take("ipv4:10.0.0.1:2", Soon()).ok());
  const auto refused = limit.Take("ipv4:10.0.0.1:3", Soon());
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(HasReason(refused, "TOO_MANY_GUESSES"));
  const auto wait = MillisecondsIn(refused, "remaining_ms");
  ASSERT_TRUE(wait);
  EXPECT_LE(*wait, seconds{1});
  ASSERT_TRUE(limit.Take("ipv4:10.0.0.2:1", Soon()).ok());
  EXPECT_FALSE(limit.Take("ipv4:10.0.0.3:1", Soon()).ok()) << "too many altogether";
  limit.GiveBack("ipv4:10.0.0.2:9", Soon());
  EXPECT_TRUE(limit.Take("ipv4:10.0.0.3:1", Soon()).ok()) << "right ones do not count";
  std::this_thread::sleep_for(*wait + milliseconds{50});
  EXPECT_TRUE(limit.Take("ipv4:10.0.0.1:4", Soon()).ok());
}

}  // namespace
}  // namespace crosspoint::meeting_sync
