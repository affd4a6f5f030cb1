#include <filesystem>
#include <fstream>

#include "exchange_sim/sim_fixture.h"

// A simulator that was killed and comes back with its journal: never stopped properly, since a second one reads the
// file while the first still runs.
namespace crosspoint::exchange_sim {
namespace {

class JournalFile {
 public:
  JournalFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crosspoint-journal-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    directory_ = pattern;
  }
  ~JournalFile() { std::filesystem::remove_all(directory_); }
  std::string path() const { return (directory_ / "journal").string(); }

 private:
  std::filesystem::path directory_;
};

class JournalTest : private JournalFile, public SimTest {
 protected:
  JournalTest() : SimTest(SimOptions{.people = 3, .journal_file = path()}) {}

  SimOptions Again() const { return WithAccounts({.people = 3, .journal_file = path()}); }
  std::string file() const { return path(); }
};

// The same organisation once more, asked through the fixture's helpers.
class Reborn : public SimTest {
 public:
  explicit Reborn(SimOptions options) : SimTest(std::move(options)) { SetUp(); }
  ~Reborn() override { TearDown(); }
  void TestBody() override {}
  using SimTest::Admin;
  using SimTest::Get;
  using SimTest::Someone;
  using SimTest::Sync;
  using SimTest::Update;
  using SimTest::View;
};

TEST_F(JournalTest, WhatWasAnsweredIsThereAgainUnderTheSameIds) {
  ASSERT_EQ(Admin("POST", "/sim/mailboxes", R"({"email": "new@corp.example", "display_name": "New"})").status, 201);
  const Id kept = Create("new@corp.example", "2029-01-01T09:00:00Z", "2029-01-01T10:00:00Z");
  const Id gone = Create("new@corp.example", "2029-01-02T09:00:00Z", "2029-01-02T10:00:00Z");
  const Id changed = IdIn(Update(kept, "new@corp.example", "item:Subject", "<t:Subject>changed</t:Subject>"));
  Delete(gone, "new@corp.example");

  Reborn again(Again());
  const auto item = again.Get(changed, "new@corp.example");
  EXPECT_NE(item.http.body.find("changed"), std::string::npos) << item.http.body;
  EXPECT_NE(item.http.body.find(changed.change_key), std::string::npos) << item.http.body;
  EXPECT_NE(again.Get(gone, "new@corp.example").http.body.find("ErrorItemNotFound"), std::string::npos);
  EXPECT_EQ(again.Sync("new@corp.example", "").http.body, Sync("new@corp.example", "").http.body);
}

TEST_F(JournalTest, SyncStatesGoOn) {
  const std::string who = Someone();
  const auto first = Sync(who, "");
  const std::string state = first.Text("SyncState");
  const Id made = Create(who, "2029-01-01T09:00:00Z", "2029-01-01T10:00:00Z");
  Reborn again(Again());
  const auto changes = again.Sync(who, state);
  EXPECT_NE(changes.http.body.find(made.id), std::string::npos) << changes.http.body;
  EXPECT_EQ(changes.http.body, Sync(who, state).http.body);
}

TEST_F(JournalTest, LineThatWasCutOffIsAsIfItHadNotHappened) {
  const std::string who = Someone();
  const Id made = Create(who, "2029-01-01T09:00:00Z", "2029-01-01T10:00:00Z");
  std::ofstream(file(), std::ios::app) << R"({"now": 1, "rand)";
  Reborn again(Again());
  EXPECT_NE(again.Get(made, who).http.body.find(made.id), std::string::npos);
  Reborn once_more(Again());
  EXPECT_NE(once_more.Get(made, who).http.body.find(made.id), std::string::npos);
}

TEST_F(JournalTest, JournalOfAnotherCompanyAndOtherFilesAreRefused) {
  ExchangeSim larger(WithAccounts({.people = 4, .journal_file = file()}));
  EXPECT_EQ(larger.Start().code(), absl::StatusCode::kInvalidArgument);
  std::ofstream(file()) << "no journal\n";
  ExchangeSim wrong(Again());
  EXPECT_EQ(wrong.Start().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace crosspoint::exchange_sim
