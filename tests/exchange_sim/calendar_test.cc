#include <set>

#include "exchange_sim/sim_fixture.h"
#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kOurId =
    "<t:ExtendedFieldURI PropertySetId=\"7a2f8f0c-5d54-4a5e-9b0e-3c0f0f2f7a11\" PropertyName=\"OurId\" "
    "PropertyType=\"String\"/>";

// A weekly series of `count` Mondays from 2027-03-15, ten o'clock in Berlin; clocks go forward on March 28.
std::string BerlinSeries(int count) {
  return fmt::format(
      "<t:Recurrence><t:WeeklyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Monday</t:DaysOfWeek>"
      "</t:WeeklyRecurrence><t:NumberedRecurrence><t:StartDate>2027-03-15</t:StartDate><t:NumberOfOccurrences>{}"
      "</t:NumberOfOccurrences></t:NumberedRecurrence></t:Recurrence>"
      "<t:StartTimeZone Id=\"W. Europe Standard Time\"/>",
      count);
}

class Calendar : public SimTest {
 protected:
  // New people have empty calendars.
  void SetUp() override {
    SimTest::SetUp();
    Admin("POST", "/sim/mailboxes", R"({"email": "empty@corp.example"})");
    Admin("POST", "/sim/mailboxes", R"({"email": "guest@corp.example"})");
  }
  Id CreateSeries(int count) {
    return Create(me_, "2027-03-15T10:00:00", "2027-03-15T10:30:00", "", BerlinSeries(count));
  }
  std::vector<std::string> StartsIn(const Reply& view) {
    std::vector<std::string> starts;
    for (const pugi::xml_node item : view.All("CalendarItem")) starts.push_back(item.child("t:Start").text().get());
    return starts;
  }
  Id IdOf(const Reply& view, std::string_view start) {
    for (const pugi::xml_node item : view.All("CalendarItem")) {
      if (start == item.child("t:Start").text().get()) {
        const pugi::xml_node id = item.child("t:ItemId");
        return {id.attribute("Id").value(), id.attribute("ChangeKey").value()};
      }
    }
    ADD_FAILURE() << "nothing starts at " << start;
    return {};
  }
  Reply SeriesView() { return View(me_, "2027-03-01T00:00:00Z", "2027-05-01T00:00:00Z"); }

  const std::string me_ = "empty@corp.example";
  const std::string guest_ = "guest@corp.example";
};

TEST_F(Calendar, SeededCalendarShowsSinglesAndOccurrencesInOrder) {
  const Seconds now = Now();
  const Reply view = View(Someone(), FormatDateTime(now - 7 * 86400), FormatDateTime(now + 14 * 86400));
  const auto starts = StartsIn(view);
  EXPECT_GT(starts.size(), 10u);
  EXPECT_TRUE(std::is_sorted(starts.begin(), starts.end()));
  std::set<std::string> types;
  std::set<std::string> ids;
  for (const pugi::xml_node type : view.All("CalendarItemType")) types.insert(type.text().get());
  for (const pugi::xml_node id : view.All("ItemId")) ids.insert(id.attribute("Id").value());
  EXPECT_TRUE(types.contains("Single") && types.contains("Occurrence") && !types.contains("RecurringMaster"));
  EXPECT_EQ(ids.size(), starts.size());
}

TEST_F(Calendar, ViewHoldsWhatOverlapsItAndNothingThatOnlyTouches) {
  Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z");
  EXPECT_EQ(StartsIn(View(me_, "2027-01-10T10:59:59Z", "2027-01-10T12:00:00Z")).size(), 1u);
  EXPECT_EQ(StartsIn(View(me_, "2027-01-10T11:00:00Z", "2027-01-10T12:00:00Z")).size(), 0u);
  EXPECT_EQ(StartsIn(View(me_, "2027-01-10T09:00:00Z", "2027-01-10T10:00:00Z")).size(), 0u);
  EXPECT_EQ(StartsIn(View(me_, "2027-01-10T09:00:00Z", "2027-01-10T10:00:01Z")).size(), 1u);
}

TEST_F(Calendar, ViewOverTwoYearsOrBackwardsIsRefused) {
  EXPECT_EQ(View(me_, "2027-01-01T00:00:00Z", "2029-02-01T00:00:00Z").Code(), "ErrorCalendarViewRangeTooBig");
  EXPECT_EQ(View(me_, "2027-02-01T00:00:00Z", "2027-01-01T00:00:00Z").Code(),
            "ErrorCalendarEndDateIsEarlierThanStartDate");
}

