#include "presence/app/table_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/status.h"
#include "presence/app/presence_table.h"
#include "presence/app/watch_hub.h"

namespace crosspoint::presence {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;

const TenantId kAcme{"acme"};
Deadline Soon() { return std::chrono::steady_clock::now() + 5s; }

class MemoryTables final : public TableStore {
 public:
  absl::StatusOr<StoredTable> Read(const TenantId&, Deadline) override {
    return StoredTable{"", 0, table, show_detail};
  }
  absl::StatusOr<TableChange> Write(const TenantId&, const StoredTable& next, const std::string& etag,
                                    Deadline) override {
    if (before_write) std::exchange(before_write, nullptr)();
    const StoredTable known{"", 0, table, show_detail};
    if (etag != known.Etag()) {
      return ErrorWithInfo(absl::StatusCode::kAborted, "stale", {"ETAG_STALE", "presence.crosspoint", {}});
    }
    const bool changed = next.Etag() != known.Etag();
    table = next.table;
    show_detail = next.show_detail;
    return TableChange{7, {"e1", revision += changed ? 1 : 0, table, show_detail}, changed};
  }

  SharedTable table = std::make_shared<const AvailabilityTable>(AvailabilityTable::Default());
  uint64_t revision = 10;
  bool show_detail = true;
  std::function<void()> before_write;
};

class Told final : public TablePublisher {
 public:
  void PublishTable(const TenantId&, const TableChange& change) override { changes.push_back(change); }
  std::vector<TableChange> changes;
};

class Unheard final : public RecordObserver {
 public:
  void OnRecord(const UserKey&, TimePoint) override {}
};

class TableKeeperTest : public ::testing::Test {
 protected:
  static std::vector<AvailabilityState> Renamed(const std::string& name) {
    auto states = AvailabilityTable::Default().states();
    states[1].display_name = name;
    return states;
  }
  // "OK", or reason and field.
  std::string Update(std::vector<AvailabilityState> states, const std::string& etag = "") {
    const auto table = keeper_.Update(kAcme, std::move(states), etag, Soon());
    if (table.ok()) return "OK";
    const auto info = GetErrorInfo(table.status());
    return info->reason + (info->metadata.contains("field") ? " " + info->metadata.at("field") : "");
  }

