#include <fmt/format.h>

#include <chrono>
#include <span>

#include "connectors/ews/codec/availability_names.h"
#include "connectors/ews/codec/request_parts.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/soap/text.h"

// Free and busy times, out-of-office messages, time zones of the server.
namespace crosspoint::ews {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::string ClockText(seconds time) {
  const int64_t count = time.count();
  return fmt::format("{:02}:{:02}:{:02}", count / 3600, count / 60 % 60, count % 60);
}

// A time of the zone that the request names: written without one of its own.
std::string LocalText(TimePoint local) {
  std::string text = FormatDateTime(local);
  text.pop_back();  // the Z
  return text;
}

void WriteZoneChange(XmlWriter& xml, std::string_view element, const ZoneChange& change) {
  xml.Open(element).Text("t:Bias", std::to_string(change.bias.count())).Text("t:Time", ClockText(change.time));
  xml.Text("t:DayOrder", std::to_string(change.week)).Text("t:Month", std::to_string(change.month));
  xml.Text("t:DayOfWeek", change.day_of_week).Close();
}

void WriteZoneRule(XmlWriter& xml, const ZoneRule& rule) {
  xml.Open("t:TimeZone").Text("t:Bias", std::to_string(rule.bias.count()));
  WriteZoneChange(xml, "t:StandardTime", rule.standard);
  WriteZoneChange(xml, "t:DaylightTime", rule.daylight);
  xml.Close();
}

void WriteMailbox(XmlWriter& xml, const std::string& email) {
  xml.Open("t:Mailbox").Text("t:Address", email).Text("t:RoutingType", "SMTP").Close();
}

}  // namespace

std::string WriteGetUserAvailability(const RequestHeader& header, const AvailabilityQuery& query,
                                     std::span<const std::string> mailboxes, const ZoneRule& zone) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:GetUserAvailabilityRequest");
    WriteZoneRule(xml, zone);
    xml.Open("m:MailboxDataArray");
    for (const std::string& email : mailboxes) {
      xml.Open("t:MailboxData").Open("t:Email").Text("t:Address", email).Close();
      xml.Text("t:AttendeeType", "Required").Text("t:ExcludeConflicts", "false").Close();
    }
    xml.Close().Open("t:FreeBusyViewOptions").Open("t:TimeWindow");
    xml.Text("t:StartTime", LocalText(ToZone(zone, query.start)));
    xml.Text("t:EndTime", LocalText(ToZone(zone, query.end))).Close();
    xml.Text("t:MergedFreeBusyIntervalInMinutes", std::to_string(query.interval.count()));
    xml.Text("t:RequestedView", NameOf(kAvailabilityViewNames, query.view)).Close().Close();
  });
}

std::string WriteGetServerTimeZones(const RequestHeader& header, const std::vector<std::string>& ids, bool full) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:GetServerTimeZones", {{"ReturnFullTimeZoneData", BoolText(full)}});
    if (!ids.empty()) {
      xml.Open("m:Ids");
      for (const std::string& id : ids) xml.Text("t:Id", id);
      xml.Close();
    }
    xml.Close();
  });
}

std::string WriteGetUserOofSettings(const RequestHeader& header, const std::string& email) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:GetUserOofSettingsRequest");
    WriteMailbox(xml, email);
    xml.Close();
  });
}

std::string WriteSetUserOofSettings(const RequestHeader& header, const std::string& email,
                                    const OofSettings& settings) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:SetUserOofSettingsRequest");
    WriteMailbox(xml, email);
    xml.Open("t:UserOofSettings").Text("t:OofState", NameOf(kOofStateNames, settings.state));
    xml.Text("t:ExternalAudience", NameOf(kExternalAudienceNames, settings.audience));
    if (settings.start && settings.end) {
      xml.Open("t:Duration").Text("t:StartTime", FormatDateTime(*settings.start));
      xml.Text("t:EndTime", FormatDateTime(*settings.end)).Close();
    }
    xml.Open("t:InternalReply").Text("t:Message", settings.internal_reply).Close();
    xml.Open("t:ExternalReply").Text("t:Message", settings.external_reply).Close();
    xml.Close().Close();
  });
}

}  // namespace crosspoint::ews
