#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "connectors/ews/calendar_facts.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/soap/text.h"
#include "tests/component/ews/exchange_fixture.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TimePoint At(const char* text) { return *ParseDateTime(text); }

// Series around a change of clocks in Berlin, years ahead of what the simulator seeds.
class ExchangeSeries : public WithExchange {
 protected:
  CalendarDraft Series(const std::string& subject, Recurrence recurrence) const {
    recurrence.start = {2028, 10, 2};  // a Monday
    return {.subject = subject,
            .start = At("2028-10-02T08:00:00Z"),
            .end = At("2028-10-02T09:30:00Z"),
            .recurrence = recurrence,
            .time_zone = "W. Europe Standard Time"};
  }
  CalendarDraft Weekly(const std::string& subject) const {
    return Series(subject, {.pattern = Recurrence::Pattern::kWeekly, .days = {"Monday", "Thursday"}});
  }
  ItemId Create(const CalendarDraft& draft, const EwsCall& call, Invitations invitations = Invitations::kNone) const {
    const auto id = client_->CreateCalendarItem(draft, invitations, call);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : ItemId{};
  }
  CalendarItem Get(const ItemRef& ref, const EwsCall& call) const {
    const auto item = client_->GetCalendarItem(ref, {}, Detail::kFacts, call);
    EXPECT_TRUE(item.ok()) << item.status();
    return item.ok() ? *item : CalendarItem{};
  }
  // What the calendar shows from October 2028 on, in order, by subject.
  std::vector<CalendarItem> View(const EwsCall& call, const std::string& subject,
                                 const char* end = "2028-11-13T00:00:00Z") const {
    const auto page = client_->FindCalendarItems({.start = At("2028-10-01T00:00:00Z"), .end = At(end)}, call);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<CalendarItem> items;
    if (!page.ok()) return items;
    for (const CalendarItem& item : page->items) {
      if (item.subject == subject) items.push_back(item);
    }
    std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
    return items;
  }
  static std::vector<TimeSpan> Spans(const std::vector<CalendarItem>& items) {
    std::vector<TimeSpan> spans;
    for (const CalendarItem& item : items) spans.push_back({item.start, item.end});
    return spans;
  }
};

