#include "meeting_sync/domain/item_link.h"

#include <chrono>
#include <set>

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;
constexpr hours kDay{24};

}  // namespace

ItemLink LinkOf(const CalendarEntry& entry) {
  return {.key = KeyOf(entry.item.id),
          .item = entry.item,
          .kind = entry.kind,
          .start = entry.start,
          .end = entry.end,
          .show_as = entry.show_as,
          .silent = entry.cancelled || entry.declined,
          .chosen_state = entry.chosen_state};
}

SyncWindow SyncWindow::At(TimePoint now) {
  return {.start = now - 30 * kDay, .end = now + 180 * kDay, .view_start = now - kDay, .view_end = now + 30 * kDay};
}

bool SyncWindow::Keeps(const CalendarEntry& entry) const {
  if (entry.kind == EntryKind::kSeries) return true;
  if (entry.kind == EntryKind::kOccurrence) return entry.end > view_start && entry.start < view_end;
  return entry.end > start && entry.start < end;
}

bool ApplyChanges(std::span<const CalendarChange> changes, const SyncWindow& window, LinkTable& links) {
  bool series_touched = false;
  for (const auto& change : changes) {
    const auto key = KeyOf(change.entry.item.id);
    const auto known = links.find(key);
    const bool was_series = known != links.end() && known->second.kind == EntryKind::kSeries;
    const bool is_series = !change.removed && change.entry.kind == EntryKind::kSeries;
    series_touched |= was_series || is_series;
    if (!change.removed && window.Keeps(change.entry)) {
      links.insert_or_assign(key, LinkOf(change.entry));
    } else if (known != links.end()) {
      links.erase(known);
    }
  }
  return series_touched;
}

std::vector<ItemLink> ReplaceOccurrences(std::span<const CalendarEntry> view, LinkTable& links) {
  std::set<ItemKey> seen;
  for (const auto& entry : view) {
    if (entry.kind != EntryKind::kOccurrence) continue;
    auto link = LinkOf(entry);
    seen.insert(link.key);
    links.insert_or_assign(link.key, std::move(link));
  }
  std::vector<ItemLink> missing;
  std::erase_if(links, [&](const auto& link) {
    if (link.second.kind != EntryKind::kOccurrence || seen.contains(link.first)) return false;
    missing.push_back(link.second);
    return true;
  });
  return missing;
}

void ForgetOld(const SyncWindow& window, LinkTable& links) {
  std::erase_if(links, [&](const auto& link) {
    return link.second.kind == EntryKind::kSingle && link.second.end <= window.start;
  });
}

LinkDiff DiffLinks(const LinkTable& before, const LinkTable& after) {
  LinkDiff diff;
  for (const auto& [key, link] : after) {
    const auto old = before.find(key);
    if (old == before.end() || old->second != link) diff.put.push_back(link);
  }
  for (const auto& [key, link] : before) {
    if (!after.contains(key)) diff.removed.push_back(key);
  }
  return diff;
}

}  // namespace crosspoint::meeting_sync
