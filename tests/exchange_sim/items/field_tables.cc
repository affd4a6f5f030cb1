#include <algorithm>
#include <array>

#include "exchange_sim/items/item_fields.h"

namespace crosspoint::exchange_sim {
namespace {

// in_default, in_all, settable, in_lists; each list in the order of the schema.
constexpr Field kItem[] = {
    {"MimeContent", "item:MimeContent", false, false, false, false},
    {"ItemId", "item:ItemId", true, true, false, true},
    {"ParentFolderId", "item:ParentFolderId", false, true, false, true},
    {"ItemClass", "item:ItemClass", false, true, true, true},
    {"Subject", "item:Subject", true, true, true, true},
    {"Sensitivity", "item:Sensitivity", false, true, true, true},
    {"Body", "item:Body", true, true, true, false},
    {"Attachments", "item:Attachments", false, true, true, false},
    {"DateTimeReceived", "item:DateTimeReceived", false, true, false, true},
    {"Size", "item:Size", false, true, false, true},
    {"Categories", "item:Categories", false, true, true, true},
    {"Importance", "item:Importance", false, true, true, true},
    {"InReplyTo", "item:InReplyTo", false, true, true, true},
    {"IsSubmitted", "item:IsSubmitted", false, true, false, true},
    {"IsDraft", "item:IsDraft", false, true, false, true},
    {"IsFromMe", "item:IsFromMe", false, true, false, true},
    {"IsResend", "item:IsResend", false, true, false, true},
    {"IsUnmodified", "item:IsUnmodified", false, true, false, true},
    {"InternetMessageHeaders", "item:InternetMessageHeaders", false, true, false, false},
    {"DateTimeSent", "item:DateTimeSent", false, true, false, true},
    {"DateTimeCreated", "item:DateTimeCreated", false, true, false, true},
    {"ResponseObjects", "item:ResponseObjects", false, true, false, false},
    {"ReminderDueBy", "item:ReminderDueBy", false, true, true, true},
    {"ReminderIsSet", "item:ReminderIsSet", false, true, true, true},
    {"ReminderMinutesBeforeStart", "item:ReminderMinutesBeforeStart", false, true, true, true},
    {"DisplayCc", "item:DisplayCc", false, true, false, true},
    {"DisplayTo", "item:DisplayTo", false, true, false, true},
    {"DisplayBcc", "item:DisplayBcc", false, false, false, true},
    {"HasAttachments", "item:HasAttachments", true, true, false, true},
    {"ExtendedProperty", "", false, false, true, true},
    {"Culture", "item:Culture", false, true, true, true},
    {"EffectiveRights", "item:EffectiveRights", false, true, false, true},
    {"LastModifiedName", "item:LastModifiedName", false, true, false, true},
    {"LastModifiedTime", "item:LastModifiedTime", false, true, false, true},
    {"IsAssociated", "item:IsAssociated", false, true, false, true},
    {"ConversationId", "item:ConversationId", false, true, false, true},
    {"UniqueBody", "item:UniqueBody", false, false, false, false},
    {"Flag", "item:Flag", false, true, true, true},
    {"Preview", "item:Preview", false, false, false, true},
    {"TextBody", "item:TextBody", false, false, false, false},
};

constexpr Field kCalendarItem[] = {
    {"UID", "calendar:UID", false, true, true, true},
    {"RecurrenceId", "calendar:RecurrenceId", false, true, false, true},
    {"DateTimeStamp", "calendar:DateTimeStamp", false, true, false, true},
    {"Start", "calendar:Start", true, true, true, true},
    {"End", "calendar:End", true, true, true, true},
    {"OriginalStart", "calendar:OriginalStart", false, true, false, true},
    {"IsAllDayEvent", "calendar:IsAllDayEvent", false, true, true, true},
    {"LegacyFreeBusyStatus", "calendar:LegacyFreeBusyStatus", true, true, true, true},
    {"Location", "calendar:Location", true, true, true, true},
    {"When", "calendar:When", false, true, true, true},
    {"IsMeeting", "calendar:IsMeeting", false, true, false, true},
    {"IsCancelled", "calendar:IsCancelled", false, true, false, true},
    {"IsRecurring", "calendar:IsRecurring", false, true, false, true},
    {"MeetingRequestWasSent", "calendar:MeetingRequestWasSent", false, true, false, true},
    {"IsResponseRequested", "calendar:IsResponseRequested", false, true, true, true},
    {"CalendarItemType", "calendar:CalendarItemType", true, true, false, true},
    {"MyResponseType", "calendar:MyResponseType", false, true, false, true},
    {"Organizer", "calendar:Organizer", true, true, false, true},
    {"RequiredAttendees", "calendar:RequiredAttendees", true, true, true, false},
    {"OptionalAttendees", "calendar:OptionalAttendees", true, true, true, false},
    {"Resources", "calendar:Resources", true, true, true, false},
    {"Duration", "calendar:Duration", false, true, false, true},
    {"TimeZone", "calendar:TimeZone", false, true, false, true},
    {"AppointmentReplyTime", "calendar:AppointmentReplyTime", false, true, false, true},
    {"AppointmentSequenceNumber", "calendar:AppointmentSequenceNumber", false, true, false, true},
    {"AppointmentState", "calendar:AppointmentState", false, true, false, true},
    {"Recurrence", "calendar:Recurrence", false, true, true, false},
    {"FirstOccurrence", "calendar:FirstOccurrence", false, true, false, false},
    {"LastOccurrence", "calendar:LastOccurrence", false, true, false, false},
    {"ModifiedOccurrences", "calendar:ModifiedOccurrences", false, true, false, false},
    {"DeletedOccurrences", "calendar:DeletedOccurrences", false, true, false, false},
    {"MeetingTimeZone", "calendar:MeetingTimeZone", false, false, true, false},
    {"StartTimeZone", "calendar:StartTimeZone", false, true, true, true},
    {"EndTimeZone", "calendar:EndTimeZone", false, true, true, true},
    {"ConferenceType", "calendar:ConferenceType", false, false, true, true},
    {"AllowNewTimeProposal", "calendar:AllowNewTimeProposal", false, true, true, true},
    {"IsOnlineMeeting", "calendar:IsOnlineMeeting", false, true, true, true},
    {"MeetingWorkspaceUrl", "calendar:MeetingWorkspaceUrl", false, true, true, true},
    {"NetShowUrl", "calendar:NetShowUrl", false, true, true, true},
    {"EnhancedLocation", "calendar:EnhancedLocation", false, false, true, true},
    {"StartTimeZoneId", "calendar:StartTimeZoneId", false, false, true, true},
    {"EndTimeZoneId", "calendar:EndTimeZoneId", false, false, true, true},
    {"IntendedFreeBusyStatus", "calendar:IntendedFreeBusyStatus", false, false, false, true},
    {"IsOrganizer", "calendar:IsOrganizer", false, false, false, true},
};

constexpr Field kMessage[] = {
    {"Sender", "message:Sender", false, true, true, true},
    {"ToRecipients", "message:ToRecipients", false, true, true, false},
    {"CcRecipients", "message:CcRecipients", false, true, true, false},
    {"BccRecipients", "message:BccRecipients", false, true, true, false},
    {"IsReadReceiptRequested", "message:IsReadReceiptRequested", true, true, true, true},
    {"IsDeliveryReceiptRequested", "message:IsDeliveryReceiptRequested", false, true, true, true},
    {"ConversationIndex", "message:ConversationIndex", false, true, false, true},
    {"ConversationTopic", "message:ConversationTopic", false, true, false, true},
    {"From", "message:From", true, true, true, true},
    {"InternetMessageId", "message:InternetMessageId", false, true, true, true},
    {"IsRead", "message:IsRead", true, true, true, true},
    {"IsResponseRequested", "message:IsResponseRequested", false, true, true, true},
    {"References", "message:References", false, true, true, true},
    {"ReplyTo", "message:ReplyTo", false, true, true, false},
    {"ReceivedBy", "message:ReceivedBy", false, true, false, true},
    {"ReceivedRepresenting", "message:ReceivedRepresenting", false, true, false, true},
};

constexpr Field kMeetingMessage[] = {
    {"AssociatedCalendarItemId", "meeting:AssociatedCalendarItemId", true, true, false, true},
    {"IsDelegated", "meeting:IsDelegated", false, true, false, true},
    {"IsOutOfDate", "meeting:IsOutOfDate", false, true, false, true},
    {"HasBeenProcessed", "meeting:HasBeenProcessed", false, true, false, true},
    {"ResponseType", "meeting:ResponseType", true, true, false, true},
    {"UID", "calendar:UID", false, true, false, true},
    {"RecurrenceId", "calendar:RecurrenceId", false, true, false, true},
    {"DateTimeStamp", "calendar:DateTimeStamp", false, true, false, true},
    {"IsOrganizer", "calendar:IsOrganizer", false, true, false, true},
};

constexpr Field kMeetingRequest[] = {
    {"MeetingRequestType", "meetingRequest:MeetingRequestType", true, true, false, true},
    {"IntendedFreeBusyStatus", "meetingRequest:IntendedFreeBusyStatus", false, true, false, true},
    {"Start", "calendar:Start", true, true, false, true},
    {"End", "calendar:End", true, true, false, true},
    {"OriginalStart", "calendar:OriginalStart", false, true, false, true},
    {"IsAllDayEvent", "calendar:IsAllDayEvent", false, true, false, true},
    {"LegacyFreeBusyStatus", "calendar:LegacyFreeBusyStatus", true, true, false, true},
    {"Location", "calendar:Location", true, true, false, true},
    {"IsMeeting", "calendar:IsMeeting", false, true, false, true},
    {"IsCancelled", "calendar:IsCancelled", false, true, false, true},
    {"IsRecurring", "calendar:IsRecurring", false, true, false, true},
    {"MeetingRequestWasSent", "calendar:MeetingRequestWasSent", false, true, false, true},
    {"CalendarItemType", "calendar:CalendarItemType", true, true, false, true},
    {"MyResponseType", "calendar:MyResponseType", false, true, false, true},
    {"Organizer", "calendar:Organizer", true, true, false, true},
    {"RequiredAttendees", "calendar:RequiredAttendees", true, true, false, false},
    {"OptionalAttendees", "calendar:OptionalAttendees", true, true, false, false},
    {"Resources", "calendar:Resources", true, true, false, false},
    {"Duration", "calendar:Duration", false, true, false, true},
    {"TimeZone", "calendar:TimeZone", false, true, false, true},
    {"AppointmentReplyTime", "calendar:AppointmentReplyTime", false, true, false, true},
    {"AppointmentSequenceNumber", "calendar:AppointmentSequenceNumber", false, true, false, true},
    {"AppointmentState", "calendar:AppointmentState", false, true, false, true},
    {"Recurrence", "calendar:Recurrence", false, true, false, false},
    {"StartTimeZone", "calendar:StartTimeZone", false, true, false, true},
    {"EndTimeZone", "calendar:EndTimeZone", false, true, false, true},
    {"ConferenceType", "calendar:ConferenceType", false, false, false, true},
    {"AllowNewTimeProposal", "calendar:AllowNewTimeProposal", false, true, false, true},
    {"IsOnlineMeeting", "calendar:IsOnlineMeeting", false, true, false, true},
    {"MeetingWorkspaceUrl", "calendar:MeetingWorkspaceUrl", false, true, false, true},
    {"NetShowUrl", "calendar:NetShowUrl", false, true, false, true},
    {"StartTimeZoneId", "calendar:StartTimeZoneId", false, false, false, true},
    {"EndTimeZoneId", "calendar:EndTimeZoneId", false, false, false, true},
};

constexpr Field kMeetingResponse[] = {
    {"Start", "calendar:Start", true, true, false, true},
    {"End", "calendar:End", true, true, false, true},
    {"Location", "calendar:Location", true, true, false, true},
    {"Recurrence", "calendar:Recurrence", false, true, false, false},
    {"CalendarItemType", "calendar:CalendarItemType", true, true, false, true},
    {"ProposedStart", "meeting:ProposedStart", false, true, false, true},
    {"ProposedEnd", "meeting:ProposedEnd", false, true, false, true},
};

constexpr Field kMeetingCancellation[] = {
    {"Start", "calendar:Start", true, true, false, true},
    {"End", "calendar:End", true, true, false, true},
    {"Location", "calendar:Location", true, true, false, true},
    {"Recurrence", "calendar:Recurrence", false, true, false, false},
    {"CalendarItemType", "calendar:CalendarItemType", true, true, false, true},
};

constexpr Field kContact[] = {
    {"FileAs", "contacts:FileAs", true, true, true, true},
    {"FileAsMapping", "contacts:FileAsMapping", false, true, true, true},
    {"DisplayName", "contacts:DisplayName", true, true, true, true},
    {"GivenName", "contacts:GivenName", false, true, true, true},
    {"Initials", "contacts:Initials", false, true, true, true},
    {"MiddleName", "contacts:MiddleName", false, true, true, true},
    {"Nickname", "contacts:Nickname", false, true, true, true},
    {"CompleteName", "contacts:CompleteName", true, true, false, true},
    {"CompanyName", "contacts:CompanyName", true, true, true, true},
    {"EmailAddresses", "contacts:EmailAddresses", true, true, true, true},
    {"PhysicalAddresses", "contacts:PhysicalAddresses", true, true, true, true},
    {"PhoneNumbers", "contacts:PhoneNumbers", true, true, true, true},
    {"AssistantName", "contacts:AssistantName", false, true, true, true},
    {"Birthday", "contacts:Birthday", false, true, true, true},
    {"BusinessHomePage", "contacts:BusinessHomePage", false, true, true, true},
    {"Children", "contacts:Children", false, true, true, true},
    {"Companies", "contacts:Companies", false, true, true, true},
    {"ContactSource", "contacts:ContactSource", false, false, false, true},
    {"Department", "contacts:Department", false, true, true, true},
    {"Generation", "contacts:Generation", false, true, true, true},
    {"ImAddresses", "contacts:ImAddresses", true, true, true, true},
    {"JobTitle", "contacts:JobTitle", false, true, true, true},
    {"Manager", "contacts:Manager", false, true, true, true},
    {"Mileage", "contacts:Mileage", false, true, true, true},
    {"OfficeLocation", "contacts:OfficeLocation", false, true, true, true},
    {"PostalAddressIndex", "contacts:PostalAddressIndex", false, true, true, true},
    {"Profession", "contacts:Profession", false, true, true, true},
    {"SpouseName", "contacts:SpouseName", false, true, true, true},
    {"Surname", "contacts:Surname", false, true, true, true},
    {"WeddingAnniversary", "contacts:WeddingAnniversary", false, true, true, true},
    {"HasPicture", "contacts:HasPicture", false, true, false, true},
};

std::vector<const Field*> Joined(std::initializer_list<std::span<const Field>> parts) {
  std::vector<const Field*> all;
  for (const auto& part : parts) {
    for (const Field& field : part) all.push_back(&field);
  }
  return all;
}

}  // namespace

std::span<const Field* const> FieldsOf(ItemKind kind) {
  static const std::array<std::vector<const Field*>, 6> fields = {
      Joined({kItem, kCalendarItem}),
      Joined({kItem, kMessage}),
      Joined({kItem, kMessage, kMeetingMessage, kMeetingRequest}),
      Joined({kItem, kMessage, kMeetingMessage, kMeetingResponse}),
      Joined({kItem, kMessage, kMeetingMessage, kMeetingCancellation}),
      Joined({kItem, kContact}),
  };
  return fields[static_cast<size_t>(kind)];
}

const Field* FieldByElement(ItemKind kind, std::string_view element) {
  const auto fields = FieldsOf(kind);
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field* f) { return f->element == element; });
  return found == fields.end() ? nullptr : *found;
}

const Field* FieldByUri(ItemKind kind, std::string_view uri) {
  if (uri.empty()) return nullptr;
  const auto fields = FieldsOf(kind);
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field* f) { return f->uri == uri; });
  return found == fields.end() ? nullptr : *found;
}

bool IsFieldUri(std::string_view uri) {
  for (int kind = 0; kind < 6; ++kind) {
    if (FieldByUri(static_cast<ItemKind>(kind), uri) != nullptr) return true;
  }
  return false;
}

}  // namespace crosspoint::exchange_sim
