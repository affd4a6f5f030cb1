#include <chrono>

#include "exchange_sim/sim_fixture.h"
#include "exchange_sim/zone_rules.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

class Availability : public SimTest {
 protected:
  void SetUp() override {
    SimTest::SetUp();
    for (const char* email : {"empty@corp.example", "other@corp.example"}) {
      Admin("POST", "/sim/mailboxes", fmt::format(R"({{"email": "{}"}})", email));
    }
  }
  struct Window {
    std::string start = "2027-07-01T00:00:00";
    std::string end = "2027-07-02T00:00:00";
    int interval = 60;
    std::string view = "DetailedMerged";
  };
  Reply Ask(const std::vector<std::string>& mailboxes, const Window& window) {
    std::string list;
    for (const std::string& address : mailboxes) {
      list += fmt::format(
          "<t:MailboxData><t:Email><t:Address>{}</t:Address></t:Email><t:AttendeeType>Required"
          "</t:AttendeeType></t:MailboxData>",
          address);
    }
    // Western Europe as the serialised rules have it.
    return Call(
        fmt::format("<m:GetUserAvailabilityRequest><t:TimeZone><t:Bias>-60</t:Bias><t:StandardTime><t:Bias>0"
                    "</t:Bias><t:Time>03:00:00</t:Time><t:DayOrder>5</t:DayOrder><t:Month>10</t:Month>"
                    "<t:DayOfWeek>Sunday</t:DayOfWeek></t:StandardTime><t:DaylightTime><t:Bias>-60</t:Bias>"
                    "<t:Time>02:00:00</t:Time><t:DayOrder>5</t:DayOrder><t:Month>3</t:Month><t:DayOfWeek>Sunday"
                    "</t:DayOfWeek></t:DaylightTime></t:TimeZone><m:MailboxDataArray>{}</m:MailboxDataArray>"
                    "<t:FreeBusyViewOptions><t:TimeWindow><t:StartTime>{}</t:StartTime><t:EndTime>{}</t:EndTime>"
                    "</t:TimeWindow><t:MergedFreeBusyIntervalInMinutes>{}</t:MergedFreeBusyIntervalInMinutes>"
                    "<t:RequestedView>{}</t:RequestedView></t:FreeBusyViewOptions></m:GetUserAvailabilityRequest>",
                    list, window.start, window.end, window.interval, window.view),
        me_);
  }
  void Meet(std::string_view mailbox, std::string_view start, std::string_view end, std::string_view status) {
    Create(mailbox, start, end, "<t:Subject>Secret</t:Subject>",
           fmt::format("<t:LegacyFreeBusyStatus>{}</t:LegacyFreeBusyStatus>", status));
  }
  const std::string me_ = "empty@corp.example";
  const std::string other_ = "other@corp.example";
};

TEST_F(Availability, DigitsShowTheHeaviestStatusOfEachInterval) {
  Meet(me_, "2027-07-01T08:00:00Z", "2027-07-01T09:30:00Z", "Busy");  // 10:00 to 11:30 in summer
  Meet(me_, "2027-07-01T09:00:00Z", "2027-07-01T10:00:00Z", "Tentative");
  Meet(me_, "2027-07-01T12:00:00Z", "2027-07-01T13:00:00Z", "OOF");
  Meet(me_, "2027-07-01T14:00:00Z", "2027-07-01T15:00:00Z", "Free");
  Meet(me_, "2027-07-01T16:00:00Z", "2027-07-01T17:00:00Z", "WorkingElsewhere");
  const Reply reply = Ask({me_}, {});
  EXPECT_EQ(reply.Text("MergedFreeBusy"), "000000000022003000400000") << reply.http.body;
  EXPECT_EQ(reply.Text("FreeBusyViewType"), "DetailedMerged");
  EXPECT_EQ(reply.Text("StartTime"), "2027-07-01T10:00:00");
  EXPECT_EQ(Ask({me_}, {.interval = 1440}).Text("MergedFreeBusy"), "3");
  // In winter the same instant is an hour earlier.
  Meet(me_, "2027-12-01T08:00:00Z", "2027-12-01T09:00:00Z", "Busy");
  EXPECT_EQ(Ask({me_}, {"2027-12-01T00:00:00", "2027-12-02T00:00:00"}).Text("MergedFreeBusy").find('2'), 9u);
}

TEST_F(Availability, OthersSeeOnlyWhenAndMailboxesFailByThemselves) {
  Meet(other_, "2027-07-01T08:00:00Z", "2027-07-01T09:00:00Z", "Busy");
  Reply reply = Ask({other_, "nobody@corp.example"}, {});
  EXPECT_EQ(reply.Code(0), "NoError");
  EXPECT_EQ(reply.Text("FreeBusyViewType"), "FreeBusyMerged");
  EXPECT_EQ(reply.All("CalendarEvent").size(), 1u);
  EXPECT_EQ(reply.http.body.find("Secret"), std::string::npos);
  EXPECT_EQ(reply.Code(1), "ErrorMailRecipientNotFound");
  Admin("POST", "/sim/mailboxes/settings", R"({"email": "other@corp.example", "shares_free_busy": false})");
  EXPECT_EQ(Ask({other_}, {}).Code(), "ErrorNoFreeBusyAccess");
}

