#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/clock/clock.h"
#include "connectors/ews/property_path.h"

namespace crosspoint::ews {

// Ids are opaque, compared with case, up to 512 bytes. Some servers send no change key.
struct ItemId {
  std::string id;
  std::string change_key;
  auto operator<=>(const ItemId&) const = default;
};

// A calendar item by its own id or by its place in a series.
struct ItemRef {
  enum class Kind { kItem, kOccurrence, kMaster };
  Kind kind = Kind::kItem;
  ItemId id;      // of the item; of the master for kOccurrence; of any occurrence for kMaster
  int index = 0;  // kOccurrence: 1 is the first by the rule; deleted and moved ones count

  ItemRef(ItemId item) : id(std::move(item)) {}  // NOLINT(google-explicit-constructor)
  ItemRef(std::string item, std::string change_key) : id{std::move(item), std::move(change_key)} {}
  static ItemRef Occurrence(ItemId master, int index) {
    ItemRef ref(std::move(master));
    ref.kind = Kind::kOccurrence;
    ref.index = index;
    return ref;
  }
  static ItemRef MasterOf(ItemId occurrence) {
    ItemRef ref(std::move(occurrence));
    ref.kind = Kind::kMaster;
    return ref;
  }
};

struct FolderId {
  std::string id;
  std::string change_key;
  auto operator<=>(const FolderId&) const = default;
};

// A folder by its id or by its well-known name ("calendar", "inbox", …); exactly one of both is set.
struct FolderRef {
  std::string id;
  std::string distinguished;
  std::string mailbox;  // with `distinguished`: whose folder, when not that of the acting account

  static FolderRef ById(std::string id) { return {.id = std::move(id)}; }
  static FolderRef Named(std::string name) { return {.distinguished = std::move(name)}; }
  static FolderRef Calendar() { return Named("calendar"); }
  bool operator==(const FolderRef&) const = default;
};

struct Folder {
  FolderId id;
  FolderId parent;
  std::string display_name;
  std::string folder_class;  // "IPF.Appointment" for calendars, "IPF.Contact", …
  int total_count = 0;
  int child_folder_count = 0;
};

struct Mailbox {
  std::string name;
  std::string email;         // SMTP address, or an X.500 path when routing_type is "EX"
  std::string routing_type;  // "SMTP" when the server does not say
  std::string mailbox_type;  // "Mailbox", "PublicDL", "Contact", …
  bool operator==(const Mailbox&) const = default;
};

enum class FreeBusy { kFree, kTentative, kBusy, kOutOfOffice, kWorkingElsewhere, kNoData };
enum class ResponseType { kUnknown, kOrganizer, kTentative, kAccept, kDecline, kNoResponse };
enum class ItemType { kSingle, kOccurrence, kException, kRecurringMaster };
enum class Sensitivity { kNormal, kPersonal, kPrivate, kConfidential };
enum class BodyType { kText, kHtml };

struct Attendee {
  Mailbox mailbox;
  ResponseType response = ResponseType::kUnknown;
  std::optional<TimePoint> response_time;
  bool operator==(const Attendee&) const = default;
};

struct Body {
  BodyType type = BodyType::kText;
  std::string text;
  bool is_truncated = false;
  bool operator==(const Body&) const = default;
};

// Calendar date without a zone.
struct Date {
  int year = 0;
  int month = 0;  // 1 to 12
  int day = 0;    // 1 to 31
  auto operator<=>(const Date&) const = default;
};

// The rule of a series, in the server's own terms; nothing is expanded here.
struct Recurrence {
  enum class Pattern { kDaily, kWeekly, kAbsoluteMonthly, kRelativeMonthly, kAbsoluteYearly, kRelativeYearly };
  Pattern pattern = Pattern::kDaily;
  int interval = 1;               // every n days, weeks or months; years are always 1
  std::vector<std::string> days;  // "Monday" … "Sunday", "Day", "Weekday", "WeekendDay"
  std::string first_day_of_week;  // weekly only; empty means not said
  int day_of_month = 0;           // absolute patterns
  std::string month;              // yearly patterns, "January" …
  std::string week_index;         // relative patterns: "First" … "Fourth", "Last"
  Date start;                     // first day of the series, in its time zone
  std::optional<Date> end;        // last day; with neither end nor count the series is open
  std::optional<int> count;
  bool operator==(const Recurrence&) const = default;
};

// An occurrence that differs from its series.
struct OccurrenceInfo {
  ItemId id;
  TimePoint start;
  TimePoint end;
  TimePoint original_start;
  bool operator==(const OccurrenceInfo&) const = default;
};

// What a server told about a calendar item. FindItem and SyncFolderItems never tell body, attendees or recurrence.
struct CalendarItem {
  ItemId id;
  FolderId parent_folder;
  std::string item_class;  // "IPM.Appointment", "IPM.Appointment.Occurrence", …
  std::string uid;         // iCalendar UID: equal in all copies of a meeting
  std::string subject;
  std::string location;
  TimePoint start;
  TimePoint end;
  bool is_all_day = false;
  FreeBusy free_busy = FreeBusy::kBusy;
  Sensitivity sensitivity = Sensitivity::kNormal;
  bool is_meeting = false;
  bool is_cancelled = false;
  bool is_recurring = false;
  ItemType item_type = ItemType::kSingle;
  ResponseType my_response = ResponseType::kUnknown;
  std::optional<Mailbox> organizer;
  std::vector<Attendee> required_attendees;
  std::vector<Attendee> optional_attendees;
  std::vector<Attendee> resources;
  std::optional<Body> body;
  std::optional<TimePoint> created;
  std::optional<TimePoint> last_modified;
  std::optional<int> appointment_sequence;
  std::optional<int> appointment_state;     // bits: 1 meeting, 2 received, 4 cancelled
  std::optional<bool> request_was_sent;     // whether those invited have got it; GetItem only
  std::optional<TimePoint> original_start;  // occurrences and exceptions
  std::optional<TimePoint> recurrence_id;   // likewise, as in iCalendar
  std::optional<Recurrence> recurrence;     // masters
  std::vector<OccurrenceInfo> modified_occurrences;
  std::vector<TimePoint> deleted_occurrences;  // their original starts
  std::string start_time_zone;                 // Windows id, as "W. Europe Standard Time"; empty when not told
  std::string end_time_zone;
  bool reminder_is_set = false;
  int reminder_minutes_before_start = 0;
  std::vector<ExtendedProperty> extended_properties;