TEST_F(Calendar, WhatWasSetIsReadBack) {
  const Id id =
      Create(me_, "2027-01-10T10:00:00+01:00", "2027-01-10T11:00:00+01:00",
             "<t:Subject>A &amp; B &lt;c&gt;</t:Subject><t:Body BodyType=\"HTML\">&lt;b&gt;Hi&lt;/b&gt;</t:Body>",
             "<t:LegacyFreeBusyStatus>OOF</t:LegacyFreeBusyStatus><t:Location>Room</t:Location>");
  const Reply item = Get(id, me_);
  EXPECT_EQ(item.Text("Subject"), "A & B <c>");
  EXPECT_EQ(item.Text("Body"), "<b>Hi</b>");
  EXPECT_EQ(item.Text("Start"), "2027-01-10T09:00:00Z");
  EXPECT_EQ(item.Text("LegacyFreeBusyStatus"), "OOF");
  EXPECT_EQ(item.Text("CalendarItemType"), "Single");
  EXPECT_EQ(item.Text("Duration"), "PT1H");
}

TEST_F(Calendar, ExtendedPropertyIsStoredReturnedWhenAskedAndFound) {
  const Id id = Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z",
                       fmt::format("<t:ExtendedProperty>{}<t:Value>conf-7</t:Value></t:ExtendedProperty>", kOurId));
  EXPECT_TRUE(Get(id, me_).All("ExtendedProperty").empty());
  const Reply asked = Get(id, me_, kOurId);
  EXPECT_EQ(asked.Text("Value"), "conf-7");
  const auto find = [&](std::string_view value) {
    return Call(
        fmt::format("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
                    "<m:Restriction><t:IsEqualTo>{}<t:FieldURIOrConstant><t:Constant Value=\"{}\"/>"
                    "</t:FieldURIOrConstant></t:IsEqualTo></m:Restriction><m:ParentFolderIds>"
                    "<t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds></m:FindItem>",
                    kOurId, value),
        me_);
  };
  EXPECT_EQ(IdIn(find("conf-7")).id, id.id);
  EXPECT_TRUE(find("conf-8").All("ItemId").empty());
}

TEST_F(Calendar, WhatTheServerCannotSearchIsRefused) {
  const auto find = [this](std::string_view view, std::string_view uri) {
    return Call(
        fmt::format("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>IdOnly</t:BaseShape></m:ItemShape>"
                    "{}<m:Restriction><t:Exists><t:FieldURI FieldURI=\"{}\"/></t:Exists></m:Restriction>"
                    "<m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/></m:ParentFolderIds>"
                    "</m:FindItem>",
                    view, uri),
        Someone());
  };
  EXPECT_EQ(find("", "calendar:UID").Code(), "ErrorUnsupportedPathForQuery");
  EXPECT_EQ(find("", "item:Subject").Code(), "NoError");
  EXPECT_EQ(
      find("<m:CalendarView StartDate=\"2027-01-01T00:00:00Z\" EndDate=\"2027-01-02T00:00:00Z\"/>", "item:Subject")
          .Code(),
      "ErrorInvalidRestriction");
}

TEST_F(Calendar, RequiredAttributesAreDemandedAsByTheServer) {
  const std::string item = "<m:Items><t:CalendarItem><t:Subject>x</t:Subject></t:CalendarItem></m:Items>";
  EXPECT_EQ(Call("<m:CreateItem>" + item + "</m:CreateItem>", me_).Code(), "ErrorSendMeetingInvitationsRequired");
  const Id id = Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z");
  EXPECT_EQ(
      Call(fmt::format("<m:DeleteItem DeleteType=\"HardDelete\"><m:ItemIds>{}</m:ItemIds></m:DeleteItem>", id.Xml()),
           me_)
          .Code(),
      "ErrorSendMeetingCancellationsRequired");
  EXPECT_EQ(Get(id, me_).Code(), "NoError");
}

