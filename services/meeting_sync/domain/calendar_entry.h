#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "common/clock/time_point.h"
#include "common/ids/ids.h"

namespace crosspoint::meeting_sync {

// A mailbox that is read, and whose it is.
struct Mailbox {
  UserId user;
  std::string address;  // primary SMTP address
  bool operator==(const Mailbox&) const = default;
};

// Stable short name of a calendar item or occurrence within its mailbox: 26 of [0-9a-z].
struct ItemKey {
  std::string value;
  auto operator<=>(const ItemKey&) const = default;
};

// The provider's ids are opaque, compared with case, up to 512 bytes; some servers tell no change key.
struct ItemRef {
  std::string id;
  std::string change_key;
  auto operator<=>(const ItemRef&) const = default;
};

enum class ShowAs { kFree, kTentative, kBusy, kOutOfOffice, kWorkingElsewhere };

enum class EntryKind {
  kSingle,
  kOccurrence,  // one of a series, changed or not
  kSeries,      // the master; takes no time itself
};

// What matters for availability of one calendar item, as the provider tells it now.
struct CalendarEntry {
  ItemRef item;
  EntryKind kind = EntryKind::kSingle;
  TimePoint start;
  TimePoint end;
  ShowAs show_as = ShowAs::kBusy;
  bool cancelled = false;
  bool declined = false;       // by the mailbox's owner
  std::string chosen_state;    // availability state chosen in the invitation; empty: none
  std::string correlation_id;  // names a record on the bridge; empty: none
  std::string ical_uid;
  bool operator==(const CalendarEntry&) const = default;
};

// Every occurrence has an id of its own, which stays when it is moved.
ItemKey KeyOf(std::string_view item_id);

}  // namespace crosspoint::meeting_sync
