#include "connectors/ews/client.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/status/status.h"
#include "connectors/ews/calendar_facts.h"
#include "connectors/ews/codec/requests.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/series.h"
#include "connectors/ews/transport.h"

namespace crosspoint::ews {
namespace {

constexpr size_t kMaxItemsPerGet = 50;
constexpr auto kLongestCalendarView = std::chrono::hours(24 * 731);

absl::Status CheckStored(const ItemRef& item) {
  if (!ParseOccurrenceId(item.id.id)) return absl::OkStatus();
  return InvalidField("id", "is that of an occurrence which the server does not keep: change its series");
}

}  // namespace

absl::StatusOr<CalendarPage> EwsClient::FindCalendarItems(const CalendarViewQuery& query, const EwsCall& call) {
  if (query.end <= query.start) return InvalidField("end", "must be after start");
  if (query.end - query.start > kLongestCalendarView) return InvalidField("end", "must be within two years of start");
  CROSSPOINT_ASSIGN_OR_RETURN(auto page,
                              transport_->Call("FindItem", WriteFindCalendarView(transport_->Header(call), query), call,
                                               Effect::kReads, ReadFindItem));
  CROSSPOINT_ASSIGN_OR_RETURN(page, WithoutMasters(std::move(page), query, call));
  if (!query.folder.mailbox.empty()) std::for_each(page.items.begin(), page.items.end(), HidePrivateFacts);
  return page;
}

absl::StatusOr<Batch<CalendarItem>> EwsClient::GetStoredItems(const std::vector<ItemId>& ids,
                                                              const std::vector<PropertyPath>& properties,
                                                              Detail detail, const EwsCall& call) {
  if (ids.empty()) return Batch<CalendarItem>{};
  if (ids.size() > kMaxItemsPerGet) return InvalidField("ids", fmt::format("must be at most {}", kMaxItemsPerGet));
  const auto read = [&](std::string_view xml, const XmlLimits& limits) -> absl::StatusOr<Batch<CalendarItem>> {
    CROSSPOINT_ASSIGN_OR_RETURN(auto batch, ReadGetItem(xml, limits));
    if (batch.size() != ids.size()) return BadAnswer("has another number of items than asked for");
    return batch;
  };
  return transport_->Call("GetItem", WriteGetItem(transport_->Header(call), ids, properties, detail), call,
                          Effect::kReads, read);
}

absl::StatusOr<Batch<CalendarItem>> EwsClient::GetCalendarItems(const std::vector<ItemId>& ids,
                                                                const std::vector<PropertyPath>& properties,
                                                                Detail detail, const EwsCall& call) {
  std::vector<ItemId> stored = ids;
  std::vector<std::optional<ComputedOccurrence>> computed;
  for (ItemId& id : stored) {
    computed.push_back(ParseOccurrenceId(id.id));
    if (computed.back()) id = {computed.back()->master_id, ""};
  }
  CROSSPOINT_ASSIGN_OR_RETURN(auto items, GetStoredItems(stored, properties, detail, call));
  for (size_t i = 0; i < items.size(); ++i) {
    if (computed[i] && items[i].ok()) items[i] = OccurrenceOf(*items[i], computed[i]->original_start);
  }
  return items;
}

absl::StatusOr<CalendarItem> EwsClient::GetCalendarItem(const ItemRef& item,
                                                        const std::vector<PropertyPath>& properties, Detail detail,
                                                        const EwsCall& call) {
  if (item.kind == ItemRef::Kind::kItem) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto items, GetCalendarItems({item.id}, properties, detail, call));
    return std::move(items.front());
  }
  CROSSPOINT_ASSIGN_OR_RETURN(
      auto items, transport_->Call("GetItem", WriteGetRelatedItem(transport_->Header(call), item, properties, detail),
                                   call, Effect::kReads, ReadGetItem));
  return std::move(items.front());
}

absl::StatusOr<ItemId> EwsClient::CreateCalendarItem(const CalendarDraft& draft, Invitations invitations,
                                                     const EwsCall& call, const FolderRef& folder) {
  if (draft.end <= draft.start) return InvalidField("end", "must be after start");
  if (invitations > Invitations::kAndSaveCopy)
    return InvalidField("invitations", "must be kNone, kOnly or kAndSaveCopy");
  const auto read = [](std::string_view xml, const XmlLimits& limits) -> absl::StatusOr<ItemId> {
    CROSSPOINT_ASSIGN_OR_RETURN(ItemId id, ReadCreateItem(xml, limits));
    if (id.id.empty()) return BadAnswer("has no id of the new item");
    return id;
  };
  return transport_->Call("CreateItem", WriteCreateItem(transport_->Header(call), draft, invitations, folder), call,
                          Effect::kWrites, read);
}

absl::StatusOr<ItemId> EwsClient::UpdateCalendarItem(const ItemRef& item, const CalendarUpdate& update,
                                                     Invitations invitations, const EwsCall& call) {
  if (update.empty()) return item.id;
  CROSSPOINT_RETURN_IF_ERROR(CheckStored(item));
  return transport_->Call("UpdateItem", WriteUpdateItem(transport_->Header(call), item, update, invitations), call,
                          Effect::kWrites, ReadUpdateItem);
}

absl::Status EwsClient::DeleteCalendarItem(const ItemRef& item, DeleteType type, Invitations cancellations,
                                           const EwsCall& call) {
  CROSSPOINT_RETURN_IF_ERROR(CheckStored(item));
  if (cancellations > Invitations::kAndSaveCopy) {
    return InvalidField("cancellations", "must be kNone, kOnly or kAndSaveCopy");
  }
  return transport_->Call("DeleteItem", WriteDeleteItem(transport_->Header(call), item, type, cancellations), call,
                          Effect::kWrites, ReadDeleteItem);
}

}  // namespace crosspoint::ews