TEST_F(Calendar, EndBeforeStartIsRefusedAndChangesNothing) {
  const Id id = Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z");
  const Reply reply = Update(id, me_, "calendar:End", "<t:End>2027-01-10T09:00:00Z</t:End>");
  EXPECT_EQ(reply.Code(), "ErrorCalendarEndDateIsEarlierThanStartDate");
  EXPECT_EQ(Get(id, me_).Text("End"), "2027-01-10T11:00:00Z");
  EXPECT_EQ(IdIn(Get(id, me_)).change_key, id.change_key);
}

TEST_F(Calendar, StaleChangeKeyConflictsByTheChosenResolution) {
  const Id old = Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z", "<t:Subject>1</t:Subject>");
  ASSERT_EQ(Update(old, me_, "item:Subject", "<t:Subject>2</t:Subject>", "NeverOverwrite").Code(), "NoError");
  EXPECT_EQ(Update(old, me_, "calendar:Location", "<t:Location>r</t:Location>", "NeverOverwrite").Code(),
            "ErrorIrresolvableConflict");
  EXPECT_EQ(Update(old, me_, "item:Subject", "<t:Subject>3</t:Subject>", "AutoResolve").Code(),
            "ErrorIrresolvableConflict");
  EXPECT_EQ(Update(old, me_, "calendar:Location", "<t:Location>r</t:Location>", "AutoResolve").Code(), "NoError");
  EXPECT_EQ(Get(old, me_).Text("Subject"), "2");
  EXPECT_EQ(Update(old, me_, "item:Subject", "<t:Subject>4</t:Subject>", "AlwaysOverwrite").Code(), "NoError");
  EXPECT_EQ(Get(old, me_).Text("Subject"), "4");
  EXPECT_EQ(Update({old.id, ""}, me_, "item:Subject", "<t:Subject>5</t:Subject>").Code(),
            "ErrorChangeKeyRequiredForWriteOperations");
}

TEST_F(Calendar, UpdateThatMismatchesItsPathIsRefused) {
  const Id id = Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z");
  EXPECT_EQ(Update(id, me_, "item:Subject", "<t:Location>x</t:Location>").Code(), "ErrorUpdatePropertyMismatch");
  EXPECT_EQ(Update(id, me_, "item:Subject", "<t:Subject>a</t:Subject><t:Location>x</t:Location>").Code(),
            "ErrorIncorrectUpdatePropertyCount");
  EXPECT_EQ(Update(id, me_, "calendar:IsCancelled", "<t:IsCancelled>true</t:IsCancelled>").Code(),
            "ErrorInvalidPropertySet");
}

TEST_F(Calendar, MangledAndForeignIdsAreToldApart) {
  Id id = Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z");
  ASSERT_EQ(Delete(id, me_).Code(), "NoError");
  EXPECT_EQ(Get(id, me_).Code(), "ErrorItemNotFound");
  EXPECT_EQ(Delete(id, me_).Code(), "ErrorItemNotFound");
  EXPECT_EQ(Get({id.id.substr(4), ""}, me_).Code(), "ErrorInvalidIdMalformed");
  EXPECT_EQ(Get({Lower(id.id), ""}, me_).Code(), "ErrorInvalidIdMalformed");
}

TEST_F(Calendar, SeriesKeepsItsLocalTimeAcrossTheChangeOfClocks) {
  CreateSeries(4);
  const std::vector<std::string> expected = {"2027-03-15T09:00:00Z", "2027-03-22T09:00:00Z", "2027-03-29T08:00:00Z",
                                             "2027-04-05T08:00:00Z"};
  EXPECT_EQ(StartsIn(SeriesView()), expected);
}

TEST_F(Calendar, MovedOccurrenceIsAnExceptionAndTheMasterListsIt) {
  const Id master = CreateSeries(4);
  const Id second = IdOf(SeriesView(), "2027-03-22T09:00:00Z");
  ASSERT_EQ(Update(second, me_, "calendar:End", "<t:End>2027-03-24T12:00:00Z</t:End>").Code(), "NoError");
  const Id again = IdOf(SeriesView(), "2027-03-22T09:00:00Z");
  ASSERT_EQ(Update(again, me_, "calendar:Start", "<t:Start>2027-03-24T11:00:00Z</t:Start>").Code(), "NoError");

  const Reply moved = Get(IdOf(SeriesView(), "2027-03-24T11:00:00Z"), me_);
  EXPECT_EQ(moved.Text("CalendarItemType"), "Exception");
  EXPECT_EQ(moved.Text("OriginalStart"), "2027-03-22T09:00:00Z");
  EXPECT_EQ(IdIn(moved).id, second.id);
  const Reply read = Get({master.id, ""}, me_);
  EXPECT_EQ(read.Text("CalendarItemType"), "RecurringMaster");
  ASSERT_EQ(read.All("ModifiedOccurrences").size(), 1u);
  EXPECT_EQ(read.All("Occurrence").size(), 1u);
}

