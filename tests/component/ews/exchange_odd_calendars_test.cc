#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "connectors/ews/soap/text.h"
#include "tests/component/ews/exchange_fixture.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::SizeIs;

TimePoint At(const char* text) { return *ParseDateTime(text); }

// What servers that are not Exchange itself do to calendars, folders and free/busy times.
class OddCalendars : public UnderQuirk<WithExchange> {
 protected:
  // The occurrences of that name, in order.
  std::vector<CalendarItem> View(const std::string& subject) const {
    const auto page =
        client_->FindCalendarItems({.start = At("2029-01-01T00:00:00Z"), .end = At("2029-02-01T00:00:00Z")}, anna_);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<CalendarItem> items;
    for (const CalendarItem& item : page.ok() ? page->items : std::vector<CalendarItem>{}) {
      if (item.subject == subject) items.push_back(item);
    }
    std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
    return items;
  }
};

TEST_P(OddCalendars, SeriesIsMadeListedChangedAndDeleted) {
  const std::string subject = std::string("odd ") + GetParam();
  const Recurrence weekly{
      .pattern = Recurrence::Pattern::kWeekly, .days = {"Monday"}, .start = {2029, 1, 1}, .count = 4};
  const auto id = client_->CreateCalendarItem({.subject = subject,
                                               .start = At("2029-01-01T09:00:00Z"),
                                               .end = At("2029-01-01T10:00:00Z"),
                                               .recurrence = weekly,
                                               .time_zone = "UTC",
                                               .extended_properties = {{CrosspointIdPath(), subject}}},
                                              Invitations::kNone, anna_);
  ASSERT_TRUE(id.ok()) << id.status();
  const auto items = View(subject);
  ASSERT_THAT(items, SizeIs(4));
  EXPECT_EQ(items[3].start, At("2029-01-22T09:00:00Z"));
  EXPECT_EQ(items[3].end, At("2029-01-22T10:00:00Z"));

  const auto master = client_->GetCalendarItem(*id, {CrosspointIdPath()}, Detail::kFacts, anna_);
  ASSERT_TRUE(master.ok()) << master.status();
  EXPECT_EQ(master->recurrence, weekly);
  EXPECT_EQ(master->Get(CrosspointIdPath()), subject);
  const auto renamed = client_->UpdateCalendarItemVerified(*master, {.location = "Room 9"}, Invitations::kNone, anna_);
  ASSERT_TRUE(renamed.ok()) << renamed.status();
  EXPECT_EQ(View(subject).at(0).location, "Room 9");
  const absl::Status deleted =
      client_->DeleteCalendarItem(*renamed, DeleteType::kHardDelete, Invitations::kNone, anna_);
  ASSERT_TRUE(deleted.ok()) << deleted;
  EXPECT_THAT(View(subject), SizeIs(0));
}

TEST_P(OddCalendars, FoldersFreeBusyAndSyncAreRead) {
  const auto folders = client_->FindFolders({}, anna_);
  ASSERT_TRUE(folders.ok()) << folders.status();
  EXPECT_GE(folders->folders.size(), 3u);
  const TimePoint start = At("2029-03-01T09:00:00Z");
  const auto id = client_->CreateCalendarItem({.subject = "taken", .start = start, .end = start + minutes(30)},
                                              Invitations::kNone, anna_);
  ASSERT_TRUE(id.ok()) << id.status();
  const auto busy = client_->GetUserAvailability({.mailboxes = {"anna@corp.example"},
                                                  .start = start - hours(1),
                                                  .end = start + hours(1),
                                                  .time_zone = "W. Europe Standard Time"},
                                                 bo_);
  ASSERT_TRUE(busy.ok() && busy->at(0).ok()) << busy.status();
  ASSERT_THAT(busy->at(0)->busy, SizeIs(1));
  EXPECT_EQ(busy->at(0)->busy[0].start, start);
  const auto sync = client_->SyncFolderItems(FolderRef::Calendar(), "", 512, {}, anna_);
  ASSERT_TRUE(sync.ok()) << sync.status();
  const auto is_it = [&](const SyncChange& change) { return change.id.id == id->id; };
  EXPECT_EQ(std::count_if(sync->changes.begin(), sync->changes.end(), is_it), 1);
  ASSERT_TRUE(client_->DeleteCalendarItem(*id, DeleteType::kHardDelete, Invitations::kNone, anna_).ok());
}

INSTANTIATE_TEST_SUITE_P(Quirks, OddCalendars,
                         ::testing::Values("prefixes", "no_change_keys", "stale_change_keys", "fractions",
                                           "datetimes_for_dates", "series_not_expanded", "unknown_elements",
                                           "repeated_elements", "http200_faults"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace crosspoint::ews
