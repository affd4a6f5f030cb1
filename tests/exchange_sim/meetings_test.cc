#include "exchange_sim/sim_fixture.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kGuests =
    "<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>guest@corp.example</t:EmailAddress></t:Mailbox>"
    "</t:Attendee></t:RequiredAttendees>";

// An organizer and a guest with empty mailboxes, and a meeting of theirs.
class Meetings : public SimTest {
 protected:
  void SetUp() override {
    SimTest::SetUp();
    Admin("POST", "/sim/mailboxes", R"({"email": "host@corp.example", "display_name": "Hanna Host"})");
    Admin("POST", "/sim/mailboxes", R"({"email": "guest@corp.example", "display_name": "Gustav Guest"})");
    meeting_ = Create(host_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z", "<t:Subject>Talk</t:Subject>", kGuests,
                      "SendToAllAndSaveCopy");
  }
  Reply In(std::string_view folder, std::string_view mailbox) {
    return Call(fmt::format("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape>"
                            "</m:ItemShape><m:ParentFolderIds><t:DistinguishedFolderId Id=\"{}\"/>"
                            "</m:ParentFolderIds></m:FindItem>",
                            folder),
                mailbox);
  }
  Reply Respond(std::string_view element, const Id& to, std::string_view mailbox, std::string_view more = "",
                std::string_view disposition = "SendAndSaveCopy") {
    return Call(fmt::format("<m:CreateItem MessageDisposition=\"{}\"><m:Items><t:{}><t:ReferenceItemId Id=\"{}\"/>{}"
                            "</t:{}></m:Items></m:CreateItem>",
                            disposition, element, to.id, more, element),
                mailbox);
  }
  Reply Copy() { return View(guest_, "2027-01-10T00:00:00Z", "2027-01-11T00:00:00Z"); }
  Reply Meeting() { return Get({meeting_.id, ""}, host_); }

  const std::string host_ = "host@corp.example";
  const std::string guest_ = "guest@corp.example";
  Id meeting_;
};

TEST_F(Meetings, InvitationArrivesAsARequestThatLeadsToTheCopy) {
  const Reply inbox = In("inbox", guest_);
  ASSERT_EQ(inbox.All("MeetingRequest").size(), 1u) << inbox.http.body;
  const Reply request = Get(IdIn(inbox), guest_);
  EXPECT_EQ(request.Text("MeetingRequestType"), "NewMeetingRequest");
  EXPECT_EQ(request.Text("Start"), "2027-01-10T10:00:00Z");
  EXPECT_EQ(request.Text("UID"), Meeting().Text("UID"));
  EXPECT_EQ(request.All("AssociatedCalendarItemId")[0].attribute("Id").value(), IdIn(Copy()).id);
  EXPECT_EQ(In("sentitems", host_).All("MeetingRequest").size(), 1u);
}

TEST_F(Meetings, AcceptedByTheRequestTheOrganizerSeesIt) {
  const Reply accepted = Respond("AcceptItem", IdIn(In("inbox", guest_)), guest_);
  ASSERT_EQ(accepted.Code(), "NoError") << accepted.http.body;
  EXPECT_EQ(accepted.All("ItemId").size(), 2u);
  EXPECT_EQ(Copy().Text("MyResponseType"), "Accept");
  EXPECT_EQ(Copy().Text("LegacyFreeBusyStatus"), "Busy");
  EXPECT_TRUE(In("inbox", guest_).All("ItemId").empty());
  EXPECT_EQ(In("deleteditems", guest_).All("MeetingRequest").size(), 1u);
  EXPECT_EQ(In("sentitems", guest_).All("MeetingResponse").size(), 1u);

  const Reply response = Get(IdIn(In("inbox", host_)), host_);
  EXPECT_EQ(response.Text("Subject"), "Accepted: Talk");
  EXPECT_EQ(response.Text("ResponseType"), "Accept");
  EXPECT_EQ(response.Text("ItemClass"), "IPM.Schedule.Meeting.Resp.Pos");
  EXPECT_EQ(response.All("AssociatedCalendarItemId")[0].attribute("Id").value(), meeting_.id);
  const pugi::xml_node attendee = Meeting().All("Attendee").at(0);
  EXPECT_STREQ(attendee.child("t:ResponseType").text().get(), "Accept");
  EXPECT_TRUE(attendee.child("t:LastResponseTime"));
}