TEST_F(Calendar, DeletedOccurrenceIsGoneAndTheMasterListsIt) {
  const Id master = CreateSeries(4);
  const Id second = IdOf(SeriesView(), "2027-03-22T09:00:00Z");
  ASSERT_EQ(Delete(second, me_).Code(), "NoError");
  EXPECT_EQ(StartsIn(SeriesView()).size(), 3u);
  EXPECT_EQ(Get(second, me_).Code(), "ErrorCalendarOccurrenceIsDeletedFromRecurrence");
  EXPECT_EQ(Get({master.id, ""}, me_).All("DeletedOccurrence").size(), 1u);
}

TEST_F(Calendar, OccurrencesAreReachedByIndexAndLeadToTheirMaster) {
  const Id master = CreateSeries(3);
  const auto get = [&](const std::string& id) {
    return Call("<m:GetItem><m:ItemShape><t:BaseShape>AllProperties</t:BaseShape></m:ItemShape><m:ItemIds>" + id +
                    "</m:ItemIds></m:GetItem>",
                me_);
  };
  const auto by_index = [&](int index) {
    return get(fmt::format("<t:OccurrenceItemId RecurringMasterId=\"{}\" InstanceIndex=\"{}\"/>", master.id, index));
  };
  EXPECT_EQ(by_index(3).Text("Start"), "2027-03-29T08:00:00Z");
  EXPECT_EQ(by_index(4).Code(), "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange");
  EXPECT_EQ(by_index(0).Code(), "ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange");
  const std::string occurrence = IdIn(by_index(2)).id;
  EXPECT_EQ(IdIn(get(fmt::format("<t:RecurringMasterItemId OccurrenceId=\"{}\"/>", occurrence))).id, master.id);
}

TEST_F(Calendar, EveryPatternFallsOnTheRightDays) {
  const auto starts = [this](const std::string& pattern, const std::string& from, int count) {
    const Id id = Create(me_, from + "T10:00:00Z", from + "T11:00:00Z", "",
                         fmt::format("<t:Recurrence>{}<t:NumberedRecurrence><t:StartDate>{}</t:StartDate>"
                                     "<t:NumberOfOccurrences>{}</t:NumberOfOccurrences></t:NumberedRecurrence>"
                                     "</t:Recurrence>",
                                     pattern, from, count));
    std::string days;
    for (const std::string& start : StartsIn(View(me_, "2027-01-01T00:00:00Z", "2028-12-31T00:00:00Z"))) {
      days += start.substr(0, 10) + " ";
    }
    EXPECT_EQ(Delete(id, me_).Code(), "NoError");
    return days;
  };
  EXPECT_EQ(starts("<t:DailyRecurrence><t:Interval>2</t:Interval></t:DailyRecurrence>", "2027-02-27", 3),
            "2027-02-27 2027-03-01 2027-03-03 ");
  EXPECT_EQ(starts("<t:WeeklyRecurrence><t:Interval>2</t:Interval><t:DaysOfWeek>Monday Friday</t:DaysOfWeek>"
                   "<t:FirstDayOfWeek>Monday</t:FirstDayOfWeek></t:WeeklyRecurrence>",
                   "2027-03-03", 4),
            "2027-03-05 2027-03-15 2027-03-19 2027-03-29 ");
  EXPECT_EQ(starts("<t:AbsoluteMonthlyRecurrence><t:Interval>1</t:Interval><t:DayOfMonth>31</t:DayOfMonth>"
                   "</t:AbsoluteMonthlyRecurrence>",
                   "2027-01-31", 3),
            "2027-01-31 2027-02-28 2027-03-31 ");
  EXPECT_EQ(starts("<t:RelativeMonthlyRecurrence><t:Interval>1</t:Interval><t:DaysOfWeek>Weekday</t:DaysOfWeek>"
                   "<t:DayOfWeekIndex>Last</t:DayOfWeekIndex></t:RelativeMonthlyRecurrence>",
                   "2027-01-01", 3),
            "2027-01-29 2027-02-26 2027-03-31 ");
  EXPECT_EQ(starts("<t:AbsoluteYearlyRecurrence><t:DayOfMonth>29</t:DayOfMonth><t:Month>February</t:Month>"
                   "</t:AbsoluteYearlyRecurrence>",
                   "2027-01-01", 2),
            "2027-02-28 2028-02-29 ");
  EXPECT_EQ(starts("<t:RelativeYearlyRecurrence><t:DaysOfWeek>Thursday</t:DaysOfWeek><t:DayOfWeekIndex>Fourth"
                   "</t:DayOfWeekIndex><t:Month>November</t:Month></t:RelativeYearlyRecurrence>",
                   "2027-01-01", 2),
            "2027-11-25 2028-11-23 ");
}

