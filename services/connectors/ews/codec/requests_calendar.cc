#include <string_view>

#include "connectors/ews/codec/names.h"
#include "connectors/ews/codec/request_parts.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/soap/text.h"

// CreateItem and UpdateItem of calendar items.
namespace crosspoint::ews {
namespace {

void WriteAttendees(XmlWriter& xml, std::string_view list, const std::vector<std::string>& emails) {
  if (emails.empty()) return;
  xml.Open(list);
  for (const std::string& email : emails) {
    xml.Open("t:Attendee").Open("t:Mailbox").Text("t:EmailAddress", email).Close().Close();
  }
  xml.Close();
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

void WritePattern(XmlWriter& xml, const Recurrence& recurrence) {
  using Pattern = Recurrence::Pattern;
  const Pattern pattern = recurrence.pattern;
  const bool is_yearly = pattern == Pattern::kAbsoluteYearly || pattern == Pattern::kRelativeYearly;
  const bool is_relative = pattern == Pattern::kRelativeMonthly || pattern == Pattern::kRelativeYearly;
  xml.Open("t:" + std::string(NameOf(kPatternNames, pattern)));
  if (!is_yearly) xml.Text("t:Interval", std::to_string(recurrence.interval));
  if (pattern == Pattern::kWeekly || is_relative) xml.Text("t:DaysOfWeek", Joined(recurrence.days));
  if (pattern == Pattern::kWeekly && !recurrence.first_day_of_week.empty()) {
    xml.Text("t:FirstDayOfWeek", recurrence.first_day_of_week);
  }
  if (is_relative) xml.Text("t:DayOfWeekIndex", recurrence.week_index);
  if (pattern == Pattern::kAbsoluteMonthly || pattern == Pattern::kAbsoluteYearly) {
    xml.Text("t:DayOfMonth", std::to_string(recurrence.day_of_month));
  }
  if (is_yearly) xml.Text("t:Month", recurrence.month);
  xml.Close();
}

void WriteRecurrence(XmlWriter& xml, const Recurrence& recurrence) {
  xml.Open("t:Recurrence");
  WritePattern(xml, recurrence);
  const std::string start = FormatDate(recurrence.start);
  if (recurrence.end) {
    xml.Open("t:EndDateRecurrence").Text("t:StartDate", start).Text("t:EndDate", FormatDate(*recurrence.end)).Close();
  } else if (recurrence.count) {
    xml.Open("t:NumberedRecurrence").Text("t:StartDate", start);
    xml.Text("t:NumberOfOccurrences", std::to_string(*recurrence.count)).Close();
  } else {
    xml.Open("t:NoEndRecurrence").Text("t:StartDate", start).Close();
  }
  xml.Close();
}

void WriteDraft(XmlWriter& xml, const CalendarDraft& draft) {
  xml.Open("t:CalendarItem").Text("t:Subject", draft.subject);
  xml.Text("t:Sensitivity", NameOf(kSensitivityNames, draft.sensitivity));
  if (draft.body) WriteBody(xml, *draft.body);
  xml.Text("t:ReminderIsSet", BoolText(draft.reminder_minutes_before_start.has_value()));
  if (draft.reminder_minutes_before_start) {
    xml.Text("t:ReminderMinutesBeforeStart", std::to_string(*draft.reminder_minutes_before_start));
  }
  for (const ExtendedProperty& property : draft.extended_properties) WriteProperty(xml, property);
  if (!draft.uid.empty()) xml.Text("t:UID", draft.uid);
  xml.Text("t:Start", FormatDateTime(draft.start)).Text("t:End", FormatDateTime(draft.end));
  xml.Text("t:IsAllDayEvent", BoolText(draft.is_all_day));
  xml.Text("t:LegacyFreeBusyStatus", NameOf(kFreeBusyNames, draft.free_busy));
  if (!draft.location.empty()) xml.Text("t:Location", draft.location);
  WriteAttendees(xml, "t:RequiredAttendees", draft.required_attendees);
  WriteAttendees(xml, "t:OptionalAttendees", draft.optional_attendees);
  WriteAttendees(xml, "t:Resources", draft.resources);
  if (draft.recurrence) WriteRecurrence(xml, *draft.recurrence);
  if (!draft.time_zone.empty()) {
    xml.Empty("t:StartTimeZone", {{"Id", draft.time_zone}}).Empty("t:EndTimeZone", {{"Id", draft.time_zone}});
  }
  xml.Close();
}

// An empty list cannot be set: it is deleted.
void ChangeAttendees(XmlWriter& xml, ChangeWriter& change, std::string_view uri, std::string_view element,
                     const std::vector<std::string>& emails) {
  if (emails.empty()) {
    change.Delete(uri);
  } else {
    change.Set(uri, [&] { WriteAttendees(xml, element, emails); });
  }
}

void WriteSeriesChanges(XmlWriter& xml, ChangeWriter& change, const CalendarUpdate& update) {
  if (update.recurrence) change.Set("calendar:Recurrence", [&] { WriteRecurrence(xml, *update.recurrence); });
  if (update.delete_recurrence) change.Delete("calendar:Recurrence");
  if (update.time_zone.empty()) return;
  for (const auto& [uri, element] :
       {std::pair{"calendar:StartTimeZone", "t:StartTimeZone"}, std::pair{"calendar:EndTimeZone", "t:EndTimeZone"}}) {
    change.Set(uri, [&, name = element] { xml.Empty(name, {{"Id", update.time_zone}}); });
  }
}

void WriteChanges(XmlWriter& xml, const CalendarUpdate& update) {
  ChangeWriter change(xml, "t:CalendarItem");
  if (update.subject) change.Text("item:Subject", "t:Subject", *update.subject);
  if (update.sensitivity) {
    change.Text("item:Sensitivity", "t:Sensitivity", NameOf(kSensitivityNames, *update.sensitivity));
  }
  if (update.body) change.Set("item:Body", [&] { WriteBody(xml, *update.body); });
  if (update.reminder_minutes_before_start) {
    change.Text("item:ReminderIsSet", "t:ReminderIsSet", "true");
    change.Text("item:ReminderMinutesBeforeStart", "t:ReminderMinutesBeforeStart",
                std::to_string(*update.reminder_minutes_before_start));
  }
  for (const ExtendedProperty& property : update.set_properties) change.SetProperty(property);
  for (const PropertyPath& path : update.delete_properties) change.DeleteProperty(path);
  if (update.start) change.Text("calendar:Start", "t:Start", FormatDateTime(*update.start));
  if (update.end) change.Text("calendar:End", "t:End", FormatDateTime(*update.end));
  if (update.is_all_day) change.Text("calendar:IsAllDayEvent", "t:IsAllDayEvent", BoolText(*update.is_all_day));
  if (update.free_busy) {
    change.Text("calendar:LegacyFreeBusyStatus", "t:LegacyFreeBusyStatus", NameOf(kFreeBusyNames, *update.free_busy));
  }
  if (update.location) change.Text("calendar:Location", "t:Location", *update.location);
  if (update.required_attendees) {
    ChangeAttendees(xml, change, "calendar:RequiredAttendees", "t:RequiredAttendees", *update.required_attendees);
  }
  if (update.optional_attendees) {
    ChangeAttendees(xml, change, "calendar:OptionalAttendees", "t:OptionalAttendees", *update.optional_attendees);
  }
  if (update.resources) ChangeAttendees(xml, change, "calendar:Resources", "t:Resources", *update.resources);
  WriteSeriesChanges(xml, change, update);
}

void WriteReference(XmlWriter& xml, const ItemId& id) {
  if (id.change_key.empty()) {
    xml.Empty("t:ReferenceItemId", {{"Id", id.id}});
  } else {
    xml.Empty("t:ReferenceItemId", {{"Id", id.id}, {"ChangeKey", id.change_key}});
  }
}

}  // namespace

std::string WriteCreateItem(const RequestHeader& header, const CalendarDraft& draft, Invitations invitations,
                            const FolderRef& folder) {
  return WriteEnvelope(header, TakesTimeZone::kYes, [&](XmlWriter& xml) {
    xml.Open("m:CreateItem", {{"SendMeetingInvitations", NameOf(kInvitationNames, invitations)}});
    xml.Open("m:SavedItemFolderId");
    WriteFolderRef(xml, folder);
    xml.Close().Open("m:Items");
    WriteDraft(xml, draft);
    xml.Close().Close();
  });
}

std::string WriteUpdateItem(const RequestHeader& header, const ItemRef& item, const CalendarUpdate& update,
                            Invitations invitations) {
  return WriteEnvelope(header, TakesTimeZone::kYes, [&](XmlWriter& xml) {
    // NeverOverwrite: an item that changed since we read it makes the call fail instead of losing that change.
    xml.Open("m:UpdateItem", {{"ConflictResolution", "NeverOverwrite"},
                              {"MessageDisposition", "SaveOnly"},
                              {"SendMeetingInvitationsOrCancellations", NameOf(kInvitationNames, invitations)}});
    xml.Open("m:ItemChanges").Open("t:ItemChange");
    WriteItemRef(xml, item);
    xml.Open("t:Updates");
    WriteChanges(xml, update);
    xml.Close().Close().Close().Close();
  });
}

std::string WriteAnswerMeeting(const RequestHeader& header, const ItemId& id, MeetingAnswer answer,
                               AnswerDelivery delivery, const std::optional<Body>& message) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    const bool sends = delivery == AnswerDelivery::kSend;
    xml.Open("m:CreateItem", {{"MessageDisposition", sends ? "SendAndSaveCopy" : "SaveOnly"}}).Open("m:Items");
    xml.Open("t:" + std::string(NameOf(kMeetingAnswerNames, answer)));
    if (message) WriteBody(xml, *message);
    WriteReference(xml, id);
    xml.Close().Close().Close();
  });
}

std::string WriteCancelMeeting(const RequestHeader& header, const ItemId& id, const std::optional<Body>& message) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:CreateItem", {{"MessageDisposition", "SendAndSaveCopy"}}).Open("m:Items");
    xml.Open("t:CancelCalendarItem");
    WriteReference(xml, id);
    if (message) xml.Text("t:NewBodyContent", message->text, {{"BodyType", NameOf(kBodyTypeNames, message->type)}});
    xml.Close().Close().Close();
  });
}

}  // namespace crosspoint::ews