TEST_F(Meetings, DeclinedByTheCopyItLeavesTheCalendar) {
  const Reply declined = Respond("DeclineItem", IdIn(Copy()), guest_);
  ASSERT_EQ(declined.Code(), "NoError") << declined.http.body;
  EXPECT_TRUE(Copy().All("CalendarItem").empty());
  EXPECT_EQ(Meeting().Text("ResponseType"), "Decline");
  EXPECT_EQ(Get(IdIn(In("inbox", host_)), host_).Text("Subject"), "Declined: Talk");
}

TEST_F(Meetings, TentativeAnswerCanProposeAnotherTime) {
  Respond("TentativelyAcceptItem", IdIn(In("inbox", guest_)), guest_,
          "<t:ProposedStart>2027-01-10T12:00:00Z</t:ProposedStart><t:ProposedEnd>2027-01-10T13:00:00Z</t:ProposedEnd>");
  EXPECT_EQ(Copy().Text("MyResponseType"), "Tentative");
  EXPECT_EQ(Get(IdIn(In("inbox", host_)), host_).Text("ProposedStart"), "2027-01-10T12:00:00Z");
}

TEST_F(Meetings, AnswerThatIsOnlySavedIsNotHeard) {
  Respond("AcceptItem", IdIn(In("inbox", guest_)), guest_, "", "SaveOnly");
  EXPECT_EQ(Copy().Text("MyResponseType"), "Accept");
  EXPECT_TRUE(In("inbox", host_).All("ItemId").empty());
  EXPECT_EQ(In("drafts", guest_).All("MeetingResponse").size(), 1u);
}

TEST_F(Meetings, MovedMeetingAsksAgainAndOutdatesTheOlderRequest) {
  Respond("AcceptItem", IdIn(Copy()), guest_);
  ASSERT_EQ(Update({meeting_.id, Meeting().All("ItemId")[0].attribute("ChangeKey").value()}, host_, "calendar:End",
                   "<t:End>2027-01-10T12:00:00Z</t:End>", "AlwaysOverwrite", "SendToAllAndSaveCopy")
                .Code(),
            "NoError");
  EXPECT_EQ(Meeting().Text("AppointmentSequenceNumber"), "1");
  EXPECT_EQ(Copy().Text("MyResponseType"), "NoResponseReceived");
  const Reply request = Get(IdIn(In("inbox", guest_)), guest_);
  EXPECT_EQ(request.Text("MeetingRequestType"), "FullUpdate");
  EXPECT_EQ(request.Text("AppointmentSequenceNumber"), "1");

  const Id old = IdIn(In("inbox", guest_));
  Update(IdIn(Meeting()), host_, "item:Subject", "<t:Subject>Long talk</t:Subject>", "AlwaysOverwrite",
         "SendOnlyToAll");
  EXPECT_EQ(Get({old.id, ""}, guest_).Text("IsOutOfDate"), "true");
  EXPECT_EQ(Respond("AcceptItem", old, guest_).Code(), "ErrorCalendarMeetingRequestIsOutOfDate");
  EXPECT_EQ(In("inbox", guest_).All("MeetingRequestType")[0].text().get(), std::string("InformationalUpdate"));
}

TEST_F(Meetings, AnswersSurviveANewListOfAttendees) {
  Respond("AcceptItem", IdIn(Copy()), guest_);
  const std::string more =
      "<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>guest@corp.example</t:EmailAddress></t:Mailbox>"
      "</t:Attendee><t:Attendee><t:Mailbox><t:EmailAddress>" +
      Someone() + "</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees>";
  ASSERT_EQ(
      Update(IdIn(Meeting()), host_, "calendar:RequiredAttendees", more, "AlwaysOverwrite", "SendToChangedAndSaveCopy")
          .Code(),
      "NoError");
  EXPECT_EQ(Meeting().Text("ResponseType"), "Accept");
  EXPECT_TRUE(In("inbox", guest_).All("MeetingRequest").empty());
  EXPECT_EQ(In("inbox", Someone()).All("MeetingRequest").size(), 1u);
}

