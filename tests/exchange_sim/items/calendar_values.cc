#include <algorithm>

#include "exchange_sim/items/item_values.h"
#include "exchange_sim/items/value_writers.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kTypeNames[] = {"Single", "Occurrence", "Exception", "RecurringMaster"};
constexpr Seconds kFarFuture = 4'102'444'800;  // 2100

bool IsMeeting(const ItemView& view) {
  return IsMail(view.item->kind) || !view.PropertyXml("RequiredAttendees").empty() ||
         !view.PropertyXml("OptionalAttendees").empty() || !view.PropertyXml("Resources").empty() ||
         !view.item->is_organizer;
}

// Of a series in a calendar; an invitation to one has no occurrences that could be opened.
bool IsMaster(const ItemView& view) {
  return view.type == ItemView::Type::kRecurringMaster && view.item->kind == ItemKind::kCalendarItem;
}

std::string DurationText(Seconds length) {
  std::string out = "P";
  if (length >= 86400) out += fmt::format("{}D", length / 86400);
  const Seconds rest = length % 86400;
  if (rest == 0) return length >= 86400 ? out : "PT0S";
  out += "T";
  if (rest >= 3600) out += fmt::format("{}H", rest / 3600);
  if (rest % 3600 / 60 != 0) out += fmt::format("{}M", rest % 3600 / 60);
  if (rest % 60 != 0) out += fmt::format("{}S", rest % 60);
  return out;
}

void WriteOccurrenceInfo(XmlWriter& out, std::string_view element, const ItemView& view) {
  out.Open(element);
  WriteItemId(out, "t:ItemId", view);
  out.Leaf("t:Start", FormatDateTime(view.start)).Leaf("t:End", FormatDateTime(view.end));
  out.Leaf("t:OriginalStart", FormatDateTime(view.original_start)).Close();
}