TEST_F(Availability, SeriesAreExpanded) {
  Create(me_, "2027-07-05T08:00:00Z", "2027-07-05T09:00:00Z", "",
         "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NoEndRecurrence>"
         "<t:StartDate>2027-07-05</t:StartDate></t:NoEndRecurrence></t:Recurrence>");
  const Reply reply = Ask({me_}, {"2027-07-05T00:00:00", "2027-07-08T00:00:00", 60, "FreeBusy"});
  EXPECT_EQ(reply.All("CalendarEvent").size(), 3u);
  EXPECT_TRUE(reply.All("MergedFreeBusy").empty());
}

TEST_F(Availability, LimitsOfTheServerAreErrors) {
  EXPECT_EQ(Ask({me_}, {"2027-07-01T00:00:00", "2027-09-01T00:00:00"}).Code(), "ErrorTimeIntervalTooBig");
  EXPECT_EQ(Ask({me_}, {"2027-07-02T00:00:00", "2027-07-01T00:00:00"}).Code(), "ErrorInvalidTimeInterval");
  EXPECT_EQ(Ask({me_}, {.interval = 4}).Code(), "ErrorInvalidMergedFreeBusyInterval");
  EXPECT_EQ(Ask(std::vector<std::string>(101, me_), {}).Code(), "ErrorMailboxDataArrayTooBig");
  for (int i = 0; i < 25; ++i) {
    Create(me_, "2027-07-01T08:00:00Z", "2027-07-01T08:30:00Z", "",
           "<t:Recurrence><t:DailyRecurrence><t:Interval>1</t:Interval></t:DailyRecurrence><t:NoEndRecurrence>"
           "<t:StartDate>2027-07-01</t:StartDate></t:NoEndRecurrence></t:Recurrence>");
  }
  const Window six_weeks{"2027-07-01T00:00:00", "2027-08-12T00:00:00"};
  EXPECT_EQ(Ask({me_, other_}, six_weeks).Code(0), "ErrorResultSetTooBig");
  EXPECT_EQ(Ask({me_, other_}, six_weeks).Code(1), "NoError");
}

TEST_F(Availability, AutomaticRepliesAreTheOwnersAlone) {
  const auto get = [this](std::string_view address) {
    return Call(fmt::format("<m:GetUserOofSettingsRequest><t:Mailbox><t:Address>{}</t:Address></t:Mailbox>"
                            "</m:GetUserOofSettingsRequest>",
                            address),
                me_);
  };
  EXPECT_EQ(get(me_).Text("OofState"), "Disabled");
  EXPECT_EQ(get(other_).Code(), "ErrorAccessDenied");
  const auto set = [this](std::string_view start, std::string_view end) {
    return Call(fmt::format("<m:SetUserOofSettingsRequest><t:Mailbox><t:Address>{}</t:Address></t:Mailbox>"
                            "<t:UserOofSettings><t:OofState>Scheduled</t:OofState><t:ExternalAudience>Known"
                            "</t:ExternalAudience><t:Duration><t:StartTime>{}</t:StartTime><t:EndTime>{}</t:EndTime>"
                            "</t:Duration><t:InternalReply><t:Message>in &amp; out</t:Message></t:InternalReply>"
                            "<t:ExternalReply><t:Message>out</t:Message></t:ExternalReply></t:UserOofSettings>"
                            "</m:SetUserOofSettingsRequest>",
                            me_, start, end),
                me_);
  };
  EXPECT_EQ(set("2027-07-01T00:00:00Z", "2027-06-01T00:00:00Z").Code(), "ErrorInvalidUserOofSettings");
  EXPECT_EQ(set("2027-07-01T00:00:00Z", "2027-08-01T00:00:00Z").Code(), "NoError");
  const Reply reply = get(me_);
  EXPECT_EQ(reply.Text("OofState"), "Scheduled");
  EXPECT_EQ(reply.Text("EndTime"), "2027-08-01T00:00:00Z");
  EXPECT_EQ(reply.Text("Message"), "in & out");
}

TEST(ZoneRules, SerialisedRulesBehaveAsTheZoneTheyCameFrom) {
  for (const char* name : {"W. Europe Standard Time", "Eastern Standard Time", "AUS Eastern Standard Time",
                           "India Standard Time", "UTC", "Pacific SA Standard Time"}) {
    const TimeZonePtr zone = TimeZone::Find(name);
    ASSERT_NE(zone, nullptr) << name;
    XmlWriter out;
    out.Open("t:TimeZone");
    WriteSerializableZone(out, *zone, 2026);
    pugi::xml_document document;
    document.load_string(out.Close().Take().c_str());
    const auto read = ParseSerializableZone(document.document_element());
    ASSERT_TRUE(read.ok()) << name;
    const auto begin =
        std::chrono::sys_days(std::chrono::year(2026) / 1 / 1).time_since_epoch().count() * Seconds{86400};
    for (Seconds at = begin; at < begin + 364 * Seconds{86400}; at += 1800) {
      ASSERT_EQ((*read)->ToLocal(at), zone->ToLocal(at)) << name << " " << FormatDateTime(at);
      const Seconds local = zone->ToLocal(at);
      const bool ambiguous = zone->ToLocal(zone->ToUtc(local)) != local || zone->ToUtc(local) != at;
      if (ambiguous) continue;
      ASSERT_EQ((*read)->ToLocal((*read)->ToUtc(local)), local) << name << " " << FormatDateTime(at);
    }
  }
}

}  // namespace
}  // namespace crosspoint::exchange_sim
