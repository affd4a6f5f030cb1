#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "connectors/ews/availability_types.h"
#include "connectors/ews/client.h"
#include "connectors/ews/folder_types.h"
#include "connectors/ews/people_types.h"
#include "connectors/ews/search_types.h"
#include "connectors/ews/types.h"

// Requests, from structs to text, element by element in the order of the schema. Pure: no I/O, no clock.
namespace crosspoint::ews {

class XmlWriter;

// What the SOAP header says.
struct RequestHeader {
  std::string server_version = "Exchange2013_SP1";
  std::string impersonate;  // primary SMTP address; empty: none
  std::string time_zone;    // Windows id; empty: none. Only item operations take one
};

std::string WriteFindCalendarView(const RequestHeader& header, const CalendarViewQuery& query);
std::string WriteGetItem(const RequestHeader& header, const std::vector<ItemId>& ids,
                         const std::vector<PropertyPath>& properties, Detail detail);
std::string WriteCreateItem(const RequestHeader& header, const CalendarDraft& draft, Invitations invitations,
                            const FolderRef& folder);
std::string WriteUpdateItem(const RequestHeader& header, const ItemRef& item, const CalendarUpdate& update,
                            Invitations invitations);
std::string WriteDeleteItem(const RequestHeader& header, const ItemRef& item, DeleteType type,
                            Invitations cancellations);
std::string WriteGetRelatedItem(const RequestHeader& header, const ItemRef& item,
                                const std::vector<PropertyPath>& properties, Detail detail);
std::string WriteAnswerMeeting(const RequestHeader& header, const ItemId& id, MeetingAnswer answer,
                               AnswerDelivery delivery, const std::optional<Body>& message);
std::string WriteCancelMeeting(const RequestHeader& header, const ItemId& id, const std::optional<Body>& message);
std::string WriteSyncFolderItems(const RequestHeader& header, const FolderRef& folder, const std::string& sync_state,
                                 int max_changes, const std::vector<PropertyPath>& properties);
std::string WriteSubscribe(const RequestHeader& header, const SubscribeRequest& request);
std::string WriteUnsubscribe(const RequestHeader& header, const std::string& subscription_id);
std::string WriteGetStreamingEvents(const RequestHeader& header, const std::vector<std::string>& subscription_ids,
                                    int timeout_minutes);
std::string WriteGetUserPhoto(const RequestHeader& header, const std::string& email, const std::string& size);

// Directory and people (requests_people.cc).
std::string WriteResolveNames(const RequestHeader& header, const ResolveNamesQuery& query);
std::string WriteFindPeople(const RequestHeader& header, const FindPeopleQuery& query);
// A list by its address, or a personal one by the id of its contact.
std::string WriteExpandDl(const RequestHeader& header, const Mailbox& list, const ItemId& contact);

// Folders and ids (requests_folders.cc).
std::string WriteGetFolder(const RequestHeader& header, const std::vector<FolderRef>& folders);
std::string WriteFindFolder(const RequestHeader& header, const FindFoldersQuery& query);
std::string WriteCreateFolder(const RequestHeader& header, const FolderDraft& draft);
std::string WriteSyncFolderHierarchy(const RequestHeader& header, const FolderRef& root, const std::string& sync_state);
std::string WriteConvertId(const RequestHeader& header, const std::vector<AlternateId>& ids, IdFormat format);

// Searching (requests_search.cc). `write_shape` writes the ItemShape.
std::string WriteFindItems(const RequestHeader& header, const FindItemsQuery& query,
                           const std::function<void(XmlWriter&)>& write_shape);
// Calendar items, or what other items have in common with them.
std::string WriteFindItems(const RequestHeader& header, const FindItemsQuery& query);

// Pull notifications. `watermark` empty: from now on.
std::string WriteSubscribePull(const RequestHeader& header, const SubscribeRequest& request, int timeout_minutes,
                               const std::string& watermark);
std::string WriteGetEvents(const RequestHeader& header, const std::string& subscription_id,
                           const std::string& watermark);

// Availability (requests_availability.cc). `mailboxes` are the part of the query that this request is about.
std::string WriteGetUserAvailability(const RequestHeader& header, const AvailabilityQuery& query,
                                     std::span<const std::string> mailboxes, const ZoneRule& zone);
// `ids` empty: all zones. Not `full`: ids and names only.
std::string WriteGetServerTimeZones(const RequestHeader& header, const std::vector<std::string>& ids, bool full);
std::string WriteGetUserOofSettings(const RequestHeader& header, const std::string& email);
std::string WriteSetUserOofSettings(const RequestHeader& header, const std::string& email, const OofSettings& settings);

}  // namespace crosspoint::ews
