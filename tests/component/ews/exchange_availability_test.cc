#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

class ExchangeAvailability : public WithExchange {
 protected:
  void Create(const CalendarDraft& draft, const EwsCall& call) const {
    const auto id = client_->CreateCalendarItem(draft, Invitations::kNone, call);
    EXPECT_TRUE(id.ok()) << id.status();
  }
  Availability AnnaAsSeenBy(const EwsCall& call, const AvailabilityQuery& query) const {
    const auto all = client_->GetUserAvailability(query, call);
    EXPECT_TRUE(all.ok() && all->size() == 1 && all->at(0).ok()) << all.status();
    return all.ok() && all->at(0).ok() ? *all->at(0) : Availability{};
  }
};

TEST_F(ExchangeAvailability, BusyTimesComeWithDetailsForTheOwnerAndWithoutForOthers) {
  const TimePoint start = At("2028-02-02T09:00:00Z");
  Create({.subject = "busy", .location = "R1", .start = start, .end = start + minutes(30)}, anna_);
  Create({.subject = "away", .start = start + hours(1), .end = start + hours(2), .free_busy = FreeBusy::kOutOfOffice},
         anna_);
  AvailabilityQuery query{.mailboxes = {"anna@corp.example"},
                          .start = start,
                          .end = start + hours(3),
                          .view = AvailabilityView::kDetailedMerged,
                          .interval = minutes(30)};
  const Availability own = AnnaAsSeenBy(anna_, query);
  EXPECT_EQ(own.view, AvailabilityView::kDetailedMerged);
  EXPECT_THAT(own.merged, ElementsAre(FreeBusy::kBusy, FreeBusy::kFree, FreeBusy::kOutOfOffice, FreeBusy::kOutOfOffice,
                                      FreeBusy::kFree, FreeBusy::kFree));
  ASSERT_THAT(own.busy, SizeIs(2));
  EXPECT_EQ(own.busy[0].start, start);
  EXPECT_EQ(own.busy[0].end, start + minutes(30));
  ASSERT_TRUE(own.busy[0].details);
  EXPECT_EQ(own.busy[0].details->subject, "busy");
  EXPECT_EQ(own.busy[0].details->location, "R1");
  EXPECT_EQ(own.busy[1].state, FreeBusy::kOutOfOffice);
  ASSERT_TRUE(own.working_hours);
  EXPECT_THAT(own.working_hours->periods, SizeIs(1));

  const Availability others = AnnaAsSeenBy(bo_, query);
  EXPECT_EQ(others.view, AvailabilityView::kFreeBusyMerged);
  ASSERT_THAT(others.busy, SizeIs(2));
  EXPECT_FALSE(others.busy[0].details);
  EXPECT_EQ(others.busy[0].start, start);
}

TEST_F(ExchangeAvailability, SameInstantsWhateverZoneIsAskedIn) {
  const TimePoint start = At("2028-03-26T00:30:00Z");  // the hour before Berlin changes its clocks
  Create({.subject = "night", .start = start, .end = start + hours(2)}, anna_);
  for (const char* zone : {"", "W. Europe Standard Time", "Australia/Sydney", "America/New_York"}) {
    const Availability seen = AnnaAsSeenBy(
        bo_,
        {.mailboxes = {"anna@corp.example"}, .start = start - hours(3), .end = start + hours(6), .time_zone = zone});
    EXPECT_THAT(seen.busy, ElementsAre(BusyTime{start, start + hours(2), FreeBusy::kBusy, std::nullopt})) << zone;
  }
}

TEST_F(ExchangeAvailability, OneClosedMailboxDoesNotFailTheOthers) {
  exchange_->Post("/sim/mailboxes/settings", R"({"email": "cleo@corp.example", "shares_free_busy": false})");
  const auto all =
      client_->GetUserAvailability({.mailboxes = {"nobody@corp.example", "anna@corp.example", "cleo@corp.example"},
                                    .start = At("2028-02-02T00:00:00Z"),
                                    .end = At("2028-02-03T00:00:00Z")},
                                   bo_);
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_THAT(*all, SizeIs(3));
  EXPECT_EQ(ResponseCodeOf(all->at(0).status()), "ErrorMailRecipientNotFound");
  EXPECT_TRUE(all->at(1).ok());
  EXPECT_EQ(ResponseCodeOf(all->at(2).status()), "ErrorNoFreeBusyAccess");
  exchange_->Post("/sim/mailboxes/settings", R"({"email": "cleo@corp.example", "shares_free_busy": true})");
}

TEST_F(ExchangeAvailability, OutOfOfficeIsSetAndReadBack) {
  const std::string anna = "anna@corp.example";
  const OofSettings away{.state = OofState::kScheduled,
                         .audience = ExternalAudience::kKnown,
                         .start = At("2028-05-01T06:00:00Z"),
                         .end = At("2028-05-08T06:00:00Z"),
                         .internal_reply = "<p>away &amp; gone</p>",
                         .external_reply = "gone"};
  const absl::Status set = client_->SetOofSettings(anna, away, anna_);
  ASSERT_TRUE(set.ok()) << set;
  const auto read = client_->GetOofSettings(anna, anna_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->state, OofState::kScheduled);
  EXPECT_EQ(read->audience, ExternalAudience::kKnown);
  EXPECT_EQ(read->start, away.start);
  EXPECT_EQ(read->end, away.end);
  EXPECT_EQ(read->internal_reply, away.internal_reply);
  EXPECT_EQ(read->external_reply, away.external_reply);
  EXPECT_EQ(read->allowed_audience, ExternalAudience::kAll);
  EXPECT_EQ(ResponseCodeOf(client_->SetOofSettings(anna, away, bo_)), "ErrorAccessDenied") << "not the owner";
  ASSERT_TRUE(client_->SetOofSettings(anna, {}, anna_).ok());
  EXPECT_EQ(client_->GetOofSettings(anna, anna_)->state, OofState::kDisabled);
}

TEST_F(ExchangeAvailability, ZonesOfTheServerHaveTheRulesWeKnow) {
  const std::vector<std::string> ids = {"W. Europe Standard Time",   "Eastern Standard Time", "Pacific Standard Time",
                                        "AUS Eastern Standard Time", "India Standard Time",   "Tokyo Standard Time"};
  const auto zones = client_->GetServerTimeZones(ids, anna_);
  ASSERT_TRUE(zones.ok()) << zones.status();
  ASSERT_THAT(*zones, SizeIs(ids.size()));
  const TimePoint now = NextHour();
  for (const ZoneDefinition& zone : *zones) EXPECT_EQ(RuleOf(zone, now), ZoneRuleOf(zone.id, now)) << zone.id;
  const auto all = client_->GetServerTimeZones({}, anna_);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_GT(all->size(), 100u);
}

}  // namespace
}  // namespace crosspoint::ews
