#pragma once

#include <string>
#include <vector>

#include "connectors/ews/client.h"
#include "connectors/ews/types.h"

// Requests, from structs to text, element by element in the order of the schema. Pure: no I/O, no clock.
namespace crosspoint::ews {

// What the SOAP header says.
struct RequestHeader {
  std::string server_version = "Exchange2013_SP1";
  std::string impersonate;  // primary SMTP address; empty: none
  std::string time_zone;    // Windows id; empty: none. Only item operations take one
};

std::string WriteResolveNames(const RequestHeader& header, const ResolveNamesQuery& query);
std::string WriteGetFolder(const RequestHeader& header, const std::vector<FolderRef>& folders);
std::string WriteFindCalendarView(const RequestHeader& header, const CalendarViewQuery& query);
std::string WriteFindByProperty(const RequestHeader& header, const FolderRef& folder, const ExtendedProperty& property);
std::string WriteGetItem(const RequestHeader& header, const std::vector<ItemId>& ids,
                         const std::vector<PropertyPath>& properties, Detail detail);
std::string WriteCreateItem(const RequestHeader& header, const CalendarDraft& draft, Invitations invitations,
                            const FolderRef& folder);
std::string WriteUpdateItem(const RequestHeader& header, const ItemId& id, const CalendarUpdate& update,
                            Invitations invitations);
std::string WriteDeleteItem(const RequestHeader& header, const ItemId& id, DeleteType type, Invitations cancellations);
std::string WriteSyncFolderItems(const RequestHeader& header, const FolderRef& folder, const std::string& sync_state,
                                 int max_changes, const std::vector<PropertyPath>& properties);
std::string WriteSubscribe(const RequestHeader& header, const SubscribeRequest& request);
std::string WriteUnsubscribe(const RequestHeader& header, const std::string& subscription_id);
std::string WriteGetStreamingEvents(const RequestHeader& header, const std::vector<std::string>& subscription_ids,
                                    int timeout_minutes);
std::string WriteGetUserPhoto(const RequestHeader& header, const std::string& email, const std::string& size);

}  // namespace crosspoint::ews
