#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "meeting_sync/domain/calendar_entry.h"

namespace crosspoint::meeting_sync {

// What is kept of a calendar item that is not ours: no subject, no people, no body.
struct ItemLink {
  ItemKey key;
  ItemRef item;
  EntryKind kind = EntryKind::kSingle;
  TimePoint start;
  TimePoint end;
  ShowAs show_as = ShowAs::kBusy;
  bool silent = false;       // cancelled, or declined by the owner: takes no time
  std::string chosen_state;  // as in CalendarEntry
  bool operator==(const ItemLink&) const = default;
};

using LinkTable = std::map<ItemKey, ItemLink>;

ItemLink LinkOf(const CalendarEntry& entry);

// Which part of a calendar is kept, from a moment `now`.
struct SyncWindow {
  TimePoint start;       // single items that end before are forgotten
  TimePoint end;         // single items that begin later are not linked yet
  TimePoint view_start;  // occurrences are linked between these two
  TimePoint view_end;

  static SyncWindow At(TimePoint now);
  // Series are always kept: their deletion must be recognised.
  bool Keeps(const CalendarEntry& entry) const;
};

// One thing the provider says about the mailbox since the last sync state.
struct CalendarChange {
  bool removed = false;
  CalendarEntry entry;  // of a removed one only `item.id` is known
};

// Brings `links` up to date with `changes`. Returns whether a series came, changed or went, so that its occurrences
// have to be read again.
bool ApplyChanges(std::span<const CalendarChange> changes, const SyncWindow& window, LinkTable& links);

// Makes the occurrence links exactly those of `view`, which is all there is between view_start and view_end. Those
// missing in it are taken out and returned.
std::vector<ItemLink> ReplaceOccurrences(std::span<const CalendarEntry> view, LinkTable& links);

// Takes out single items that ended before the window.
void ForgetOld(const SyncWindow& window, LinkTable& links);

struct LinkDiff {
  std::vector<ItemLink> put;
  std::vector<ItemKey> removed;
};
LinkDiff DiffLinks(const LinkTable& before, const LinkTable& after);

}  // namespace crosspoint::meeting_sync
