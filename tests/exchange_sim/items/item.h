#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exchange_sim/company.h"
#include "exchange_sim/ids.h"
#include "exchange_sim/items/recurrence.h"
#include "exchange_sim/time_zone.h"

namespace crosspoint::exchange_sim {

// A value as the client sent it, and the item version that brought it.
struct Property {
  std::string xml;  // the whole element, e.g. <t:Subject>…</t:Subject>; for extended ones t:Value or t:Values
  uint32_t version = 0;
};

// What an exception of a series changes; anything absent is as in the master.
struct OccurrenceChange {
  bool deleted = false;
  std::optional<Seconds> start;
  std::optional<Seconds> end;
  std::map<std::string, Property> properties;
  std::map<std::string, Property> extended;
};

// A calendar item. Further kinds of items share everything but the times and the recurrence.
struct Item {
  uint64_t number = 0;
  uint64_t folder = 0;
  uint32_t version = 1;
  uint64_t created_change = 0;  // change numbers of the folder
  uint64_t last_change = 0;
  Seconds created_at = 0;
  Seconds modified_at = 0;

  std::string uid;
  Seconds start = 0;
  Seconds end = 0;
  uint32_t times_version = 1;
  bool all_day = false;
  TimeZonePtr zone = TimeZone::Utc();
  std::optional<Recurrence> recurrence;
  std::map<Seconds, OccurrenceChange> exceptions;  // by original start

  std::string organizer_name;
  std::string organizer_email;
  bool is_organizer = true;
  bool invitations_sent = false;
  bool cancelled = false;
  int sequence = 0;
  std::string my_response = "Organizer";

  std::map<std::string, Property> properties;  // by element name, e.g. "Subject"
  std::map<std::string, Property> extended;    // by ExtendedKey
};

struct Folder {
  uint64_t number = 0;
  uint64_t parent = 0;
  std::string distinguished_name;
  std::string display_name;
  std::string folder_class;  // IPF.Appointment
  uint64_t last_change = 0;
  struct Tombstone {
    uint64_t item = 0;
    uint64_t created_change = 0;
  };
  std::map<uint64_t, Tombstone> tombstones;  // by change number
};

struct Mailbox {
  uint64_t number = 0;
  Person person;
  std::map<uint64_t, Folder> folders;
  std::map<uint64_t, Item> items;
  uint64_t next_item = 1;
};

// One appearance of an item: a single meeting, a series, or one occurrence of it.
struct ItemView {
  enum class Type { kSingle, kOccurrence, kException, kRecurringMaster };

  const Mailbox* mailbox = nullptr;
  const Item* item = nullptr;
  Type type = Type::kSingle;
  Seconds start = 0;
  Seconds end = 0;
  Seconds original_start = 0;
  const OccurrenceChange* change = nullptr;  // of an exception

  std::string Id() const;
  std::string ChangeKey() const;
  // The exception's value if it has one, else the item's; empty when unset.
  const std::string& PropertyXml(const std::string& element) const;
  const std::string& ExtendedXml(const std::string& key) const;
};

// The item itself: a single meeting or the master.
ItemView ViewOf(const Mailbox& mailbox, const Item& item);
// Occurrences and exceptions that overlap [from, to), or the item itself when it is single; unordered.
std::vector<ItemView> ViewsBetween(const Mailbox& mailbox, const Item& item, Seconds from, Seconds to);
// The occurrence by its original start, nullopt when deleted or not in the series.
std::optional<ItemView> OccurrenceView(const Mailbox& mailbox, const Item& item, Seconds original_start);
// Original starts of the whole series, deleted ones included, at most `limit`.
std::vector<Seconds> OriginalStarts(const Item& item, Seconds before, size_t limit);

const Folder* FindFolder(const Mailbox& mailbox, std::string_view distinguished_name);

}  // namespace crosspoint::exchange_sim
