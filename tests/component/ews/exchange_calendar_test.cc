#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/ews/errors.h"
#include "tests/component/ews/exchange_fixture.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ExchangeCalendar : public WithExchange {
 protected:
  CalendarDraft Meeting(const std::string& id) const {
    return {.subject = "Meeting " + id,
            .body = Body{BodyType::kText, "Join & talk\r\nhttps://meet.example/1"},
            .location = "Room 1",
            .start = start_,
            .end = start_ + minutes(30),
            .required_attendees = {"bo@corp.example"},
            .reminder_minutes_before_start = 10,
            .time_zone = "W. Europe Standard Time",
            .extended_properties = {{CrosspointIdPath(), id}, {CrosspointAvailabilityStatePath(), "states/dnd"}}};
  }
  std::vector<CalendarItem> View(const EwsCall& call) const {
    const auto page = client_->FindCalendarItems(
        {.start = start_ - hours(1), .end = start_ + hours(2), .properties = {CrosspointIdPath()}}, call);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->items : std::vector<CalendarItem>{};
  }
  // The items in the window that carry our id.
  std::vector<CalendarItem> Ours(const EwsCall& call, const std::string& id) const {
    std::vector<CalendarItem> ours;
    for (CalendarItem& item : View(call)) {
      if (item.Get(CrosspointIdPath()) == id) ours.push_back(std::move(item));
    }
    return ours;
  }
  CalendarItem Get(const ItemId& id, const EwsCall& call, Detail detail = Detail::kFacts) const {
    const auto item =
        client_->GetCalendarItem(id, {CrosspointIdPath(), CrosspointAvailabilityStatePath()}, detail, call);
    EXPECT_TRUE(item.ok()) << item.status();
    return item.ok() ? *item : CalendarItem{};
  }

  const TimePoint start_ = NextHour() + hours(24 * 400);  // beyond what the simulator seeds
};

TEST_F(ExchangeCalendar, CreatedItemIsFoundAndReadBack) {
  const auto id = client_->CreateCalendarItem(Meeting("c1"), Invitations::kAndSaveCopy, anna_);
  ASSERT_TRUE(id.ok()) << id.status();
  const auto found = Ours(anna_, "c1");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].id.id, id->id);
  EXPECT_EQ(found[0].subject, "Meeting c1");
  EXPECT_EQ(found[0].start, start_);

  const CalendarItem item = Get(*id, anna_, Detail::kFactsAndBody);
  EXPECT_EQ(item.end, start_ + minutes(30));
  EXPECT_EQ(item.location, "Room 1");
  EXPECT_TRUE(item.is_meeting);
  EXPECT_EQ(item.free_busy, FreeBusy::kBusy);
  EXPECT_EQ(item.my_response, ResponseType::kOrganizer);
  ASSERT_TRUE(item.organizer);
  EXPECT_EQ(item.organizer->email, "anna@corp.example");
  ASSERT_THAT(item.required_attendees, SizeIs(1));
  EXPECT_EQ(item.required_attendees[0].mailbox.email, "bo@corp.example");
  EXPECT_FALSE(item.uid.empty());
  EXPECT_EQ(item.Get(CrosspointAvailabilityStatePath()), "states/dnd");
  EXPECT_TRUE(item.reminder_is_set);
  EXPECT_EQ(item.reminder_minutes_before_start, 10);
  ASSERT_TRUE(item.body);
  EXPECT_THAT(item.body->text, ::testing::HasSubstr("Join & talk"));
  EXPECT_TRUE(item.last_modified);
}

TEST_F(ExchangeCalendar, InvitationReachesTheAttendeeWithTheSameUid) {
  const auto id = client_->CreateCalendarItem(Meeting("c2"), Invitations::kAndSaveCopy, anna_);
  ASSERT_TRUE(id.ok()) << id.status();
  const std::string uid = Get(*id, anna_).uid;
  std::vector<CalendarItem> copies;
  for (const CalendarItem& item : View(bo_)) {
    if (item.uid == uid) copies.push_back(item);
  }
  ASSERT_THAT(copies, SizeIs(1));
  EXPECT_EQ(copies[0].free_busy, FreeBusy::kTentative);
  EXPECT_EQ(copies[0].my_response, ResponseType::kNoResponse);
}

TEST_F(ExchangeCalendar, WithoutInvitationsNobodyElseHearsOfIt) {
  const auto id = client_->CreateCalendarItem(Meeting("c3"), Invitations::kNone, anna_);
  ASSERT_TRUE(id.ok()) << id.status();
  const std::string uid = Get(*id, anna_).uid;
  for (const CalendarItem& item : View(bo_)) EXPECT_NE(item.uid, uid);
}

TEST_F(ExchangeCalendar, RetriedCreateFindsWhatTheFirstTryLeft) {
  ASSERT_TRUE(client_->CreateCalendarItem(Meeting("c4"), Invitations::kNone, anna_).ok());
  const auto found = client_->FindByProperty(FolderRef::Calendar(), {CrosspointIdPath(), "c4"}, anna_);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_THAT(found->items, SizeIs(1));
  EXPECT_EQ(found->items[0].Get(CrosspointIdPath()), "c4");
  const auto none = client_->FindByProperty(FolderRef::Calendar(), {CrosspointIdPath(), "never"}, anna_);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_THAT(none->items, IsEmpty());
}

