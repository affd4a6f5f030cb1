#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "exchange_sim/company.h"
#include "exchange_sim/ids.h"
#include "exchange_sim/items/recurrence.h"
#include "exchange_sim/time_zone.h"

namespace crosspoint::exchange_sim {

enum class ItemKind : char {
  kCalendarItem,
  kMessage,
  kMeetingRequest,
  kMeetingResponse,
  kMeetingCancellation,
  kContact,
};
// "CalendarItem", "Message", …: the element's local name.
std::string_view ElementOf(ItemKind kind);
std::optional<ItemKind> KindOfElement(std::string_view element);
// Messages of any sort: what is sent, received and read.
bool IsMail(ItemKind kind);

// A value as the client sent it, and the item version that brought it.
struct Property {
  std::string xml;  // the whole element, e.g. <t:Subject>…</t:Subject>; for extended ones t:Value or t:Values
  uint32_t version = 0;
};
// By element name, "Subject"; entries of dictionaries by theirs and the key, "PhoneNumbers/HomePhone".
using Properties = std::map<std::string, Property>;

// What an exception of a series changes; anything absent is as in the master.
struct OccurrenceChange {
  bool deleted = false;
  std::optional<Seconds> start;
  std::optional<Seconds> end;
  Properties properties;
  Properties extended;
};

struct Item;

struct Attachment {
  uint64_t number = 0;  // in its item
  std::string name;
  std::string content_type;
  std::string content_id;
  std::string content_location;
  bool is_inline = false;
  bool is_contact_photo = false;
  Seconds modified_at = 0;
  // Of a file, or the item that is attached. Shared: copies of a message in many mailboxes hold the bytes once.
  std::shared_ptr<const std::string> content;
  std::shared_ptr<const Item> item;
};

// What mail has beyond other items.
struct MailState {
  bool is_read = true;
  bool is_draft = false;
  bool is_from_me = false;
  Seconds received_at = 0;
  Seconds sent_at = 0;
  std::string message_id;
};

// What a meeting message has beyond other mail.
struct MeetingState {
  std::string request_type;    // NewMeetingRequest, FullUpdate, …
  std::string response_type;   // of a MeetingResponse: Accept, Tentative, Decline
  uint64_t calendar_item = 0;  // the item in the same mailbox that it is about; 0: none
  std::optional<Seconds> recurrence_id;
  std::optional<Seconds> proposed_start;
  std::optional<Seconds> proposed_end;
  bool out_of_date = false;
  bool processed = false;
};

// Anything that lies in a folder. Which of the members count depends on the kind.
struct Item {
  ItemKind kind = ItemKind::kCalendarItem;
  uint64_t number = 0;
  uint64_t folder = 0;
  uint32_t version = 1;
  uint64_t created_change = 0;  // change numbers of the folder
  uint64_t content_change = 0;  // the last one that was more than being read or unread
  uint64_t last_change = 0;
  Seconds created_at = 0;
  Seconds modified_at = 0;

  // Times of calendar items and meeting messages.
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
  std::set<uint64_t> invited;  // mailboxes that an invitation went to
  bool cancelled = false;
  int sequence = 0;
  std::string my_response = "Organizer";
  std::optional<Seconds> replied_at;

  MailState mail;
  MeetingState meeting;

  Properties properties;
  Properties extended;  // by ExtendedKey
  std::vector<Attachment> attachments;
  uint64_t next_attachment = 1;
};

// What another mailbox may do in a folder.
struct Grant {
  bool write = false;
  bool view_private = false;
};

struct Folder {
  uint64_t number = 0;
  uint64_t mailbox = 0;  // whose it is
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
  std::map<uint64_t, uint64_t> changes;      // items by the number of their last change
  std::map<uint64_t, Grant> grants;          // by the mailbox that was given them
  uint64_t hierarchy_created = 1;            // change numbers of the mailbox's tree of folders
  uint64_t hierarchy_changed = 1;
};

// What a mailbox answers by itself.
struct OutOfOffice {
  std::string state = "Disabled";
  std::string audience = "All";
  Seconds start = 0;
  Seconds end = 0;
  std::string internal_reply;
  std::string external_reply;
  std::set<uint64_t> answered;  // mailboxes that have had the reply
};

struct Mailbox {
  uint64_t number = 0;
  Person person;
  std::map<uint64_t, Folder> folders;
  std::map<uint64_t, Item> items;
  uint64_t next_item = 1;
  uint64_t next_folder = 1000;
  uint64_t hierarchy_change = 1;  // the last one of the tree of folders
  // A place in the tree that a folder has left, by deletion or by a move.
  struct GoneFolder {
    uint64_t folder = 0;
    uint64_t created = 0;
    std::vector<uint64_t> above;  // what it was below
  };
  std::map<uint64_t, GoneFolder> gone_folders;  // by change number of the tree
  OutOfOffice out_of_office;
  bool shares_free_busy = true;  // false: availability is ErrorNoFreeBusyAccess for others
  bool furnished = true;         // false: the items it is born with are made when somebody looks
};

// One appearance of an item: a single item, a series, or one occurrence of it.
struct ItemView {
  enum class Type { kSingle, kOccurrence, kException, kRecurringMaster };

  const Mailbox* mailbox = nullptr;
  const Item* item = nullptr;
  Type type = Type::kSingle;
  Seconds start = 0;
  Seconds end = 0;
  Seconds original_start = 0;
  const OccurrenceChange* change = nullptr;  // of an exception
  bool concealed = false;                    // private, for eyes that may only see that the time is taken

  std::string Id() const;
  std::string ChangeKey() const;
  // The exception's value if it has one, else the item's; empty when unset.
  const std::string& PropertyXml(const std::string& element) const;
  // Its text; empty when unset.
  std::string PropertyText(const std::string& element) const;
  const std::string& ExtendedXml(const std::string& key) const;
};

// The item itself: a single one or the master.
ItemView ViewOf(const Mailbox& mailbox, const Item& item);
// Occurrences and exceptions that overlap [from, to), or the item itself when it is single; unordered.
std::vector<ItemView> ViewsBetween(const Mailbox& mailbox, const Item& item, Seconds from, Seconds to);
// The occurrence by its original start, nullopt when deleted or not in the series.
std::optional<ItemView> OccurrenceView(const Mailbox& mailbox, const Item& item, Seconds original_start);
// Original starts of the whole series, deleted ones included, at most `limit`.
std::vector<Seconds> OriginalStarts(const Item& item, Seconds before, size_t limit);

bool IsPrivate(const Item& item);
void SetText(Properties& properties, const std::string& element, std::string_view text, uint32_t version = 1);
// The text of the one element that `xml` is, entities resolved.
std::string TextOf(const std::string& xml);

const Folder* FindFolder(const Mailbox& mailbox, std::string_view distinguished_name);
// The folder of that name, which the mailbox must have.
Folder& FolderNamed(Mailbox& mailbox, std::string_view distinguished_name);

}  // namespace crosspoint::exchange_sim
