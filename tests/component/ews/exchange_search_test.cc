#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "connectors/ews/errors.h"
#include "tests/component/ews/exchange_fixture.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ExchangeSearch : public WithExchange {
 protected:
  ItemId Create(const std::string& subject, const std::string& id, hours after) const {
    const auto created = client_->CreateCalendarItem({.subject = subject,
                                                      .start = start_ + after,
                                                      .end = start_ + after + minutes(30),
                                                      .extended_properties = {{CrosspointIdPath(), id}}},
                                                     Invitations::kNone, cleo_);
    EXPECT_TRUE(created.ok()) << created.status();
    return created.ok() ? *created : ItemId{};
  }
  std::vector<std::string> Subjects(const FindItemsQuery& query) const {
    const auto page = client_->FindItems(query, cleo_);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> subjects;
    if (!page.ok()) return subjects;
    for (const CalendarItem& item : page->items) subjects.push_back(item.subject);
    return subjects;
  }

  const EwsCall cleo_{.mailbox = "cleo@corp.example"};
  const TimePoint start_ = NextHour() + hours(24 * 600);
};

TEST_F(ExchangeSearch, ConditionsOrderAndPages) {
  const FieldName subject{"item:Subject"};
  const FieldName start{"calendar:Start"};
  for (int i = 0; i < 5; ++i) Create(fmt::format("find {}", i), fmt::format("id{}", i), hours(i));
  FindItemsQuery query{.folder = FolderRef::Calendar(),
                       .restriction = And({Contains(subject, "find", ContainmentMode::kPrefixed),
                                           Not(IsEqualTo(CrosspointIdPath(), "id2")), Exists(CrosspointIdPath()),
                                           Compare(Restriction::Kind::kIsGreaterThan, start, start_)}),
                       .sort = {{start, true}}};
  EXPECT_THAT(Subjects(query), ElementsAre("find 4", "find 3", "find 1"));
  query.page = {.offset = 1, .max_entries = 1};
  EXPECT_THAT(Subjects(query), ElementsAre("find 3"));
  query.restriction = Or({IsEqualTo(CrosspointIdPath(), "id0"), IsEqualTo(subject, "find 4")});
  query.page = {};
  query.sort = {{start, false}};
  EXPECT_THAT(Subjects(query), ElementsAre("find 0", "find 4"));
}

TEST_F(ExchangeSearch, ShortPagesOfABusyServerLoseNothing) {
  std::set<std::string> wanted;
  for (int i = 0; i < 12; ++i) wanted.insert(Create("short", fmt::format("s{}", i), hours(i)).id);
  exchange_->Post("/sim/limits", R"({"find_count": 5})");
  FindItemsQuery query{.folder = FolderRef::Calendar(), .restriction = IsEqualTo(FieldName{"item:Subject"}, "short")};
  std::multiset<std::string> found;
  int pages = 0;
  for (bool more = true; more && pages < 20; ++pages) {
    const auto page = client_->FindItems(query, cleo_);
    ASSERT_TRUE(page.ok()) << page.status();
    for (const CalendarItem& item : page->items) found.insert(item.id.id);
    query.page.offset = page->next_offset;
    more = !page->includes_last;
  }
  exchange_->Post("/sim/limits", R"({"find_count": 1000})");
  EXPECT_EQ(found, std::multiset<std::string>(wanted.begin(), wanted.end()));
  EXPECT_GE(pages, 3);
}

TEST_F(ExchangeSearch, TooManyNodesAreRefusedBeforeTheyAreSent) {
  const std::vector<Restriction> terms(300, Exists(FieldName{"item:Subject"}));
  const auto page = client_->FindItems({.folder = FolderRef::Calendar(), .restriction = Or(terms)}, cleo_);
  EXPECT_EQ(page.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ExchangeSearch, EventsArePulledFromTheWatermarkOn) {
  const auto subscription = client_->SubscribePull({.folders = {FolderRef::Calendar()}}, minutes(10), "", cleo_);
  ASSERT_TRUE(subscription.ok()) << subscription.status();
  const auto none = client_->GetEvents(subscription->id, subscription->watermark, cleo_);
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_THAT(none->events, IsEmpty());

  const ItemId id = Create("pulled", "p1", hours(1));
  std::vector<StreamEvent> events;
  std::string watermark = none->watermark;
  for (bool more = true; more;) {
    const auto pulled = client_->GetEvents(subscription->id, watermark, cleo_);
    ASSERT_TRUE(pulled.ok()) << pulled.status();
    events.insert(events.end(), pulled->events.begin(), pulled->events.end());
    watermark = pulled->watermark;
    more = pulled->more_events;
  }
  const auto created = [&](const StreamEvent& event) {
    return event.kind == StreamEvent::Kind::kCreated && event.item_id == id.id;
  };
  EXPECT_EQ(std::count_if(events.begin(), events.end(), created), 1);
  const auto quiet = client_->GetEvents(subscription->id, watermark, cleo_);
  ASSERT_TRUE(quiet.ok()) << quiet.status();
  EXPECT_THAT(quiet->events, IsEmpty());
  EXPECT_TRUE(client_->Unsubscribe(subscription->id, cleo_).ok());
}

TEST_F(ExchangeSearch, LostPullSubscriptionAsksForANewOne) {
  const auto subscription = client_->SubscribePull({}, minutes(10), "", cleo_);
  ASSERT_TRUE(subscription.ok()) << subscription.status();
  exchange_->Post("/sim/drop-subscriptions");
  const auto lost = client_->GetEvents(subscription->id, subscription->watermark, cleo_);
  EXPECT_EQ(ReactionOf(lost.status()), Reaction::kResubscribe) << lost.status();
  const auto again = client_->SubscribePull({}, minutes(10), "", cleo_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(client_->GetEvents(again->id, again->watermark, cleo_).ok());
}

}  // namespace
}  // namespace crosspoint::ews
