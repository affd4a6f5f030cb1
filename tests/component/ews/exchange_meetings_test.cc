#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connectors/ews/errors.h"
#include "tests/component/ews/exchange_fixture.h"

namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Anna invites Bo.
class ExchangeMeetings : public WithExchange {
 protected:
  ItemId Invite(const std::string& subject) const {
    const auto id = client_->CreateCalendarItem(
        {.subject = subject, .start = start_, .end = start_ + minutes(30), .required_attendees = {"bo@corp.example"}},
        Invitations::kAndSaveCopy, anna_);
    EXPECT_TRUE(id.ok()) << id.status();
    return id.ok() ? *id : ItemId{};
  }
  std::vector<CalendarItem> View(const EwsCall& call, const std::string& subject) const {
    const auto page = client_->FindCalendarItems({.start = start_ - hours(1), .end = start_ + hours(1)}, call);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<CalendarItem> items;
    for (const CalendarItem& item : page.ok() ? page->items : std::vector<CalendarItem>{}) {
      if (item.subject.find(subject) != std::string::npos) items.push_back(item);
    }
    return items;
  }
  ResponseType AnswerSeenByAnna(const ItemId& id) const {
    const auto item = client_->GetCalendarItem(ItemRef(id.id, ""), {}, Detail::kFacts, anna_);
    EXPECT_TRUE(item.ok() && item->required_attendees.size() == 1) << item.status();
    return item.ok() && !item->required_attendees.empty() ? item->required_attendees[0].response
                                                          : ResponseType::kUnknown;
  }

  const TimePoint start_ = NextHour() + hours(24 * 500);
};

TEST_F(ExchangeMeetings, EveryAnswerReachesTheOrganizer) {
  const std::vector<std::pair<MeetingAnswer, ResponseType>> answers = {
      {MeetingAnswer::kAccept, ResponseType::kAccept},
      {MeetingAnswer::kTentative, ResponseType::kTentative},
      {MeetingAnswer::kDecline, ResponseType::kDecline}};
  for (size_t i = 0; i < answers.size(); ++i) {
    const std::string subject = fmt::format("a{}", i);
    const ItemId id = Invite(subject);
    const auto copies = View(bo_, subject);
    ASSERT_THAT(copies, SizeIs(1));
    const absl::Status answered = client_->AnswerMeeting(copies[0].id, answers[i].first, AnswerDelivery::kSend,
                                                         Body{BodyType::kText, "as you wish"}, bo_);
    ASSERT_TRUE(answered.ok()) << answered;
    EXPECT_EQ(AnswerSeenByAnna(id), answers[i].second);
  }
}

TEST_F(ExchangeMeetings, AnswerThatIsKeptStaysHere) {
  const ItemId id = Invite("quiet");
  const auto copies = View(bo_, "quiet");
  ASSERT_THAT(copies, SizeIs(1));
  const absl::Status answered =
      client_->AnswerMeeting(copies[0].id, MeetingAnswer::kAccept, AnswerDelivery::kKeepToMyself, std::nullopt, bo_);
  ASSERT_TRUE(answered.ok()) << answered;
  const auto after = View(bo_, "quiet");
  ASSERT_THAT(after, SizeIs(1));
  EXPECT_EQ(after[0].my_response, ResponseType::kAccept);
  EXPECT_EQ(AnswerSeenByAnna(id), ResponseType::kUnknown);
}

TEST_F(ExchangeMeetings, OrganizerCannotAnswerTheOwnInvitation) {
  const ItemId id = Invite("own");
  const absl::Status answered =
      client_->AnswerMeeting(id, MeetingAnswer::kAccept, AnswerDelivery::kSend, std::nullopt, anna_);
  EXPECT_EQ(ResponseCodeOf(answered), "ErrorCalendarIsOrganizerForAccept") << answered;
}

TEST_F(ExchangeMeetings, CancelledMeetingIsMarkedAtTheAttendees) {
  const ItemId id = Invite("off");
  const absl::Status cancelled = client_->CancelMeeting(id, Body{BodyType::kText, "sorry"}, anna_);
  ASSERT_TRUE(cancelled.ok()) << cancelled;
  EXPECT_THAT(View(anna_, "off"), IsEmpty());
  const auto copies = View(bo_, "off");
  ASSERT_THAT(copies, SizeIs(1));
  EXPECT_TRUE(copies[0].is_cancelled || (copies[0].appointment_state.value_or(0) & 4) != 0);
}

}  // namespace
}  // namespace crosspoint::ews
