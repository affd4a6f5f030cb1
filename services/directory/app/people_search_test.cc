#include "directory/app/people_search.h"

#include <gmock/gmock.h>

#include "tests/support/fake_user_store.h"

namespace crosspoint::directory {
namespace {

using testing::SizeIs;

const TenantId kAcme{"acme"};
const Deadline kLate = Deadline::max();

class FakeCorporateDirectory final : public CorporateDirectory {
 public:
  bool Has(const TenantId&) const override { return has; }
  absl::StatusOr<CorporateMatches> Search(const TenantId&, const std::string&, Deadline deadline) override {
    asked_until = deadline;
    if (!failure.ok()) return failure;
    return CorporateMatches{entries, part_missing};
  }
  absl::StatusOr<std::vector<CorporateEntry>> ListAll(const TenantId&, Deadline) override { return entries; }
  bool part_missing = false;
  bool has = true;
  absl::Status failure;
  std::vector<CorporateEntry> entries;
  Deadline asked_until;
};

class PeopleSearchTest : public testing::Test {
 protected:
  PeopleSearchTest() {
    (void)store_.Create(
        {{{.id = {kAcme, "u1"}, .display_name = "Ada King", .email = "ada@x", .extension = "1815"}, "", ""}}, kLate);
    EXPECT_TRUE(feed_.Refresh(kAcme, kLate).ok());
    corporate_.entries = {{.display_name = "Ada King", .emails = {"ADA@x"}, .department = "Analysis"},
                          {.display_name = "Ada Other", .emails = {"other@x"}}};
  }

  FakeUserStore store_;
  UserFeed feed_{store_, {kAcme}};
  FakeCorporateDirectory corporate_;
  log::Logger log_{"test", log::Level::kError};
  PeopleSearch search_{feed_, corporate_, log_, std::chrono::milliseconds(1500)};
};

TEST_F(PeopleSearchTest, MissingPartOfTheListIsSaid) {
  corporate_.part_missing = true;
  const auto result = search_.Search(kAcme, "ada", 25, kLate);
  EXPECT_TRUE(result.partial);
  EXPECT_THAT(result.people, SizeIs(2));
}

TEST_F(PeopleSearchTest, BothListsBecomeOne) {
  const auto result = search_.Search(kAcme, "ada", 25, kLate);
  EXPECT_FALSE(result.partial);
  ASSERT_THAT(result.people, SizeIs(2));
  EXPECT_EQ(result.people[0].extension, "1815");
  EXPECT_EQ(result.people[0].department, "Analysis");
}

TEST_F(PeopleSearchTest, ADownCorporateListLeavesOurUsersAndSaysPartialThenRecovers) {
  corporate_.failure = absl::UnavailableError("away");
  const auto result = search_.Search(kAcme, "ada", 25, kLate);
  EXPECT_TRUE(result.partial);
  ASSERT_THAT(result.people, SizeIs(1));
  EXPECT_EQ(result.people[0].extension, "1815");
  corporate_.failure = absl::OkStatus();
  EXPECT_FALSE(search_.Search(kAcme, "ada", 25, kLate).partial);
  EXPECT_EQ(search_.counters().all, 2U);
  EXPECT_EQ(search_.counters().partial, 1U);
}

TEST_F(PeopleSearchTest, WithoutCorporateListNothingIsMissing) {
  corporate_.has = false;
  EXPECT_FALSE(search_.Search(kAcme, "ada", 25, kLate).partial);
}

TEST_F(PeopleSearchTest, AHitOfTheListFindsOurUserThoughTheQueryDoesNot) {
  corporate_.entries = {{.display_name = "Countess of Lovelace", .emails = {"ada@x"}}};
  const auto result = search_.Search(kAcme, "countess", 25, kLate);
  ASSERT_THAT(result.people, SizeIs(1));
  EXPECT_EQ(result.people[0].extension, "1815");
}

TEST_F(PeopleSearchTest, TheListIsNotWaitedForLongerThanTheCallerHas) {
  const auto now = std::chrono::steady_clock::now();
  search_.Search(kAcme, "ada", 25, now + std::chrono::milliseconds(500));
  EXPECT_LE(corporate_.asked_until, now + std::chrono::milliseconds(400));
}

}  // namespace
}  // namespace crosspoint::directory
