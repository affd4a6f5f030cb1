#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "common/status/status.h"
#include "connectors/ews/codec/request_items.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/transport.h"

// Calls that differ between contacts and messages only in what is asked for and how it is read.
namespace crosspoint::ews {

inline constexpr size_t kMaxItemsPerCall = 50;

inline absl::Status CheckIds(const std::vector<ItemId>& ids) {
  if (ids.size() > kMaxItemsPerCall) return InvalidField("ids", fmt::format("must be at most {}", kMaxItemsPerCall));
  return absl::OkStatus();
}

// Refuses what the interface has no words for.
inline absl::Status CheckProperties(const std::vector<ExtendedProperty>& properties, std::string_view field) {
  const bool has_empty_array = std::any_of(properties.begin(), properties.end(), [](const auto& property) {
    return property.path.type == PropertyType::kStringArray && property.values.empty();
  });
  if (has_empty_array) return InvalidField(field, "an array must have a value; delete the property instead");
  return absl::OkStatus();
}

// A reader that insists on one answer for each of `count` items.
template <class Read>
auto ExpectCount(size_t count, const Read& read) {
  return [count, &read](std::string_view xml, const XmlLimits& limits) -> decltype(read(xml, limits)) {
    CROSSPOINT_ASSIGN_OR_RETURN(auto batch, read(xml, limits));
    if (batch.size() != count) return BadAnswer("has another number of items than asked for");
    return batch;
  };
}

// A reader that insists on the id of the item made.
absl::StatusOr<ItemId> ReadIdOfNew(std::string_view xml, const XmlLimits& limits);

template <class Item, class Read>
absl::StatusOr<ItemPage<Item>> FindPage(Transport& transport, FindItemsQuery query, const ItemShape& shape,
                                        SortKey default_sort, const EwsCall& call, const Read& read_page) {
  CROSSPOINT_RETURN_IF_ERROR(query.Validate());
  if (query.sort.empty()) query.sort.push_back(std::move(default_sort));
  const auto read = [&](std::string_view xml, const XmlLimits& limits) -> absl::StatusOr<ItemPage<Item>> {
    CROSSPOINT_ASSIGN_OR_RETURN(auto page, read_page(xml, query.page.offset, limits));
    PageEnd end{.includes_last = page.includes_last, .next_offset = page.next_offset};
    CROSSPOINT_RETURN_IF_ERROR(CompletePageEnd(query.page, 0, end));
    return page;
  };
  return transport.Call("FindItem", WriteFindPage(transport.Header(call), query, shape), call, Effect::kReads, read);
}

template <class Item, class Read>
absl::StatusOr<Batch<Item>> GetBatch(Transport& transport, const std::vector<ItemId>& ids, const ItemShape& shape,
                                     const std::vector<PropertyPath>& properties, const EwsCall& call,
                                     const Read& read) {
  if (ids.empty()) return Batch<Item>{};
  CROSSPOINT_RETURN_IF_ERROR(CheckIds(ids));
  return transport.Call("GetItem", WriteGetItems(transport.Header(call), ids, shape, properties), call, Effect::kReads,
                        ExpectCount(ids.size(), read));
}

template <class Item, class Read>
absl::StatusOr<ItemChanges<Item>> SyncPage(Transport& transport, const FolderRef& folder, const std::string& sync_state,
                                           int max_changes, const ItemShape& shape,
                                           const std::vector<PropertyPath>& properties, const EwsCall& call,
                                           const Read& read) {
  if (max_changes < 1 || max_changes > 512) return InvalidField("max_changes", "must be 1 to 512");
  return transport.Call("SyncFolderItems",
                        WriteSyncItems(transport.Header(call), folder, sync_state, max_changes, shape, properties),
                        call, Effect::kReads, read);
}

}  // namespace crosspoint::ews