  // Value of a property, empty when the item has none such.
  std::string Get(const PropertyPath& path) const {
    const ExtendedProperty* property = FindProperty(extended_properties, path);
    return property == nullptr ? std::string() : property->value;
  }
};

// A calendar item to be made.
struct CalendarDraft {
  std::string subject;
  std::optional<Body> body;
  std::string location;
  TimePoint start;
  TimePoint end;  // after start
  bool is_all_day = false;
  FreeBusy free_busy = FreeBusy::kBusy;
  Sensitivity sensitivity = Sensitivity::kNormal;
  std::string uid;                              // empty: the server chooses
  std::vector<std::string> required_attendees;  // SMTP addresses
  std::vector<std::string> optional_attendees;
  std::vector<std::string> resources;
  std::optional<int> reminder_minutes_before_start;  // nullopt: no reminder
  std::optional<Recurrence> recurrence;
  std::string time_zone;  // Windows id for start and end; empty: the mailbox's own
  std::vector<ExtendedProperty> extended_properties;
};

// What to change on a calendar item; what is nullopt stays.
struct CalendarUpdate {
  std::optional<std::string> subject;
  std::optional<Body> body;
  std::optional<std::string> location;
  std::optional<TimePoint> start;
  std::optional<TimePoint> end;
  std::optional<bool> is_all_day;
  std::optional<FreeBusy> free_busy;
  std::optional<Sensitivity> sensitivity;
  std::optional<std::vector<std::string>> required_attendees;  // the whole new list
  std::optional<std::vector<std::string>> optional_attendees;
  std::optional<std::vector<std::string>> resources;
  std::optional<int> reminder_minutes_before_start;  // sets a reminder
  std::optional<Recurrence> recurrence;              // of a master, or to make a series of a single item
  bool delete_recurrence = false;                    // leaves a single item
  std::string time_zone;                             // Windows id for start, end and recurrence; empty: stays
  std::vector<ExtendedProperty> set_properties;
  std::vector<PropertyPath> delete_properties;

