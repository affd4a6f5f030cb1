#include "connectors/ews/codec/requests.h"

#include <fmt/format.h>

#include <string_view>

#include "connectors/ews/codec/names.h"
#include "connectors/ews/codec/request_parts.h"
#include "connectors/ews/soap/text.h"

namespace crosspoint::ews {
namespace {

constexpr std::string_view kSoapNamespace = "http://schemas.xmlsoap.org/soap/envelope/";
constexpr std::string_view kTypesNamespace = "http://schemas.microsoft.com/exchange/services/2006/types";
constexpr std::string_view kMessagesNamespace = "http://schemas.microsoft.com/exchange/services/2006/messages";

// Facts that FindItem and SyncFolderItems can tell.
constexpr std::string_view kListedFields[] = {
    "item:ParentFolderId",
    "item:ItemClass",
    "item:Subject",
    "item:Sensitivity",
    "item:DateTimeCreated",
    "item:ReminderIsSet",
    "item:ReminderMinutesBeforeStart",
    "item:LastModifiedTime",
    "calendar:UID",
    "calendar:RecurrenceId",
    "calendar:Start",
    "calendar:End",
    "calendar:IsAllDayEvent",
    "calendar:LegacyFreeBusyStatus",
    "calendar:Location",
    "calendar:IsMeeting",
    "calendar:IsCancelled",
    "calendar:IsRecurring",
    "calendar:CalendarItemType",
    "calendar:MyResponseType",
    "calendar:Organizer",
    "calendar:AppointmentSequenceNumber",
    "calendar:AppointmentState",
};
// Facts that need the item itself: GetItem only.
constexpr std::string_view kItemFields[] = {
    "calendar:OriginalStart", "calendar:RequiredAttendees",     "calendar:OptionalAttendees",  "calendar:Resources",
    "calendar:Recurrence",    "calendar:ModifiedOccurrences",   "calendar:DeletedOccurrences", "calendar:StartTimeZone",
    "calendar:EndTimeZone",   "calendar:MeetingRequestWasSent",
};

enum class Shape { kListed, kItem, kItemAndBody };

void WriteItemShape(XmlWriter& xml, Shape shape, const std::vector<PropertyPath>& properties) {
  xml.Open("m:ItemShape").Text("t:BaseShape", "IdOnly");
  if (shape == Shape::kItemAndBody) xml.Text("t:BodyType", "Best");
  xml.Open("t:AdditionalProperties");
  const auto field = [&](std::string_view uri) { xml.Empty("t:FieldURI", {{"FieldURI", uri}}); };
  for (const std::string_view uri : kListedFields) field(uri);
  if (shape != Shape::kListed) {
    for (const std::string_view uri : kItemFields) field(uri);
  }
  if (shape == Shape::kItemAndBody) field("item:Body");
  for (const PropertyPath& path : properties) WritePropertyPath(xml, path);
  xml.Close().Close();
}

// Folders and kinds of events; left open for what follows.
void OpenSubscription(XmlWriter& xml, std::string_view element, const SubscribeRequest& request) {
  if (request.folders.empty()) {
    xml.Open(element, {{"SubscribeToAllFolders", "true"}});
  } else {
    xml.Open(element);
    WriteFolderRefs(xml, "t:FolderIds", request.folders);
  }
  xml.Open("t:EventTypes");
  for (const std::string_view type :
       {"CopiedEvent", "CreatedEvent", "DeletedEvent", "ModifiedEvent", "MovedEvent", "NewMailEvent"}) {
    xml.Text("t:EventType", type);
  }
  xml.Close();
}

}  // namespace

std::string WriteEnvelope(const RequestHeader& header, TakesTimeZone takes_time_zone,
                          const std::function<void(XmlWriter&)>& body) {
  XmlWriter xml;
  xml.Raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
  xml.Open("s:Envelope", {{"xmlns:s", kSoapNamespace}, {"xmlns:t", kTypesNamespace}, {"xmlns:m", kMessagesNamespace}});
  xml.Open("s:Header").Empty("t:RequestServerVersion", {{"Version", header.server_version}});
  if (!header.impersonate.empty()) {
    xml.Open("t:ExchangeImpersonation").Open("t:ConnectingSID");
    xml.Text("t:PrimarySmtpAddress", header.impersonate).Close().Close();
  }
  if (takes_time_zone == TakesTimeZone::kYes && !header.time_zone.empty()) {
    xml.Open("t:TimeZoneContext").Empty("t:TimeZoneDefinition", {{"Id", header.time_zone}}).Close();
  }
  xml.Close().Open("s:Body");
  body(xml);
  xml.Close().Close();
  return xml.Take();
}

void WriteFolderRef(XmlWriter& xml, const FolderRef& folder) {
  if (!folder.id.empty()) {
    xml.Empty("t:FolderId", {{"Id", folder.id}});
  } else if (folder.mailbox.empty()) {
    xml.Empty("t:DistinguishedFolderId", {{"Id", folder.distinguished}});
  } else {
    xml.Open("t:DistinguishedFolderId", {{"Id", folder.distinguished}});
    xml.Open("t:Mailbox").Text("t:EmailAddress", folder.mailbox).Close().Close();
  }
}

void WriteFolderRefs(XmlWriter& xml, std::string_view list, const std::vector<FolderRef>& folders) {
  xml.Open(list);
  for (const FolderRef& folder : folders) WriteFolderRef(xml, folder);
  xml.Close();
}

void WriteItemId(XmlWriter& xml, const ItemId& id) {
  if (id.change_key.empty()) {
    xml.Empty("t:ItemId", {{"Id", id.id}});
  } else {
    xml.Empty("t:ItemId", {{"Id", id.id}, {"ChangeKey", id.change_key}});
  }
}

void WriteItemRef(XmlWriter& xml, const ItemRef& item) {
  switch (item.kind) {
    case ItemRef::Kind::kItem:
      WriteItemId(xml, item.id);
      break;
    case ItemRef::Kind::kOccurrence:
      xml.Empty("t:OccurrenceItemId",
                {{"RecurringMasterId", item.id.id}, {"InstanceIndex", std::to_string(item.index)}});
      break;
    case ItemRef::Kind::kMaster:
      xml.Empty("t:RecurringMasterItemId", {{"OccurrenceId", item.id.id}});
      break;
  }
}

void WriteItemIds(XmlWriter& xml, const std::vector<ItemId>& ids) {
  xml.Open("m:ItemIds");
  for (const ItemId& id : ids) WriteItemId(xml, id);
  xml.Close();
}

void WritePropertyPath(XmlWriter& xml, const PropertyPath& path) {
  const std::string_view type = NameOf(kPropertyTypeNames, path.type);
  if (path.tag) {
    xml.Empty("t:ExtendedFieldURI", {{"PropertyTag", fmt::format("0x{:04X}", *path.tag)}, {"PropertyType", type}});
    return;
  }
  xml.Empty("t:ExtendedFieldURI",
            {{IsGuid(path.property_set) ? "PropertySetId" : "DistinguishedPropertySetId", path.property_set},
             {path.id ? "PropertyId" : "PropertyName", path.id ? std::to_string(*path.id) : path.name},
             {"PropertyType", type}});
}

void WriteProperty(XmlWriter& xml, const ExtendedProperty& property) {
  xml.Open("t:ExtendedProperty");
  WritePropertyPath(xml, property.path);
  if (property.path.type == PropertyType::kStringArray) {
    xml.Open("t:Values");
    for (const std::string& value : property.values) xml.Text("t:Value", value);
    xml.Close();
  } else {
    xml.Text("t:Value", property.value);
  }
  xml.Close();
}

void WriteBody(XmlWriter& xml, const Body& body) {
  xml.Text("t:Body", body.text, {{"BodyType", NameOf(kBodyTypeNames, body.type)}});
}

std::string WriteFindCalendarView(const RequestHeader& header, const CalendarViewQuery& query) {
  return WriteEnvelope(header, TakesTimeZone::kYes, [&](XmlWriter& xml) {
    xml.Open("m:FindItem", {{"Traversal", "Shallow"}});
    WriteItemShape(xml, Shape::kListed, query.properties);
    const std::string start = FormatDateTime(query.start);
    const std::string end = FormatDateTime(query.end);
    if (query.max_entries > 0) {
      xml.Empty("m:CalendarView",
                {{"MaxEntriesReturned", std::to_string(query.max_entries)}, {"StartDate", start}, {"EndDate", end}});
    } else {
      xml.Empty("m:CalendarView", {{"StartDate", start}, {"EndDate", end}});
    }
    WriteFolderRefs(xml, "m:ParentFolderIds", {query.folder});
    xml.Close();
  });
}

std::string WriteFindItems(const RequestHeader& header, const FindItemsQuery& query) {
  return WriteFindItems(header, query, [&](XmlWriter& xml) { WriteItemShape(xml, Shape::kListed, query.properties); });
}

std::string WriteGetItem(const RequestHeader& header, const std::vector<ItemId>& ids,
                         const std::vector<PropertyPath>& properties, Detail detail) {
  return WriteEnvelope(header, TakesTimeZone::kYes, [&](XmlWriter& xml) {
    xml.Open("m:GetItem");
    WriteItemShape(xml, detail == Detail::kFactsAndBody ? Shape::kItemAndBody : Shape::kItem, properties);
    WriteItemIds(xml, ids);
    xml.Close();
  });
}

std::string WriteGetRelatedItem(const RequestHeader& header, const ItemRef& item,
                                const std::vector<PropertyPath>& properties, Detail detail) {
  return WriteEnvelope(header, TakesTimeZone::kYes, [&](XmlWriter& xml) {
    xml.Open("m:GetItem");
    WriteItemShape(xml, detail == Detail::kFactsAndBody ? Shape::kItemAndBody : Shape::kItem, properties);
    xml.Open("m:ItemIds");
    WriteItemRef(xml, item);
    xml.Close().Close();
  });
}

std::string WriteDeleteItem(const RequestHeader& header, const ItemRef& item, DeleteType type,
                            Invitations cancellations) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:DeleteItem", {{"DeleteType", NameOf(kDeleteNames, type)},
                              {"SendMeetingCancellations", NameOf(kInvitationNames, cancellations)}});
    xml.Open("m:ItemIds");
    WriteItemRef(xml, item);
    xml.Close().Close();
  });
}