  Unheard unheard_;
  PresenceTable table_{[](std::string_view) { return uint8_t{0}; }, unheard_};
  WatchHub hub_{table_};
  TableBook book_;
  TableFeed feed_{book_, hub_};
  MemoryTables store_;
  Told told_;
  TableKeeper keeper_{store_, told_, feed_};
};

TEST_F(TableKeeperTest, ARenamedStateKeepsItsKeyAndItsOldNames) {
  ASSERT_EQ(Update(Renamed("Besprechung")), "OK");
  const auto table = book_.Of(kAcme);
  EXPECT_EQ(table->FindByAnyName("besprechung")->id.value, "in-a-meeting");
  EXPECT_EQ(table->FindByAnyName("In a Meeting")->id.value, "in-a-meeting") << "the old name of Call Handling Mode";
  EXPECT_EQ(book_.Of({"other"})->etag(), AvailabilityTable::Default().etag());
  ASSERT_THAT(told_.changes, SizeIs(1));
  EXPECT_EQ(told_.changes[0].stored.table->etag(), table->etag());
}

TEST_F(TableKeeperTest, OldNamesAreNotTheCallersToSay) {
  auto states = AvailabilityTable::Default().states();
  states[4].old_names = {"Anything"};
  states.push_back({{"lunch"}, "Lunch", "#112233", "At lunch", {"Pause"}});
  ASSERT_EQ(Update(states), "OK");
  EXPECT_EQ(book_.Of(kAcme)->FindByAnyName("Anything"), nullptr);
  EXPECT_EQ(book_.Of(kAcme)->FindByAnyName("Pause"), nullptr);
  EXPECT_EQ(book_.Of(kAcme)->FindByAnyName("lunch")->color, "#112233");
}

TEST_F(TableKeeperTest, TheSameAgainIsNotTold) {
  ASSERT_EQ(Update(Renamed("Besprechung")), "OK");
  ASSERT_EQ(Update(Renamed("Besprechung")), "OK");
  EXPECT_THAT(told_.changes, SizeIs(1));
}

TEST_F(TableKeeperTest, AStaleEtagIsAbortedAndNoneIsTriedAgain) {
  const auto first = book_.Of(kAcme)->etag();
  ASSERT_EQ(Update(Renamed("Besprechung"), first), "OK");
  EXPECT_EQ(Update(Renamed("Treffen"), first), "ETAG_STALE");
  EXPECT_EQ(book_.Of(kAcme)->FindByAnyName("Treffen"), nullptr);
  // Another replica is quicker between reading and writing.
  store_.before_write = [&] { store_.table = std::make_shared<const AvailabilityTable>(Renamed("Runde")); };
  EXPECT_EQ(Update(Renamed("Treffen")), "OK");
  EXPECT_NE(book_.Of(kAcme)->FindByAnyName("Treffen"), nullptr);
}

TEST_F(TableKeeperTest, WhoSeesDetailIsKeptBesideTheTableWithAnEtagOfItsOwn) {
  EXPECT_TRUE(book_.ShowsDetail(kAcme));
  const auto before = *keeper_.ReadPolicy(kAcme, Soon());
  ASSERT_EQ(Update(Renamed("Besprechung")), "OK");
  const auto hidden = keeper_.UpdatePolicy(kAcme, {false}, before.etag(), Soon());
  ASSERT_TRUE(hidden.ok()) << hidden.status();
  EXPECT_FALSE(book_.ShowsDetail(kAcme));
  EXPECT_NE(book_.Of(kAcme)->FindByAnyName("Besprechung"), nullptr);
  EXPECT_TRUE(absl::IsAborted(keeper_.UpdatePolicy(kAcme, {true}, before.etag(), Soon()).status()));
  ASSERT_EQ(Update(Renamed("Treffen"), book_.Of(kAcme)->etag()), "OK");
  EXPECT_FALSE(book_.ShowsDetail(kAcme));
  EXPECT_TRUE(book_.ShowsDetail({"other"}));
}

TEST_F(TableKeeperTest, WhatCannotBeATableIsRefusedNamingTheField) {
  const auto with = [](auto change) {
    auto states = AvailabilityTable::Default().states();
    change(states);
    return states;
  };
  using States = std::vector<AvailabilityState>;
  EXPECT_EQ(Update(with([](States& s) { s.pop_back(); })), "INVALID_FIELD table.states");
  EXPECT_EQ(Update({}), "INVALID_FIELD table.states");
  EXPECT_EQ(Update(with([](States& s) { s[0].color = "green"; })), "INVALID_FIELD table.states[0].color");
  EXPECT_EQ(Update(with([](States& s) { s[0].color = "#12345g"; })), "INVALID_FIELD table.states[0].color");
  EXPECT_EQ(Update(with([](States& s) { s[2].display_name = ""; })), "INVALID_FIELD table.states[2].display_name");
  EXPECT_EQ(Update(with([](States& s) { s[2].display_name = std::string(65, 'x'); })),
            "INVALID_FIELD table.states[2].display_name");
  EXPECT_EQ(Update(with([](States& s) { s[2].display_name = "a\nb"; })), "INVALID_FIELD table.states[2].display_name");
  EXPECT_EQ(Update(with([](States& s) { s[2].alternative_text = ""; })),
            "INVALID_FIELD table.states[2].alternative_text");
  const auto extra = [&](const std::string& key, const std::string& name) {
    return with([&](States& s) { s.push_back({{key}, name, "#112233", "text", {}}); });
  };
  EXPECT_EQ(Update(extra("Lunch", "Lunch")), "INVALID_FIELD table.states[6].key");
  EXPECT_EQ(Update(extra("available", "Lunch")), "INVALID_FIELD table.states[6]");
  EXPECT_EQ(Update(extra("lunch", "vacation")), "INVALID_FIELD table.states[6]") << "another's key";
  EXPECT_EQ(Update(extra("lunch", "extended absence")), "INVALID_FIELD table.states[6]") << "another's old name";
  EXPECT_EQ(Update(with([](States& s) {
              for (int i = 0; i < 27; ++i)
                s.push_back({{"x" + std::to_string(i)}, "X" + std::to_string(i), "#112233", "t", {}});
            })),
            "INVALID_FIELD table.states");
  EXPECT_THAT(told_.changes, SizeIs(0));
}

TEST_F(TableKeeperTest, AShardReadAnewHoldsExactlyItsTables) {
  ASSERT_EQ(Update(Renamed("Besprechung")), "OK");  // shard 7, revision 11
  feed_.OnShard(6, "e1", 99, {});
  EXPECT_NE(book_.Of(kAcme)->FindByAnyName("Besprechung"), nullptr) << "of another shard";
  feed_.OnShard(7, "e1", 10, {});
  EXPECT_NE(book_.Of(kAcme)->FindByAnyName("Besprechung"), nullptr) << "written after the shard was read";
  feed_.OnTable(kAcme, 7, {"e1", 9, std::make_shared<const AvailabilityTable>(Renamed("Alt"))});
  EXPECT_NE(book_.Of(kAcme)->FindByAnyName("Besprechung"), nullptr) << "an older frame";
  feed_.OnShard(7, "e2", 3, {});
  EXPECT_EQ(book_.Of(kAcme)->FindByAnyName("Besprechung"), nullptr) << "the store was emptied";
}

}  // namespace
}  // namespace crosspoint::presence
