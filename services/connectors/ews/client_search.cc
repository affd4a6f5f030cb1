#include <algorithm>

#include "common/status/status.h"
#include "connectors/ews/calendar_facts.h"
#include "connectors/ews/client.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/transport.h"

namespace crosspoint::ews {

absl::StatusOr<CalendarPage> EwsClient::FindItems(const FindItemsQuery& query, const EwsCall& call) {
  CROSSPOINT_RETURN_IF_ERROR(query.Validate());
  const auto read = [&](std::string_view xml, const XmlLimits& limits) -> absl::StatusOr<CalendarPage> {
    CROSSPOINT_ASSIGN_OR_RETURN(CalendarPage page, ReadFindItem(xml, limits));
    PageEnd end{.includes_last = page.includes_last, .next_offset = page.next_offset};
    CROSSPOINT_RETURN_IF_ERROR(CompletePageEnd(query.page, page.items.size(), end));
    page.next_offset = end.next_offset;
    if (!query.folder.mailbox.empty()) std::for_each(page.items.begin(), page.items.end(), HidePrivateFacts);
    return page;
  };
  return transport_->Call("FindItem", WriteFindItems(transport_->Header(call), query), call, Effect::kReads, read);
}

absl::StatusOr<CalendarPage> EwsClient::FindByProperty(const FolderRef& folder, const ExtendedProperty& property,
                                                       const EwsCall& call) {
  return FindItems(
      {.folder = folder, .restriction = IsEqualTo(property.path, property.value), .properties = {property.path}}, call);
}

}  // namespace crosspoint::ews
