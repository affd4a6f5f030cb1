#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "connectors/ews/availability_types.h"
#include "connectors/ews/folder_types.h"
#include "connectors/ews/people_types.h"
#include "connectors/ews/soap/xml_scanner.h"
#include "connectors/ews/types.h"

// Answers, from text to structs. Elements are found by local name, unknown ones are skipped, missing ones leave the
// default. Pure: no I/O, no clock. Every function fails with a fault's or message's status (errors.h), or
// EWS_BAD_ANSWER.
namespace crosspoint::ews {

template <class T>
using Batch = std::vector<absl::StatusOr<T>>;  // one entry per response message, in the order of the request

absl::StatusOr<ResolvedNames> ReadResolveNames(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<Batch<Folder>> ReadGetFolder(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<CalendarPage> ReadFindItem(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<Batch<CalendarItem>> ReadGetItem(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<ItemId> ReadCreateItem(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<ItemId> ReadUpdateItem(std::string_view xml, const XmlLimits& limits = {});
absl::Status ReadDeleteItem(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<SyncResult> ReadSyncFolderItems(std::string_view xml, const XmlLimits& limits = {});
// The subscription id.
absl::StatusOr<std::string> ReadSubscribe(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<PullSubscription> ReadSubscribePull(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<PulledEvents> ReadGetEvents(std::string_view xml, const XmlLimits& limits = {});
absl::Status ReadUnsubscribe(std::string_view xml, const XmlLimits& limits = {});
// Without etag and content type, which stand in the HTTP headers when the server tells them.
absl::StatusOr<Photo> ReadGetUserPhoto(std::string_view xml, const XmlLimits& limits = {});
// The status of a fault; EWS_BAD_ANSWER when `xml` is anything else.
absl::Status ReadFault(std::string_view xml, const XmlLimits& limits = {});

// What one envelope of a stream says.
struct StreamMessage {
  std::vector<StreamEvent> events;
  std::vector<std::string> lost_subscriptions;
  absl::Status error;   // of the whole stream; not set by lost subscriptions alone
  bool closed = false;  // the server is about to end the connection
};
absl::StatusOr<StreamMessage> ReadGetStreamingEvents(std::string_view xml, const XmlLimits& limits = {});

// Where a page ends is told as the server does: zero for an offset that it leaves out.
absl::StatusOr<FolderPage> ReadFindFolder(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<FolderId> ReadCreateFolder(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<FolderSyncResult> ReadSyncFolderHierarchy(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<Batch<AlternateId>> ReadConvertId(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<PeoplePage> ReadFindPeople(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<DistributionList> ReadExpandDl(std::string_view xml, const XmlLimits& limits = {});

// Times without zone are taken as those of `zone`, which was asked for.
absl::StatusOr<Batch<Availability>> ReadGetUserAvailability(std::string_view xml, const ZoneRule& zone = {},
                                                            const XmlLimits& limits = {});
absl::StatusOr<std::vector<ZoneDefinition>> ReadGetServerTimeZones(std::string_view xml, const XmlLimits& limits = {});
absl::StatusOr<OofSettings> ReadGetUserOofSettings(std::string_view xml, const XmlLimits& limits = {});
absl::Status ReadSetUserOofSettings(std::string_view xml, const XmlLimits& limits = {});

}  // namespace crosspoint::ews