  bool empty() const {
    return !(subject || body || location || start || end || is_all_day || free_busy || sensitivity ||
             required_attendees || optional_attendees || resources || reminder_minutes_before_start || recurrence ||
             delete_recurrence) &&
           time_zone.empty() && set_properties.empty() && delete_properties.empty();
  }
};

// Who is told by mail. kChanged is for updates only: the attendees that were added or removed.
enum class Invitations { kNone, kOnly, kAndSaveCopy, kOnlyToChanged, kToChangedAndSaveCopy };
// What an invited person answers.
enum class MeetingAnswer { kAccept, kTentative, kDecline };
// Whether the organizer hears of it.
enum class AnswerDelivery { kSend, kKeepToMyself };
enum class DeleteType { kMoveToDeletedItems, kSoftDelete, kHardDelete };

struct CalendarPage {
  std::vector<CalendarItem> items;
  bool includes_last = true;  // false: the server cut the answer short; ask for a smaller window, or go on
  int next_offset = 0;        // at this place; without meaning for calendar views
};

struct Phone {
  std::string kind;  // "BusinessPhone", "MobilePhone", … as EWS names them
  std::string number;
  bool operator==(const Phone&) const = default;
};

// A candidate of ResolveNames.
struct ResolvedName {
  Mailbox mailbox;          // `mailbox.email` is the primary SMTP address whenever the server tells one
  ItemId contact;           // personal and public-folder contacts only
  FolderId contact_folder;  // where that contact lies, when the server says
  std::string display_name;
  std::string given_name;
  std::string surname;
  std::vector<std::string> emails;  // every SMTP address incl. aliases, primary first, without prefix, no doubles
  std::vector<Phone> phones;
  std::string department;
  std::string job_title;
  std::string company;
  std::string office;
  std::string alias;
  std::string directory_id;
  std::string contact_source;  // "ActiveDirectory" or "Store"
};

struct ResolvedNames {
  std::vector<ResolvedName> candidates;
  bool includes_last = true;  // false: there are more than the server lists (100)
};

enum class SearchScope { kActiveDirectory, kActiveDirectoryContacts, kContacts, kContactsActiveDirectory };

struct Photo {
  enum class State { kPhoto, kNotModified, kNone };
  State state = State::kNone;
  std::string etag;
  std::string content_type;  // "image/jpeg" when the server does not say
  std::string bytes;
};

// What SyncFolderItems told of one item.
template <class Item>
struct ItemChange {
  enum class Kind { kCreate, kUpdate, kDelete, kReadFlag };
  Kind kind = Kind::kCreate;
  ItemId id;
  std::string element;       // what kind of item: "CalendarItem", "Message", "Contact", …; empty for kDelete
  std::optional<Item> item;  // kCreate and kUpdate, when the item is of the kind asked for
  bool is_read = false;      // kReadFlag only
};

template <class Item>
struct ItemChanges {
  std::string sync_state;  // keep it whole: 10 kB and more is normal
  std::vector<ItemChange<Item>> changes;
  bool includes_last = true;  // false: call again at once with the new state
};

using SyncChange = ItemChange<CalendarItem>;
using SyncResult = ItemChanges<CalendarItem>;

// A page of the items of a folder.
template <class Item>
struct ItemPage {
  std::vector<Item> items;
  int next_offset = 0;        // where the next page begins
  bool includes_last = true;  // false: there is more, also when the page is short or empty
};

struct Subscription {
  std::string id;
  std::string affinity_cookie;  // X-BackEndOverrideCookie; told once, needed by all later calls of the group
};

// A subscription that is asked for its events.
struct PullSubscription {
  std::string id;
  std::string watermark;  // where to begin reading
  std::string affinity_cookie;
};

struct StreamEvent {
  enum class Kind { kStatus, kCreated, kDeleted, kModified, kMoved, kCopied, kNewMail, kFreeBusyChanged };
  Kind kind = Kind::kStatus;
  std::string subscription_id;
  std::optional<TimePoint> timestamp;
  std::string item_id;    // empty when the event is about a folder
  std::string folder_id;  // the folder itself when item_id is empty
  std::string parent_folder_id;
  std::string old_item_id;  // kMoved and kCopied
  std::string old_folder_id;
  std::string old_parent_folder_id;
  bool operator==(const StreamEvent&) const = default;
};

// What GetEvents tells.
struct PulledEvents {
  std::vector<StreamEvent> events;
  std::string watermark;     // where to go on reading
  bool more_events = false;  // ask again at once
};

}  // namespace crosspoint::ews
