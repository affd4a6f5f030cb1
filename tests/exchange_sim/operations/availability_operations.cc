#include <algorithm>
#include <array>
#include <map>

#include "common/status/status.h"
#include "exchange_sim/call.h"
#include "exchange_sim/error.h"
#include "exchange_sim/zone_rules.h"
#include "fmt/format.h"

// Who is free when, and what mailboxes answer by themselves.
namespace crosspoint::exchange_sim {
namespace {

constexpr size_t kMaxMailboxes = 100;
constexpr Seconds kMaxWindow = 42 * Seconds{86400};
constexpr size_t kMaxEntries = 1000;

struct Query {
  TimeZonePtr zone;
  Seconds start = 0;
  Seconds end = 0;
  Seconds interval = 0;
  bool merged = false;    // the row of digits is wanted
  bool events = false;    // single events are wanted
  bool detailed = false;  // with subject and place
};

// Times without an offset are in `zone`.
std::optional<Seconds> TimeIn(pugi::xml_node node, const TimeZone& zone) {
  const auto time = ParseDateTime(Trim(node.text().get()));
  if (!time) return std::nullopt;
  return time->local ? zone.ToUtc(time->at) : time->at;
}

absl::StatusOr<Query> ParseQuery(Call& call) {
  const pugi::xml_node options = call.request.child("t:FreeBusyViewOptions");
  if (!options) return EwsError("ErrorInvalidFreeBusyViewType", "FreeBusyViewOptions is missing.");
  Query query;
  query.zone = call.zone;
  if (const pugi::xml_node zone = call.request.child("t:TimeZone")) {
    CROSSPOINT_ASSIGN_OR_RETURN(query.zone, ParseSerializableZone(zone));
  }
  const auto start = TimeIn(options.child("t:TimeWindow").child("t:StartTime"), *query.zone);
  const auto end = TimeIn(options.child("t:TimeWindow").child("t:EndTime"), *query.zone);
  if (!start || !end || *end <= *start) return EwsError("ErrorInvalidTimeInterval", "The time window is not valid.");
  if (*end - *start > kMaxWindow) {
    return EwsError("ErrorTimeIntervalTooBig",
                    "The requested time duration specified for FreeBusyViewOptions.TimeWindow is too long. The allowed "
                    "limit = 42 days.");
  }
  const int minutes = options.child("t:MergedFreeBusyIntervalInMinutes").text().as_int(30);
  if (minutes < 5 || minutes > 1440) {
    return EwsError("ErrorInvalidMergedFreeBusyInterval", "The interval must be from 5 to 1440 minutes.");
  }
  const std::string_view view = options.child("t:RequestedView").text().get();
  query.start = *start;
  query.end = *end;
  query.interval = Seconds{60} * minutes;
  query.merged = view.find("Merged") != std::string_view::npos;
  query.events = view.starts_with("FreeBusy") || view.starts_with("Detailed");
  query.detailed = view.starts_with("Detailed");
  if (!query.merged && !query.events)
    return EwsError("ErrorInvalidFreeBusyViewType", "The requested view is not valid.");
  return query;
}

std::string BusyTypeOf(const ItemView& view) {
  if (view.item->cancelled) return "Free";
  const std::string text = view.PropertyText("LegacyFreeBusyStatus");
  return text.empty() ? "Busy" : text;
}

std::string MergedDigits(const std::vector<ItemView>& views, const Query& query) {
  static const std::map<std::string_view, char> digits = {{"Free", '0'}, {"Tentative", '1'}, {"Busy", '2'},
                                                          {"OOF", '3'},  {"NoData", '4'},    {"WorkingElsewhere", '4'}};
  // WorkingElsewhere has the highest digit and the least weight.
  const auto weight = [](char digit) { return digit == '4' ? 1 : digit == '0' ? 0 : digit - '0' + 1; };
  std::string merged(static_cast<size_t>((query.end - query.start + query.interval - 1) / query.interval), '0');
  for (const ItemView& view : views) {
    const char digit = digits.at(BusyTypeOf(view));
    for (size_t i = 0; i < merged.size(); ++i) {
      const Seconds begin = query.start + static_cast<Seconds>(i) * query.interval;
      const bool overlaps = view.start < std::min(begin + query.interval, query.end) && view.end > begin;
      if (overlaps && weight(digit) > weight(merged[i])) merged[i] = digit;
    }
  }
  return merged;
}

// The schema's local time, as Exchange sends it: without an offset, in the zone of the request.
std::string LocalText(Seconds at, const TimeZone& zone) {
  std::string text = FormatDateTime(zone.ToLocal(at));
  text.pop_back();
  return text;
}

void WriteDetails(XmlWriter& out, const ItemView& view) {
  const bool concealed = view.concealed;
  const bool meeting = view.item->properties.contains("RequiredAttendees") || !view.item->is_organizer;
  out.Open("t:CalendarEventDetails");
  if (!concealed) {
    out.Leaf("t:ID", fmt::format("{:016X}", Hash(view.Id()))).Leaf("t:Subject", view.PropertyText("Subject"));
    out.Leaf("t:Location", view.PropertyText("Location"));
  }
  out.Flag("t:IsMeeting", meeting).Flag("t:IsRecurring", view.item->recurrence.has_value());
  out.Flag("t:IsException", view.type == ItemView::Type::kException);
  out.Flag("t:IsReminderSet", view.PropertyText("ReminderIsSet") == "true").Flag("t:IsPrivate", IsPrivate(*view.item));
  out.Close();
}

void WriteWorkingHours(XmlWriter& out, const Mailbox& mailbox, int year) {
  TimeZonePtr zone = TimeZone::Find(mailbox.person.time_zone);
  if (zone == nullptr) zone = TimeZone::Utc();
  out.Open("t:WorkingHours").Open("t:TimeZone");
  WriteSerializableZone(out, *zone, year);
  out.Close().Open("t:WorkingPeriodArray").Open("t:WorkingPeriod");
  out.Leaf("t:DayOfWeek", "Monday Tuesday Wednesday Thursday Friday");
  out.Number("t:StartTimeInMinutes", 8 * 60).Number("t:EndTimeInMinutes", 17 * 60);
  out.Close().Close().Close();
}

absl::StatusOr<std::string> FreeBusyOf(Call& call, const Query& query, const std::string& address) {
  Mailbox* mailbox = call.store.FindMailbox(address);
  if (mailbox == nullptr) {
    return EwsError("ErrorMailRecipientNotFound", fmt::format("Unable to resolve e-mail address {}.", address));
  }
  const bool own = mailbox->number == call.caller.mailbox;
  if (!own && !mailbox->shares_free_busy) {
    return EwsError("ErrorNoFreeBusyAccess", "The caller does not have access to free/busy data.");
  }
  const Folder& calendar = FolderNamed(*mailbox, "calendar");
  std::vector<ItemView> views;
  for (const auto& [number, item] : mailbox->items) {
    if (item.folder != calendar.number) continue;
    for (ItemView& view : ViewsBetween(*mailbox, item, query.start, query.end)) {
      view.concealed = IsConcealed(call, calendar, item);
      views.push_back(view);
    }
  }
  if (views.size() > kMaxEntries) {
    return EwsError("ErrorResultSetTooBig", "The result set contains too many calendar entries.");
  }
  std::stable_sort(views.begin(), views.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
  const bool detailed = query.detailed && Allows(call, calendar, Need::kRead);
  const std::string_view kind = !query.events ? "MergedOnly" : detailed ? "Detailed" : "FreeBusy";
  XmlWriter out;
  out.Open("m:FreeBusyView");
  out.Leaf("t:FreeBusyViewType", fmt::format("{}{}", kind, query.merged && query.events ? "Merged" : ""));
  if (query.merged) out.Leaf("t:MergedFreeBusy", MergedDigits(views, query));
  if (query.events) {
    out.Open("t:CalendarEventArray");
    for (const ItemView& view : views) {
      out.Open("t:CalendarEvent").Leaf("t:StartTime", LocalText(view.start, *query.zone));
      out.Leaf("t:EndTime", LocalText(view.end, *query.zone)).Leaf("t:BusyType", BusyTypeOf(view));
      if (detailed) WriteDetails(out, view);
      out.Close();
    }
    out.Close();
  }
  WriteWorkingHours(out, *mailbox, YearOf(query.start));
  out.Close();
  return out.Take();
}

// <m:ResponseMessage>, the first part of answers that have no list of messages.
void WriteResponseMessage(XmlWriter& out, const absl::Status& status) {
  out.Open("m:ResponseMessage").Attribute("ResponseClass", status.ok() ? "Success" : "Error");
  if (status.ok()) {
    out.Leaf("m:ResponseCode", "NoError");
  } else {
    WriteError(out, status);
  }
  out.Close();
}

// The mailbox of a request about automatic replies; only its owner may ask, or who impersonates the owner.
absl::StatusOr<Mailbox*> OwnMailbox(Call& call) {
  const std::string address = Trim(call.request.child("t:Mailbox").child("t:Address").text().get());
  Mailbox* mailbox = call.store.FindMailbox(address);
  if (mailbox == nullptr) {
    return EwsError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.");
  }
  if (mailbox->number != call.caller.mailbox) return EwsError("ErrorAccessDenied", "User is not mailbox owner.");
  return mailbox;
}

void WriteOof(XmlWriter& out, const OutOfOffice& oof) {
  const Seconds today = Now() / 86400 * 86400;
  const bool has_times = oof.start != 0;
  out.Open("t:OofSettings").Leaf("t:OofState", oof.state).Leaf("t:ExternalAudience", oof.audience);
  out.Open("t:Duration").Leaf("t:StartTime", FormatDateTime(has_times ? oof.start : today));
  out.Leaf("t:EndTime", FormatDateTime(has_times ? oof.end : today + 86400)).Close();
  out.Open("t:InternalReply").Leaf("t:Message", oof.internal_reply).Close();
  out.Open("t:ExternalReply").Leaf("t:Message", oof.external_reply).Close().Close();
}

absl::Status SetOof(Call& call) {
  CROSSPOINT_ASSIGN_OR_RETURN(Mailbox * mailbox, OwnMailbox(call));
  const pugi::xml_node wanted = call.request.child("t:UserOofSettings");
  const pugi::xml_node duration = wanted.child("t:Duration");
  OutOfOffice oof;
  oof.state = wanted.child("t:OofState").text().get();
  oof.audience = wanted.child("t:ExternalAudience").text().get();
  oof.start = TimeIn(duration.child("t:StartTime"), *call.zone).value_or(0);
  oof.end = TimeIn(duration.child("t:EndTime"), *call.zone).value_or(0);
  oof.internal_reply = wanted.child("t:InternalReply").child("t:Message").text().get();
  oof.external_reply = wanted.child("t:ExternalReply").child("t:Message").text().get();
  if (oof.state == "Scheduled" && (oof.start == 0 || oof.end <= oof.start)) {
    return EwsError("ErrorInvalidUserOofSettings", "A scheduled absence needs a start and a later end.");
  }
  mailbox->out_of_office = std::move(oof);
  return absl::OkStatus();
}

}  // namespace

Answer GetUserAvailability(Call& call) {
  const auto mailboxes = Elements(call.request.child("m:MailboxDataArray"));
  if (mailboxes.size() > kMaxMailboxes) {
    return EwsError("ErrorMailboxDataArrayTooBig", "There are too many mailboxes; the allowed limit = 100.");
  }
  XmlWriter out;
  out.Open("m:GetUserAvailabilityResponse");
  if (call.request.child("t:FreeBusyViewOptions") || !call.request.child("t:SuggestionsViewOptions")) {
    CROSSPOINT_ASSIGN_OR_RETURN(const Query query, ParseQuery(call));
    out.Open("m:FreeBusyResponseArray");
    for (const pugi::xml_node data : mailboxes) {
      const auto view = FreeBusyOf(call, query, Trim(data.child("t:Email").child("t:Address").text().get()));
      out.Open("m:FreeBusyResponse");
      WriteResponseMessage(out, view.status());
      out.Raw(view.ok() ? *view : "<m:FreeBusyView><t:FreeBusyViewType>None</t:FreeBusyViewType></m:FreeBusyView>");
      out.Close();
    }
    out.Close();
  }
  if (call.request.child("t:SuggestionsViewOptions")) {
    out.Open("m:SuggestionsResponse");
    WriteResponseMessage(out, EwsError("ErrorInvalidOperation", "Suggestions are not simulated."));
    out.Close();
  }
  return out.Close().Take();
}

Answer GetUserOofSettings(Call& call) {
  const auto mailbox = OwnMailbox(call);
  XmlWriter out;
  out.Open("m:GetUserOofSettingsResponse");
  WriteResponseMessage(out, mailbox.status());
  if (mailbox.ok()) {
    WriteOof(out, (*mailbox)->out_of_office);
    out.Leaf("m:AllowExternalOof", "All");
  }
  return out.Close().Take();
}

Answer SetUserOofSettings(Call& call) {
  XmlWriter out;
  out.Open("m:SetUserOofSettingsResponse");
  WriteResponseMessage(out, SetOof(call));
  return out.Close().Take();
}

}  // namespace crosspoint::exchange_sim
