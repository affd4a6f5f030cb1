#include "directory/app/corporate_lists.h"

#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "common/status/status.h"
#include "tests/support/fake_user_store.h"

namespace crosspoint::directory {
namespace {

const TenantId kAcme{"acme"};
const Deadline kLate = std::chrono::steady_clock::now() + std::chrono::hours(1);

class FakeList final : public CorporateDirectory {
 public:
  bool Has(const TenantId&) const override { return true; }
  absl::StatusOr<CorporateMatches> Search(const TenantId&, const std::string&, Deadline) override {
    return CorporateMatches{};
  }
  absl::StatusOr<std::vector<CorporateEntry>> ListAll(const TenantId&, Deadline) override {
    ++asked;
    if (!failure.ok()) return failure;
    return entries;
  }
  std::atomic<int> asked = 0;
  absl::Status failure;
  std::vector<CorporateEntry> entries;
};

// Keeps everything until told to forget. Thread-safe.
class FakeSnapshots final : public ListSnapshots {
 public:
  absl::Status Put(const TenantId&, const std::string& id, const std::vector<CorporateEntry>& entries,
                   Deadline) override {
    const std::lock_guard lock(mu_);
    lists_[id] = entries;
    newest_ = id;
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> Newest(const TenantId&, Deadline) override {
    const std::lock_guard lock(mu_);
    return newest_;
  }
  absl::StatusOr<Page> Read(const TenantId&, const std::string& id, size_t offset, size_t count, Deadline) override {
    const std::lock_guard lock(mu_);
    const auto it = lists_.find(id);
    if (it == lists_.end()) return absl::NotFoundError(id);
    Page page;
    for (size_t i = offset; i < std::min(offset + count, it->second.size()); ++i) {
      page.entries.push_back(it->second[i]);
    }
    page.last = offset + page.entries.size() >= it->second.size();
    return page;
  }
  void AgeNewest() {
    const std::lock_guard lock(mu_);
    newest_.clear();
  }
  void Forget() {
    const std::lock_guard lock(mu_);
    newest_.clear();
    lists_.clear();
  }

 private:
  std::mutex mu_;
  std::string newest_;
  std::map<std::string, std::vector<CorporateEntry>> lists_;
};

class CorporateListsTest : public testing::Test {
 protected:
  CorporateListsTest() {
    (void)store_.Create(
        {{{.id = {kAcme, "u1"}, .display_name = "Ada King", .email = "n007@x", .extension = "1815"}, "", ""}}, kLate);
    EXPECT_TRUE(feed_.Refresh(kAcme, kLate).ok());
    for (int i = 29; i >= 0; --i) {
      const auto number = std::string(i < 10 ? "00" : "0") + std::to_string(i);
      list_.entries.push_back({.display_name = "Name " + number, .emails = {"n" + number + "@x"}});
    }
  }

  FakeUserStore store_;
  UserFeed feed_{store_, {kAcme}};
  FakeList list_;
  FakeSnapshots snapshots_;
  SequentialIdSource ids_;
  CorporateLists lists_{list_, snapshots_, feed_, ids_};
};

TEST_F(CorporateListsTest, PagesTellEverybodyOnceInOrderWhileTheListChanges) {
  std::vector<std::string> names;
  std::string token;
  do {
    const auto page = lists_.Read(kAcme, token, 7, kLate);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const auto& person : page->people) names.push_back(person.emails[0]);
    token = page->next_token;
    list_.entries.erase(list_.entries.begin());
  } while (!token.empty());
  EXPECT_EQ(names.size(), 30u);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 30u);
  EXPECT_EQ(list_.asked, 1);
}

TEST_F(CorporateListsTest, OurUsersAreRecognised) {
  const auto page = lists_.Read(kAcme, "", 100, kLate);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->people[7].extension, "1815");
  EXPECT_EQ(page->people[7].user, "tenants/acme/users/u1");
  EXPECT_EQ(page->people[8].user, "");
  EXPECT_EQ(page->next_token, "");
}

TEST_F(CorporateListsTest, ManyWhoBeginAtOnceAskTheSourceOnce) {
  std::vector<std::thread> readers;
  for (int i = 0; i < 8; ++i) readers.emplace_back([this] { EXPECT_TRUE(lists_.Read(kAcme, "", 5, kLate).ok()); });
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(list_.asked, 1);
  snapshots_.AgeNewest();
  EXPECT_TRUE(lists_.Read(kAcme, "", 5, kLate).ok());
  EXPECT_EQ(list_.asked, 2) << "an old list is read anew";
}

TEST_F(CorporateListsTest, TokenThatIsTooOldOrNoneIsRefused) {
  const auto page = lists_.Read(kAcme, "", 5, kLate);
  snapshots_.Forget();
  const auto late = lists_.Read(kAcme, page->next_token, 5, kLate);
  EXPECT_TRUE(absl::IsAborted(late.status()));
  EXPECT_EQ(GetErrorInfo(late.status())->reason, "LIST_EXPIRED");
  for (const char* token : {"x", ".5", "l0001.", "l0001.-1", "l0001.99999999999", "../../etc.1", "l0001.5 "}) {
    EXPECT_TRUE(absl::IsInvalidArgument(lists_.Read(kAcme, token, 5, kLate).status())) << token;
  }
}

TEST_F(CorporateListsTest, FailureOfTheSourceIsToldAndTheNextReaderTriesAgain) {
  list_.failure = absl::UnavailableError("away");
  EXPECT_TRUE(absl::IsUnavailable(lists_.Read(kAcme, "", 5, kLate).status()));
  list_.failure = absl::OkStatus();
  EXPECT_TRUE(lists_.Read(kAcme, "", 5, kLate).ok());
}

TEST_F(CorporateListsTest, EmptyListHasOneEmptyPage) {
  list_.entries.clear();
  const auto page = lists_.Read(kAcme, "", 5, kLate);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_TRUE(page->people.empty());
  EXPECT_EQ(page->next_token, "");
}

}  // namespace
}  // namespace crosspoint::directory
