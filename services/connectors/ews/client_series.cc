#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "common/status/status.h"
#include "connectors/ews/client.h"
#include "connectors/ews/codec/responses.h"
#include "connectors/ews/errors.h"
#include "connectors/ews/series.h"

// Series of servers that tell masters in a calendar view.
namespace crosspoint::ews {
namespace {

constexpr std::ptrdiff_t kItemsPerGet = 50;
constexpr size_t kMaxItems = 5'000;  // of one view

// Single items never say that they recur: one that does is a master of a server that tells no kinds.
bool MayBeMaster(const CalendarItem& item) {
  return item.item_type == ItemType::kRecurringMaster || (item.item_type == ItemType::kSingle && item.is_recurring);
}

// The exceptions that have items of their own.
std::vector<size_t> StoredExceptions(const std::vector<CalendarItem>& items) {
  std::vector<size_t> places;
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].item_type == ItemType::kException && !ParseOccurrenceId(items[i].id.id)) places.push_back(i);
  }
  return places;
}

}  // namespace

absl::StatusOr<Batch<CalendarItem>> EwsClient::GetAllItems(const std::vector<ItemId>& ids,
                                                           const std::vector<PropertyPath>& properties,
                                                           const EwsCall& call) {
  Batch<CalendarItem> all;
  while (all.size() < ids.size()) {
    const auto begin = ids.begin() + static_cast<std::ptrdiff_t>(all.size());
    const auto count = std::min<std::ptrdiff_t>(kItemsPerGet, ids.end() - begin);
    CROSSPOINT_ASSIGN_OR_RETURN(auto batch, GetStoredItems({begin, begin + count}, properties, Detail::kFacts, call));
    std::move(batch.begin(), batch.end(), std::back_inserter(all));
  }
  return all;
}

absl::StatusOr<CalendarPage> EwsClient::WithoutMasters(CalendarPage page, const CalendarViewQuery& query,
                                                       const EwsCall& call) {
  std::vector<ItemId> masters;
  std::set<std::string> expanded;  // series that the server has expanded although it lists their masters
  std::vector<CalendarItem> kept;
  for (CalendarItem& item : page.items) {
    if (MayBeMaster(item)) {
      masters.push_back(item.id);
      continue;
    }
    if (item.item_type != ItemType::kSingle && !item.uid.empty()) expanded.insert(item.uid);
    kept.push_back(std::move(item));
  }
  page.items = std::move(kept);

  std::vector<CalendarItem> occurrences;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto series, GetAllItems(masters, query.properties, call));
  for (const auto& master : series) {
    if (ReactionOf(master.status()) == Reaction::kGone) continue;
    if (!master.ok()) return master.status();
    if (expanded.count(master->uid) > 0) continue;
    auto expansion = ExpandSeries(*master, query.start, query.end);
    if (!expansion.ok() && !absl::IsResourceExhausted(expansion.status())) return expansion.status();
    if (!expansion.ok() || occurrences.size() + expansion->size() > kMaxItems) {
      page.includes_last = false;
      continue;
    }
    std::move(expansion->begin(), expansion->end(), std::back_inserter(occurrences));
  }

  const std::vector<size_t> places = StoredExceptions(occurrences);
  std::vector<ItemId> ids;
  for (const size_t place : places) ids.push_back(occurrences[place].id);
  CROSSPOINT_ASSIGN_OR_RETURN(auto exceptions, GetAllItems(ids, query.properties, call));
  for (size_t i = 0; i < places.size(); ++i) {
    // What cannot be read keeps the facts of its series.
    if (exceptions[i].ok()) occurrences[places[i]] = *std::move(exceptions[i]);
  }
  std::move(occurrences.begin(), occurrences.end(), std::back_inserter(page.items));
  return page;
}

}  // namespace crosspoint::ews