// The first or last occurrence that was not deleted. A series without end has no last one.
void WriteEndOfSeries(XmlWriter& out, const ItemView& view, bool first) {
  if (!IsMaster(view)) return;
  const Recurrence& recurrence = *view.item->recurrence;
  if (!first && !recurrence.end_date && !recurrence.count) return;
  auto starts = OriginalStarts(*view.item, kFarFuture, first ? 50 : 20'000);
  if (!first) std::reverse(starts.begin(), starts.end());
  for (const Seconds start : starts) {
    if (const auto occurrence = OccurrenceView(*view.mailbox, *view.item, start)) {
      WriteOccurrenceInfo(out, first ? "t:FirstOccurrence" : "t:LastOccurrence", *occurrence);
      return;
    }
  }
}

void WriteModified(XmlWriter& out, const ItemView& view) {
  if (!IsMaster(view)) return;
  bool any = false;
  for (const auto& [original, change] : view.item->exceptions) {
    if (change.deleted) continue;
    if (!any) out.Open("t:ModifiedOccurrences");
    any = true;
    if (const auto occurrence = OccurrenceView(*view.mailbox, *view.item, original)) {
      WriteOccurrenceInfo(out, "t:Occurrence", *occurrence);
    }
  }
  if (any) out.Close();
}

void WriteDeleted(XmlWriter& out, const ItemView& view) {
  if (!IsMaster(view)) return;
  bool any = false;
  for (const auto& [original, change] : view.item->exceptions) {
    if (!change.deleted) continue;
    if (!any) out.Open("t:DeletedOccurrences");
    any = true;
    out.Open("t:DeletedOccurrence").Leaf("t:Start", FormatDateTime(original)).Close();
  }
  if (any) out.Close();
}

void WriteZone(XmlWriter& out, std::string_view element, const ItemView& view) {
  const std::string& name = view.item->zone->name();
  out.Open(element).Attribute("Id", name).Attribute("Name", name).Close();
}

bool OneOfMany(const ItemView& v) {
  return v.type == ItemView::Type::kOccurrence || v.type == ItemView::Type::kException;
}

void AddTimeWriters(ValueWriters& w) {
  w["UID"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:UID", v.item->uid); };
  w["RecurrenceId"] = [](XmlWriter& out, const ItemView& v) {
    const auto id = OneOfMany(v) ? std::optional(v.original_start) : v.item->meeting.recurrence_id;
    if (id) out.Leaf("t:RecurrenceId", FormatDateTime(*id));
  };
  w["DateTimeStamp"] = [](XmlWriter& out, const ItemView& v) {
    out.Leaf("t:DateTimeStamp", FormatDateTime(v.item->modified_at));
  };
  w["Start"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:Start", FormatDateTime(v.start)); };
  w["End"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:End", FormatDateTime(v.end)); };
  w["OriginalStart"] = [](XmlWriter& out, const ItemView& v) {
    if (OneOfMany(v)) out.Leaf("t:OriginalStart", FormatDateTime(v.original_start));
  };
  w["IsAllDayEvent"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsAllDayEvent", v.item->all_day); };
  w["LegacyFreeBusyStatus"] = [](XmlWriter& out, const ItemView& v) {
    const std::string& xml = v.PropertyXml("LegacyFreeBusyStatus");
    if (v.item->cancelled) {
      out.Leaf("t:LegacyFreeBusyStatus", "Free");
    } else {
      xml.empty() ? out.Leaf("t:LegacyFreeBusyStatus", v.item->all_day ? "Free" : "Busy") : out.Raw(xml);
    }
  };
  w["IsMeeting"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsMeeting", IsMeeting(v)); };
  w["IsCancelled"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsCancelled", v.item->cancelled); };
  w["IsRecurring"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsRecurring", OneOfMany(v)); };
  w["MeetingRequestWasSent"] = [](XmlWriter& out, const ItemView& v) {
    out.Flag("t:MeetingRequestWasSent", v.item->invitations_sent);
  };
  w["CalendarItemType"] = [](XmlWriter& out, const ItemView& v) {
    const auto type = v.item->meeting.recurrence_id ? ItemView::Type::kException : v.type;
    out.Leaf("t:CalendarItemType", kTypeNames[static_cast<size_t>(type)]);
  };
  w["MyResponseType"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:MyResponseType", v.item->my_response); };
  w["Organizer"] = [](XmlWriter& out, const ItemView& v) {
    out.Open("t:Organizer");
    WriteMailbox(out, v.item->organizer_name, v.item->organizer_email);
    out.Close();
  };
  w["IsOrganizer"] = [](XmlWriter& out, const ItemView& v) { out.Flag("t:IsOrganizer", v.item->is_organizer); };
  w["IntendedFreeBusyStatus"] = DefaultValue("IntendedFreeBusyStatus", "Busy");
}

void AddSeriesWriters(ValueWriters& w) {
  w["Duration"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:Duration", DurationText(v.end - v.start)); };
  w["TimeZone"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:TimeZone", v.item->zone->name()); };
  w["AppointmentReplyTime"] = [](XmlWriter& out, const ItemView& v) {
    if (v.item->replied_at) out.Leaf("t:AppointmentReplyTime", FormatDateTime(*v.item->replied_at));
  };
  w["AppointmentSequenceNumber"] = [](XmlWriter& out, const ItemView& v) {
    out.Number("t:AppointmentSequenceNumber", v.item->sequence);
  };
  w["AppointmentState"] = [](XmlWriter& out, const ItemView& v) {
    // Bits of PidLidAppointmentStateFlags: meeting, received, cancelled.
    const int state = (IsMeeting(v) ? 1 : 0) | (v.item->is_organizer ? 0 : 2) | (v.item->cancelled ? 4 : 0);
    out.Number("t:AppointmentState", state);
  };
  w["Recurrence"] = [](XmlWriter& out, const ItemView& v) {
    if (v.type == ItemView::Type::kRecurringMaster) WriteRecurrence(out, *v.item->recurrence);
  };
  w["FirstOccurrence"] = [](XmlWriter& out, const ItemView& v) { WriteEndOfSeries(out, v, true); };
  w["LastOccurrence"] = [](XmlWriter& out, const ItemView& v) { WriteEndOfSeries(out, v, false); };
  w["ModifiedOccurrences"] = WriteModified;
  w["DeletedOccurrences"] = WriteDeleted;
  w["StartTimeZone"] = [](XmlWriter& out, const ItemView& v) { WriteZone(out, "t:StartTimeZone", v); };
  w["EndTimeZone"] = [](XmlWriter& out, const ItemView& v) { WriteZone(out, "t:EndTimeZone", v); };
  w["StartTimeZoneId"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:StartTimeZoneId", v.item->zone->name()); };
  w["EndTimeZoneId"] = [](XmlWriter& out, const ItemView& v) { out.Leaf("t:EndTimeZoneId", v.item->zone->name()); };
  w["AllowNewTimeProposal"] = DefaultValue("AllowNewTimeProposal", "true");
  w["IsOnlineMeeting"] = DefaultValue("IsOnlineMeeting", "false");
}

}  // namespace

void AddCalendarWriters(ValueWriters& writers) {
  AddTimeWriters(writers);
  AddSeriesWriters(writers);
}

}  // namespace crosspoint::exchange_sim