TEST_F(ExchangeCalendar, UpdateChangesWhatIsNamedAndNothingElse) {
  const auto id = client_->CreateCalendarItem(Meeting("c5"), Invitations::kNone, anna_);
  ASSERT_TRUE(id.ok()) << id.status();
  const auto updated = client_->UpdateCalendarItem(*id,
                                                   {.subject = "Renamed",
                                                    .start = start_ + minutes(15),
                                                    .end = start_ + minutes(60),
                                                    .free_busy = FreeBusy::kFree,
                                                    .set_properties = {{CrosspointIdPath(), "c5b"}},
                                                    .delete_properties = {CrosspointAvailabilityStatePath()}},
                                                   Invitations::kNone, anna_);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->id, id->id);
  EXPECT_NE(updated->change_key, id->change_key);
  const CalendarItem item = Get(*updated, anna_);
  EXPECT_EQ(item.subject, "Renamed");
  EXPECT_EQ(item.start, start_ + minutes(15));
  EXPECT_EQ(item.free_busy, FreeBusy::kFree);
  EXPECT_EQ(item.location, "Room 1");
  EXPECT_EQ(item.Get(CrosspointIdPath()), "c5b");
  EXPECT_EQ(item.Get(CrosspointAvailabilityStatePath()), "");
}

TEST_F(ExchangeCalendar, StaleChangeKeyIsAbortedAndHealsByReadingAgain) {
  const auto id = client_->CreateCalendarItem(Meeting("c6"), Invitations::kNone, anna_);
  ASSERT_TRUE(id.ok()) << id.status();
  ASSERT_TRUE(client_->UpdateCalendarItem(*id, {.subject = "first"}, Invitations::kNone, anna_).ok());
  const auto stale = client_->UpdateCalendarItem(*id, {.subject = "second"}, Invitations::kNone, anna_);
  EXPECT_EQ(stale.status().code(), absl::StatusCode::kAborted) << stale.status();
  EXPECT_EQ(ReactionOf(stale.status()), Reaction::kRefresh);
  const auto fresh = client_->UpdateCalendarItem(Get(*id, anna_).id, {.subject = "second"}, Invitations::kNone, anna_);
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_EQ(Get(*fresh, anna_).subject, "second");
}

TEST_F(ExchangeCalendar, DeletedItemIsGone) {
  const auto id = client_->CreateCalendarItem(Meeting("c7"), Invitations::kAndSaveCopy, anna_);
  ASSERT_TRUE(id.ok()) << id.status();
  const absl::Status deleted =
      client_->DeleteCalendarItem(*id, DeleteType::kHardDelete, Invitations::kAndSaveCopy, anna_);
  EXPECT_TRUE(deleted.ok()) << deleted;
  EXPECT_THAT(Ours(anna_, "c7"), IsEmpty());
  const auto item = client_->GetCalendarItem(*id, {}, Detail::kFacts, anna_);
  EXPECT_EQ(item.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReactionOf(item.status()), Reaction::kGone);
  EXPECT_EQ(client_->DeleteCalendarItem(*id, DeleteType::kHardDelete, Invitations::kNone, anna_).code(),
            absl::StatusCode::kNotFound);
}

TEST_F(ExchangeCalendar, BatchTellsWhichItemIsMissing) {
  const auto id = client_->CreateCalendarItem(Meeting("c8"), Invitations::kNone, anna_);
  const auto other = client_->CreateCalendarItem(Meeting("c9"), Invitations::kNone, anna_);
  ASSERT_TRUE(id.ok() && other.ok());
  ASSERT_TRUE(client_->DeleteCalendarItem(*other, DeleteType::kHardDelete, Invitations::kNone, anna_).ok());
  const auto batch = client_->GetCalendarItems({*other, *id}, {}, Detail::kFacts, anna_);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ(batch->at(0).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(batch->at(1).ok()) << batch->at(1).status();
  EXPECT_EQ(batch->at(1)->subject, "Meeting c8");
}

TEST_F(ExchangeCalendar, SeriesIsExpandedByTheServerAndReadAsFacts) {
  CalendarDraft draft = Meeting("c10");
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(start_));
  const Date first{static_cast<int>(day.year()), static_cast<int>(static_cast<unsigned>(day.month())),
                   static_cast<int>(static_cast<unsigned>(day.day()))};
  draft.time_zone = "UTC";
  draft.recurrence = Recurrence{.pattern = Recurrence::Pattern::kDaily, .interval = 2, .start = first, .count = 3};
  const auto id = client_->CreateCalendarItem(draft, Invitations::kNone, anna_);
  ASSERT_TRUE(id.ok()) << id.status();
  const auto page = client_->FindCalendarItems(
      {.start = start_ - hours(1), .end = start_ + hours(24 * 10), .properties = {CrosspointIdPath()}}, anna_);
  ASSERT_TRUE(page.ok()) << page.status();
  std::vector<TimePoint> starts;
  for (const CalendarItem& item : page->items) {
    if (item.Get(CrosspointIdPath()) != "c10") continue;
    EXPECT_EQ(item.item_type, ItemType::kOccurrence);
    starts.push_back(item.start);
  }
  EXPECT_THAT(starts, ElementsAre(start_, start_ + hours(48), start_ + hours(96)));
  const CalendarItem master = Get(*id, anna_);
  EXPECT_EQ(master.item_type, ItemType::kRecurringMaster);
  ASSERT_TRUE(master.recurrence);
  EXPECT_EQ(*master.recurrence, *draft.recurrence);
}