std::string WriteSyncFolderItems(const RequestHeader& header, const FolderRef& folder, const std::string& sync_state,
                                 int max_changes, const std::vector<PropertyPath>& properties) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:SyncFolderItems");
    WriteItemShape(xml, Shape::kListed, properties);
    xml.Open("m:SyncFolderId");
    WriteFolderRef(xml, folder);
    xml.Close();
    if (!sync_state.empty()) xml.Text("m:SyncState", sync_state);
    xml.Text("m:MaxChangesReturned", std::to_string(max_changes)).Close();
  });
}

std::string WriteSubscribe(const RequestHeader& header, const SubscribeRequest& request) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:Subscribe");
    OpenSubscription(xml, "m:StreamingSubscriptionRequest", request);
    xml.Close().Close();
  });
}

std::string WriteSubscribePull(const RequestHeader& header, const SubscribeRequest& request, int timeout_minutes,
                               const std::string& watermark) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:Subscribe");
    OpenSubscription(xml, "m:PullSubscriptionRequest", request);
    if (!watermark.empty()) xml.Text("t:Watermark", watermark);
    xml.Text("t:Timeout", std::to_string(timeout_minutes)).Close().Close();
  });
}

std::string WriteGetEvents(const RequestHeader& header, const std::string& subscription_id,
                           const std::string& watermark) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:GetEvents").Text("m:SubscriptionId", subscription_id).Text("m:Watermark", watermark).Close();
  });
}

std::string WriteUnsubscribe(const RequestHeader& header, const std::string& subscription_id) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:Unsubscribe").Text("m:SubscriptionId", subscription_id).Close();
  });
}

std::string WriteGetStreamingEvents(const RequestHeader& header, const std::vector<std::string>& subscription_ids,
                                    int timeout_minutes) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:GetStreamingEvents").Open("m:SubscriptionIds");
    for (const std::string& id : subscription_ids) xml.Text("t:SubscriptionId", id);
    xml.Close().Text("m:ConnectionTimeout", std::to_string(timeout_minutes)).Close();
  });
}

std::string WriteGetUserPhoto(const RequestHeader& header, const std::string& email, const std::string& size) {
  return WriteEnvelope(header, TakesTimeZone::kNo, [&](XmlWriter& xml) {
    xml.Open("m:GetUserPhoto").Text("m:Email", email).Text("m:SizeRequested", size).Close();
  });
}

}  // namespace crosspoint::ews