TEST_F(ExchangeSeries, OccurrenceIsReachedByItsPlaceAndTellsItsMaster) {
  const ItemId master = Create(Weekly("o1"), anna_);
  const CalendarItem third = Get(ItemRef::Occurrence(master, 3), anna_);
  EXPECT_EQ(third.start, At("2028-10-09T08:00:00Z"));
  EXPECT_EQ(third.item_type, ItemType::kOccurrence);
  const CalendarItem found = Get(ItemRef::MasterOf(third.id), anna_);
  EXPECT_EQ(found.id.id, master.id);
  EXPECT_EQ(found.item_type, ItemType::kRecurringMaster);
  const auto beyond = client_->GetCalendarItem(ItemRef::Occurrence(master, 100'000), {}, Detail::kFacts, anna_);
  EXPECT_EQ(beyond.status().code(), absl::StatusCode::kNotFound) << beyond.status();
}

TEST_F(ExchangeSeries, OneOccurrenceIsMovedAndOneDeletedAndTheMasterTellsBoth) {
  const ItemId master = Create(Weekly("o2"), anna_);
  const CalendarItem second = Get(ItemRef::Occurrence(master, 2), anna_);
  const auto moved = client_->UpdateCalendarItem(
      second.id, {.start = second.start + hours(2), .end = second.end + hours(2)}, Invitations::kNone, anna_);
  ASSERT_TRUE(moved.ok()) << moved.status();
  const CalendarItem third = Get(ItemRef::Occurrence(master, 3), anna_);
  const absl::Status deleted =
      client_->DeleteCalendarItem(third.id, DeleteType::kHardDelete, Invitations::kNone, anna_);
  ASSERT_TRUE(deleted.ok()) << deleted;

  const CalendarItem series = Get(master, anna_);
  ASSERT_THAT(series.modified_occurrences, SizeIs(1));
  EXPECT_EQ(series.modified_occurrences[0].original_start, second.start);
  EXPECT_EQ(series.modified_occurrences[0].start, second.start + hours(2));
  EXPECT_THAT(series.deleted_occurrences, ElementsAre(third.start));
  const auto items = View(anna_, "o2", "2028-10-13T00:00:00Z");
  ASSERT_THAT(items, SizeIs(3));
  EXPECT_EQ(items[1].item_type, ItemType::kException);
  EXPECT_EQ(items[1].start, second.start + hours(2));
  EXPECT_EQ(items[2].start, At("2028-10-12T08:00:00Z"));
}

TEST_F(ExchangeSeries, RuleOfTheMasterIsChangedAndTakenAway) {
  const ItemId master = Create(Weekly("o3"), anna_);
  const Recurrence daily{.pattern = Recurrence::Pattern::kDaily, .start = {2028, 10, 2}, .count = 2};
  const auto changed = client_->UpdateCalendarItem(master, {.recurrence = daily}, Invitations::kNone, anna_);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(Get(*changed, anna_).recurrence, daily);
  EXPECT_THAT(View(anna_, "o3"), SizeIs(2));
  const auto single = client_->UpdateCalendarItem(*changed, {.delete_recurrence = true}, Invitations::kNone, anna_);
  ASSERT_TRUE(single.ok()) << single.status();
  EXPECT_EQ(Get(*single, anna_).item_type, ItemType::kSingle);
  EXPECT_THAT(View(anna_, "o3"), SizeIs(1));
}

// Every pattern, with a moved and a deleted occurrence: what we compute is what the server would list.
TEST_F(ExchangeSeries, MastersAreExpandedAsTheServerWouldHaveDone) {
  using Pattern = Recurrence::Pattern;
  const std::vector<Recurrence> rules = {
      {.pattern = Pattern::kDaily, .interval = 3},
      {.pattern = Pattern::kDaily, .count = 20},
      {.pattern = Pattern::kWeekly, .interval = 2, .days = {"Monday", "Friday"}, .first_day_of_week = "Sunday"},
      {.pattern = Pattern::kWeekly, .days = {"Weekday"}, .end = Date{2028, 11, 3}},
      {.pattern = Pattern::kAbsoluteMonthly, .day_of_month = 31},
      {.pattern = Pattern::kRelativeMonthly, .days = {"Weekday"}, .week_index = "Last"},
      {.pattern = Pattern::kRelativeMonthly, .days = {"Tuesday"}, .week_index = "Second"},
      {.pattern = Pattern::kAbsoluteYearly, .day_of_month = 31, .month = "October"},
      {.pattern = Pattern::kRelativeYearly, .days = {"Sunday"}, .month = "November", .week_index = "First"}};
  for (size_t i = 0; i < rules.size(); ++i) {
    const std::string subject = fmt::format("x{}", i);
    const ItemId master = Create(Series(subject, rules[i]), bo_);
    const auto listed = View(bo_, subject, "2029-12-31T00:00:00Z");
    ASSERT_GE(listed.size(), 2u) << subject;
    const auto moved = client_->UpdateCalendarItem(
        listed[0].id, {.start = listed[0].start + hours(1), .end = listed[0].end + hours(1)}, Invitations::kNone, bo_);
    ASSERT_TRUE(moved.ok()) << moved.status();
    const absl::Status deleted =
        client_->DeleteCalendarItem({listed[1].id.id, ""}, DeleteType::kHardDelete, Invitations::kNone, bo_);
    ASSERT_TRUE(deleted.ok()) << deleted;

    const auto expected = View(bo_, subject, "2029-12-31T00:00:00Z");
    const WithQuirk quirk(exchange_, "series_not_expanded");
    const auto computed = View(bo_, subject, "2029-12-31T00:00:00Z");
    EXPECT_EQ(Spans(computed), Spans(expected)) << subject;
    ASSERT_THAT(computed, SizeIs(expected.size()));
    EXPECT_EQ(computed[0].item_type, ItemType::kException);
  }
}

TEST_F(ExchangeSeries, ComputedOccurrenceIsReadByItsIdButNotChanged) {
  Create(Weekly("o4"), anna_);
  const WithQuirk quirk(exchange_, "series_not_expanded");
  const auto items = View(anna_, "o4");
  ASSERT_THAT(items, SizeIs(12));
  const CalendarItem read = Get(items[11].id, anna_);
  EXPECT_EQ(read.start, At("2028-11-09T09:00:00Z")) << "after the change of clocks";
  EXPECT_EQ(read.start, items[11].start);
  EXPECT_EQ(read.subject, "o4");
  const auto changed = client_->UpdateCalendarItem(items[11].id, {.subject = "no"}, Invitations::kNone, anna_);
  EXPECT_EQ(changed.status().code(), absl::StatusCode::kInvalidArgument) << changed.status();
}

TEST_F(ExchangeSeries, AllDayItemKeepsItsDay) {
  const TimeSpan day = AllDaySpan({2028, 10, 29}, 1, "W. Europe Standard Time");
  const ItemId id = Create({.subject = "day",
                            .start = day.start,
                            .end = day.end,
                            .is_all_day = true,
                            .time_zone = "W. Europe Standard Time"},
                           anna_);
  const CalendarItem item = Get(id, anna_);
  EXPECT_TRUE(item.is_all_day);
  EXPECT_EQ(FirstDayOf(item, "Pacific Standard Time"), (Date{2028, 10, 29})) << FormatDateTime(item.start);
  EXPECT_EQ(DayCountOf(item), 1);
}

TEST_F(ExchangeSeries, StaleChangeKeyThatTheServerAcceptsIsFoundByReading) {
  const ItemId id = Create(Weekly("v1"), anna_);
  const CalendarItem seen = Get(id, anna_);
  ASSERT_TRUE(client_->UpdateCalendarItem(id, {.location = "elsewhere"}, Invitations::kNone, anna_).ok());
  const WithQuirk quirk(exchange_, "stale_change_keys");
  EXPECT_TRUE(client_->UpdateCalendarItem(seen.id, {.free_busy = FreeBusy::kFree}, Invitations::kNone, anna_).ok());
  const auto refused = client_->UpdateCalendarItemVerified(seen, {.location = "here"}, Invitations::kNone, anna_);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAborted) << refused.status();
  EXPECT_EQ(ReactionOf(refused.status()), Reaction::kRefresh);
  EXPECT_EQ(Get({id.id, ""}, anna_).location, "elsewhere");
  const auto done =
      client_->UpdateCalendarItemVerified(Get({id.id, ""}, anna_), {.location = "here"}, Invitations::kNone, anna_);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(Get({id.id, ""}, anna_).location, "here");
}

TEST_F(ExchangeSeries, ServerWithoutChangeKeysIsWrittenToAllTheSame) {
  const WithQuirk quirk(exchange_, "no_change_keys");
  const ItemId id = Create(Weekly("v2"), anna_);
  EXPECT_EQ(id.change_key, "");
  const CalendarItem seen = Get(id, anna_);
  const auto done = client_->UpdateCalendarItemVerified(seen, {.subject = "v2b"}, Invitations::kNone, anna_);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(Get(*done, anna_).subject, "v2b");
}

TEST_F(ExchangeSeries, PhotoComesBySoapAlone) {
  const WithQuirk quirk(exchange_, "no_photos_over_http");
  const auto photo = client_->GetUserPhoto("anna@corp.example", "HR96x96", "", anna_);
  ASSERT_TRUE(photo.ok()) << photo.status();
  EXPECT_EQ(photo->state, Photo::State::kPhoto);
}

}  // namespace
}  // namespace crosspoint::ews