TEST_F(ExchangeCalendar, SyncTellsEveryChangeOnceAndAgainFromTheBeginning) {
  const EwsCall cleo{.mailbox = "cleo@corp.example"};
  const auto sync = [&](const std::string& state) {
    auto result = client_->SyncFolderItems(FolderRef::Calendar(), state, 512, {CrosspointIdPath()}, cleo);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : SyncResult{};
  };
  const SyncResult before = sync("");
  CalendarDraft draft = Meeting("s1");
  draft.required_attendees.clear();
  const auto id = client_->CreateCalendarItem(draft, Invitations::kNone, cleo);
  ASSERT_TRUE(id.ok()) << id.status();
  SyncResult created = sync(before.sync_state);
  ASSERT_THAT(created.changes, SizeIs(1));
  EXPECT_EQ(created.changes[0].kind, SyncChange::Kind::kCreate);
  EXPECT_EQ(created.changes[0].id.id, id->id);
  ASSERT_TRUE(created.changes[0].item);
  EXPECT_EQ(created.changes[0].item->Get(CrosspointIdPath()), "s1");
  EXPECT_THAT(sync(created.sync_state).changes, IsEmpty());
  ASSERT_TRUE(client_->UpdateCalendarItem(*id, {.subject = "x"}, Invitations::kNone, cleo).ok());
  const SyncResult updated = sync(created.sync_state);
  ASSERT_THAT(updated.changes, SizeIs(1));
  EXPECT_EQ(updated.changes[0].kind, SyncChange::Kind::kUpdate);
  ASSERT_TRUE(client_->DeleteCalendarItem({id->id, ""}, DeleteType::kHardDelete, Invitations::kNone, cleo).ok());
  const SyncResult deleted = sync(updated.sync_state);
  ASSERT_THAT(deleted.changes, SizeIs(1));
  EXPECT_EQ(deleted.changes[0].kind, SyncChange::Kind::kDelete);
  EXPECT_EQ(deleted.changes[0].id.id, id->id);
  EXPECT_EQ(sync("").changes.size(), before.changes.size());
}

TEST_F(ExchangeCalendar, SyncComesInPages) {
  std::string state;
  size_t changes = 0;
  int pages = 0;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(client_->CreateCalendarItem(Meeting("p" + std::to_string(i)), Invitations::kNone, bo_).ok());
  }
  bool more = true;
  while (more) {
    const auto result = client_->SyncFolderItems(FolderRef::Calendar(), state, 2, {}, bo_);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_LE(result->changes.size(), 2u);
    state = result->sync_state;
    changes += result->changes.size();
    more = !result->includes_last;
    ASSERT_LT(++pages, 100);
  }
  EXPECT_GE(changes, 5u);
  EXPECT_GE(pages, 3);
}

TEST_F(ExchangeCalendar, LostSyncStateAsksForANewBeginning) {
  const auto first = client_->SyncFolderItems(FolderRef::Calendar(), "", 512, {}, anna_);
  ASSERT_TRUE(first.ok()) << first.status();
  exchange_->Post("/sim/expire-sync-states");
  const auto lost = client_->SyncFolderItems(FolderRef::Calendar(), first->sync_state, 512, {}, anna_);
  EXPECT_EQ(ReactionOf(lost.status()), Reaction::kResync) << lost.status();
  EXPECT_TRUE(client_->SyncFolderItems(FolderRef::Calendar(), "", 512, {}, anna_).ok());
}

TEST_F(ExchangeCalendar, FoldersByNameAndId) {
  const auto folder = client_->GetFolder(FolderRef::Calendar(), anna_);
  ASSERT_TRUE(folder.ok()) << folder.status();
  EXPECT_EQ(folder->folder_class, "IPF.Appointment");
  EXPECT_FALSE(folder->display_name.empty());
  const auto same = client_->GetFolder(FolderRef::ById(folder->id.id), anna_);
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->id.id, folder->id.id);
  const auto batch = client_->GetFolders({FolderRef::Calendar(), FolderRef::ById("AAMkNoSuch=")}, anna_);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_TRUE(batch->at(0).ok());
  EXPECT_FALSE(batch->at(1).ok());
}

}  // namespace
}  // namespace crosspoint::ews
