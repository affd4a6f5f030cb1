// Snapshots of corporate lists in a real Redis.
#include <gmock/gmock.h>

#include "common/redis/client.h"
#include "directory/adapters/redis_list_snapshots.h"
#include "tests/support/redis_server.h"

namespace crosspoint::directory {
namespace {

const TenantId kAcme{"acme"};

Deadline Soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }

class RedisListSnapshotsTest : public ::testing::Test {
 protected:
  testing::RedisServer server_;
  RedisClient redis_{server_.config()};
  RedisListSnapshots snapshots_{redis_, std::chrono::seconds(60)};
};

TEST_F(RedisListSnapshotsTest, EntriesAreReadBackInPagesWithAllTheyHave) {
  std::vector<CorporateEntry> entries;
  for (int i = 0; i < 1203; ++i) {
    entries.push_back({.display_name = "N\xC3\xA4me " + std::to_string(i),
                       .emails = {std::to_string(i) + "@x", "alias" + std::to_string(i) + "@x"},
                       .phones = {{PhoneKind::kMobile, "+49 1"}, {PhoneKind::kFax, "2"}},
                       .department = "D",
                       .title = "T",
                       .company = "C",
                       .office = "O"});
  }
  EXPECT_EQ(*snapshots_.Newest(kAcme, Soon()), "");
  ASSERT_TRUE(snapshots_.Put(kAcme, "l1", entries, Soon()).ok());
  EXPECT_EQ(*snapshots_.Newest(kAcme, Soon()), "l1");
  EXPECT_EQ(*snapshots_.Newest(TenantId{"other"}, Soon()), "");
  std::vector<CorporateEntry> read;
  bool last = false;
  while (!last) {
    const auto page = snapshots_.Read(kAcme, "l1", read.size(), 401, Soon());
    ASSERT_TRUE(page.ok()) << page.status();
    read.insert(read.end(), page->entries.begin(), page->entries.end());
    last = page->last;
    ASSERT_FALSE(page->entries.empty());
  }
  EXPECT_EQ(read, entries);
}

TEST_F(RedisListSnapshotsTest, LastPageIsKnownWhenItIsFull) {
  ASSERT_TRUE(snapshots_.Put(kAcme, "l1", {{.display_name = "a"}, {.display_name = "b"}}, Soon()).ok());
  EXPECT_TRUE(snapshots_.Read(kAcme, "l1", 0, 2, Soon())->last);
  EXPECT_FALSE(snapshots_.Read(kAcme, "l1", 0, 1, Soon())->last);
  EXPECT_TRUE(snapshots_.Read(kAcme, "l1", 5, 1, Soon())->entries.empty());
}

TEST_F(RedisListSnapshotsTest, EmptyListIsSomethingAndAForgottenOneIsNot) {
  ASSERT_TRUE(snapshots_.Put(kAcme, "l1", {}, Soon()).ok());
  const auto page = snapshots_.Read(kAcme, "l1", 0, 10, Soon());
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_TRUE(page->last);
  EXPECT_TRUE(absl::IsNotFound(snapshots_.Read(kAcme, "l2", 0, 10, Soon()).status()));
  EXPECT_GT(server_.Command({"TTL", "cp:{directory:acme}:list:l1"}).integer(), 1000);
  EXPECT_LE(server_.Command({"TTL", "cp:{directory:acme}:list"}).integer(), 60);
}

TEST_F(RedisListSnapshotsTest, BytesThatAreNoTextDoNoHarm) {
  ASSERT_TRUE(snapshots_.Put(kAcme, "l1", {{.display_name = "\xff\xfe bad"}}, Soon()).ok());
  EXPECT_TRUE(snapshots_.Read(kAcme, "l1", 0, 10, Soon()).ok());
}

}  // namespace
}  // namespace crosspoint::directory