TEST_F(Meetings, WhoIsTakenOffTheListIsToldSo) {
  Update(meeting_, host_, "calendar:RequiredAttendees",
         "<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>" + Someone() +
             "</t:EmailAddress></t:Mailbox></t:Attendee></t:RequiredAttendees>",
         "AlwaysOverwrite", "SendToAllAndSaveCopy");
  EXPECT_EQ(In("inbox", guest_).All("MeetingCancellation").size(), 1u);
  EXPECT_EQ(Copy().Text("IsCancelled"), "true");
}

TEST_F(Meetings, CancelledMeetingIsToldAndCanBeRemoved) {
  const Reply cancelled =
      Respond("CancelCalendarItem", meeting_, host_, "<t:NewBodyContent BodyType=\"Text\">Ill.</t:NewBodyContent>");
  ASSERT_EQ(cancelled.Code(), "NoError") << cancelled.http.body;
  EXPECT_EQ(Get(meeting_, host_).Code(), "ErrorItemNotFound");
  EXPECT_EQ(In("deleteditems", host_).All("CalendarItem").size(), 1u);
  const auto cancellations = In("inbox", guest_);
  ASSERT_EQ(cancellations.All("MeetingCancellation").size(), 1u);
  const Reply message = Get(IdIn(cancellations), guest_);
  EXPECT_EQ(message.Text("Subject"), "Canceled: Talk");
  EXPECT_EQ(message.Text("Body"), "Ill.");
  EXPECT_EQ(Copy().Text("Subject"), "Canceled: Talk");

  ASSERT_EQ(Respond("RemoveItem", IdIn(cancellations), guest_).Code(), "NoError");
  EXPECT_TRUE(Copy().All("CalendarItem").empty());
}

TEST_F(Meetings, OneOccurrenceIsCancelledAloneAndDeclinedAlone) {
  const Id series = Create(host_, "2027-02-01T10:00:00Z", "2027-02-01T11:00:00Z", "<t:Subject>Course</t:Subject>",
                           std::string(kGuests) +
                               "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence>"
                               "<t:NumberedRecurrence><t:StartDate>2027-02-01</t:StartDate><t:NumberOfOccurrences>4"
                               "</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>",
                           "SendToAllAndSaveCopy");
  const auto shown = [this](std::string_view mailbox) {
    return View(mailbox, "2027-02-01T00:00:00Z", "2027-02-10T00:00:00Z");
  };
  ASSERT_EQ(shown(guest_).All("CalendarItem").size(), 4u);
  ASSERT_EQ(Delete(IdIn(shown(host_)), host_, "MoveToDeletedItems", "SendToAllAndSaveCopy").Code(), "NoError");
  EXPECT_EQ(shown(guest_).All("CalendarItem").size(), 3u);
  const Reply told = Get(IdIn(In("inbox", guest_)), guest_);
  EXPECT_EQ(told.Text("RecurrenceId"), "2027-02-01T10:00:00Z");
  EXPECT_EQ(shown(guest_).Text("IsCancelled"), "false");

  ASSERT_EQ(Respond("DeclineItem", IdIn(shown(guest_)), guest_).Code(), "NoError");
  EXPECT_EQ(shown(guest_).All("CalendarItem").size(), 2u);
  EXPECT_EQ(shown(host_).All("CalendarItem").size(), 3u);
  EXPECT_EQ(Get(series, host_).Text("ResponseType"), "Unknown");
}

TEST_F(Meetings, NobodyAnswersForTheOrganizer) {
  EXPECT_EQ(Respond("AcceptItem", meeting_, host_).Code(), "ErrorCalendarIsOrganizerForAccept");
  EXPECT_EQ(Respond("CancelCalendarItem", IdIn(Copy()), guest_).Code(), "ErrorCalendarIsNotOrganizer");
}

}  // namespace
}  // namespace crosspoint::exchange_sim