TEST_F(Calendar, InvitationUpdateAndCancellationReachTheAttendee) {
  const std::string attendees =
      "<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>guest@corp.example</t:EmailAddress></t:Mailbox>"
      "</t:Attendee></t:RequiredAttendees>";
  const Id id = Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z", "<t:Subject>Talk</t:Subject>", attendees,
                       "SendToAllAndSaveCopy");
  const auto copy = [this] { return View(guest_, "2027-01-10T00:00:00Z", "2027-01-11T00:00:00Z"); };
  EXPECT_EQ(copy().Text("Subject"), "Talk");
  EXPECT_EQ(copy().Text("UID"), Get(id, me_).Text("UID"));
  EXPECT_EQ(copy().Text("MyResponseType"), "NoResponseReceived");
  EXPECT_EQ(copy().Text("LegacyFreeBusyStatus"), "Tentative");

  ASSERT_EQ(
      Update(id, me_, "item:Subject", "<t:Subject>Long talk</t:Subject>", "AlwaysOverwrite", "SendToAllAndSaveCopy")
          .Code(),
      "NoError");
  EXPECT_EQ(copy().Text("Subject"), "Long talk");
  EXPECT_EQ(copy().All("CalendarItem").size(), 1u);

  ASSERT_EQ(Delete(id, me_, "HardDelete", "SendToAllAndSaveCopy").Code(), "NoError");
  EXPECT_EQ(copy().Text("IsCancelled"), "true");
  EXPECT_EQ(copy().Text("Subject"), "Canceled: Long talk");
}

TEST_F(Calendar, InvitationSentToNobodyReachesNobody) {
  Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z", "",
         "<t:RequiredAttendees><t:Attendee><t:Mailbox><t:EmailAddress>guest@corp.example</t:EmailAddress></t:Mailbox>"
         "</t:Attendee></t:RequiredAttendees>",
         "SendToNone");
  EXPECT_TRUE(View(guest_, "2027-01-10T00:00:00Z", "2027-01-11T00:00:00Z").All("CalendarItem").empty());
}

TEST_F(Calendar, PagesFollowOneAnotherWithoutGapOrRepeat) {
  for (int i = 0; i < 5; ++i)
    Create(me_, "2027-01-10T10:00:00Z", "2027-01-10T11:00:00Z", fmt::format("<t:Subject>{}</t:Subject>", i));
  std::string subjects;
  for (int offset = 0; offset < 5;) {
    const Reply page = Call(
        fmt::format("<m:FindItem Traversal=\"Shallow\"><m:ItemShape><t:BaseShape>Default</t:BaseShape></m:ItemShape>"
                    "<m:IndexedPageItemView MaxEntriesReturned=\"2\" Offset=\"{}\" BasePoint=\"Beginning\"/>"
                    "<m:SortOrder><t:FieldOrder Order=\"Descending\"><t:FieldURI FieldURI=\"item:Subject\"/>"
                    "</t:FieldOrder></m:SortOrder><m:ParentFolderIds><t:DistinguishedFolderId Id=\"calendar\"/>"
                    "</m:ParentFolderIds></m:FindItem>",
                    offset),
        me_);
    for (const pugi::xml_node subject : page.All("Subject")) subjects += subject.text().get();
    const pugi::xml_node root = page.All("RootFolder").at(0);
    offset = root.attribute("IndexedPagingOffset").as_int();
    EXPECT_EQ(root.attribute("IncludesLastItemInRange").as_bool(), offset == 5);
  }
  EXPECT_EQ(subjects, "43210");
}

}  // namespace
}  // namespace crosspoint::exchange_sim
