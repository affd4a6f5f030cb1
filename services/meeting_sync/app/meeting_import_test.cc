#include "meeting_sync/app/meeting_import.h"

#include <gtest/gtest.h>

#include "common/status/status.h"
#include "meeting_sync/app/bridge_fakes.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;

const UserId kAda{TenantId{"acme"}, "ada"};
const TimePoint kNow{std::chrono::seconds{1'782'900'000}};  // 2026-07-01 10:00 UTC

class FakeImports final : public ImportStore {
 public:
  absl::StatusOr<Table> Load(const UserId&, Deadline) override { return table; }
  absl::Status Put(const UserId&, const std::vector<ImportedMeeting>& meetings, uint64_t revision, Deadline) override {
    ++puts;
    if (intruder) {  // somebody else was quicker
      table.meetings.insert_or_assign(KeyOfImported(intruder->uid), *intruder);
      ++table.revision;
      intruder.reset();
    }
    if (revision != table.revision) {
      return Refused(absl::StatusCode::kAborted, kMeetingChanged, "changed");
    }
    for (const auto& meeting : meetings) table.meetings.insert_or_assign(KeyOfImported(meeting.uid), meeting);
    ++table.revision;
    return absl::OkStatus();
  }
  absl::Status Remove(const UserId&, const ItemKey& key, Deadline) override {
    table.meetings.erase(key);
    return absl::OkStatus();
  }
  Table table;
  std::optional<ImportedMeeting> intruder;
  int puts = 0;
};

std::string File(const std::string& uid, int sequence, const std::string& summary, const std::string& more = "") {
  return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:" + uid + "\r\nSEQUENCE:" + std::to_string(sequence) +
         "\r\nDTSTART:20260701T110000Z\r\nDTEND:20260701T120000Z\r\nSUMMARY:" + summary + "\r\n" + more +
         "END:VEVENT\r\nEND:VCALENDAR\r\n";
}

class Import : public ::testing::Test {
 protected:
  absl::StatusOr<ImportResult> Take(const std::string& ics) { return import_.Import(kAda, ics, {}); }
  std::vector<Meeting> Listed() {
    return import_.List(kAda, kNow - hours{24}, kNow + hours{24 * 60}, {}).value_or(std::vector<Meeting>{});
  }

  FakeClock clock_{kNow};
  FakeMeetingStore meetings_{clock_};
  FakeImports imports_;
  UserMode mode_ = UserMode::kBridgeOnly;
  MeetingImport import_{meetings_, imports_, [this](const UserId&) { return absl::StatusOr<UserMode>(mode_); }, clock_};
};

TEST_F(Import, ForeignMeetingIsListedFoundAndRemoved) {
  const auto result = Take(File("x", 0, "Foreign"));
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->meetings.size(), 1u);
  ASSERT_EQ(Listed().size(), 1u);
  EXPECT_EQ(Listed()[0], result->meetings[0]);
  const auto key = result->meetings[0].key;
  EXPECT_EQ((*import_.Find(kAda, key, {}))->subject, "Foreign");
  EXPECT_FALSE(*import_.Find(kAda, KeyOf("other"), {}));
  EXPECT_FALSE(*import_.Remove(kAda, KeyOf("other"), {}));
  EXPECT_TRUE(*import_.Remove(kAda, key, {}));
  EXPECT_TRUE(Listed().empty());
}

TEST_F(Import, SameFileAgainChangesNothing) {
  ASSERT_TRUE(Take(File("x", 0, "Foreign")).ok());
  ASSERT_TRUE(Take(File("x", 0, "Foreign")).ok());
  EXPECT_EQ(imports_.puts, 1);
  EXPECT_EQ(Listed().size(), 1u);
}

TEST_F(Import, NewerVersionHoldsWhateverTheOrder) {
  ASSERT_TRUE(Take(File("x", 2, "New")).ok());
  const auto older = Take(File("x", 1, "Old"));
  ASSERT_TRUE(older.ok());
  EXPECT_EQ(older->meetings[0].subject, "New");
  ASSERT_EQ(Listed().size(), 1u);
  EXPECT_EQ(Listed()[0].subject, "New");
  ASSERT_TRUE(Take(File("x", 3, "New", "STATUS:CANCELLED\r\n")).ok());
  EXPECT_TRUE(Listed().empty());
}

TEST_F(Import, OwnMeetingStaysAsTheBridgeHasIt) {
  BridgeMeeting own{.owner = kAda, .id = {"c" + std::string(26, '1')}, .state = BridgeState::kLive};
  own.ical_uid = "own@bridge";
  own.fields.subject = "As kept";
  ASSERT_TRUE(meetings_.Put({.meeting = own}, {}).ok());
  for (const auto mode : {UserMode::kLinked, UserMode::kExchangeOnly, UserMode::kBridgeOnly}) {
    mode_ = mode;
    const auto result = Take(File("own@bridge", 9, "As in the file"));
    ASSERT_TRUE(result.ok()) << result.status();
    ASSERT_EQ(result->meetings.size(), 1u);
    EXPECT_EQ(result->meetings[0].subject, "As kept");
    EXPECT_EQ(result->meetings[0].bridge_id, own.id);
  }
  EXPECT_TRUE(Listed().empty()) << "it is in the list once, as the bridge's";
}

TEST_F(Import, WhereOutlookKeepsTheCalendarTheFileBelongsThere) {
  mode_ = UserMode::kLinked;
  const auto status = Take(File("x", 0, "Foreign")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(HasReason(status, "CALENDAR_IN_OUTLOOK"));
  EXPECT_EQ(imports_.puts, 0);
}

TEST_F(Import, SomebodyElsesImportAtTheSameTimeIsNotLost) {
  ASSERT_TRUE(Take(File("x", 1, "One")).ok());
  auto other = imports_.table.meetings.begin()->second;
  other.events[0].sequence = 5;
  other.events[0].summary = "Five";
  imports_.intruder = other;
  const auto result = Take(File("x", 2, "Two"));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->meetings[0].subject, "Five");
  EXPECT_EQ(Listed()[0].subject, "Five");
}

TEST_F(Import, WrongFileIsNamed) { EXPECT_EQ(Take("nonsense").status().code(), absl::StatusCode::kInvalidArgument); }

}  // namespace
}  // namespace crosspoint::meeting_sync
