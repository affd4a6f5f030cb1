#include "exchange_sim/items/delivery.h"

#include <algorithm>
#include <set>

#include "exchange_sim/xml.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kLists[] = {"RequiredAttendees", "OptionalAttendees", "Resources"};

std::set<uint64_t> AttendeeMailboxes(Store& store, const Item& meeting) {
  std::set<uint64_t> found;
  for (const std::string_view list : kLists) {
    const auto property = meeting.properties.find(std::string(list));
    if (property == meeting.properties.end()) continue;
    pugi::xml_document document;
    document.load_string(property->second.xml.c_str());
    for (const pugi::xml_node attendee : document.document_element().children("t:Attendee")) {
      const std::string_view address = attendee.child("t:Mailbox").child("t:EmailAddress").text().get();
      const Mailbox* mailbox = store.FindMailbox(address);
      if (mailbox != nullptr && !mailbox->person.HasAddress(meeting.organizer_email)) found.insert(mailbox->number);
    }
  }
  return found;
}

Item* CopyIn(Mailbox& mailbox, const std::string& uid) {
  const Folder* calendar = FindFolder(mailbox, "calendar");
  for (auto& [number, item] : mailbox.items) {
    if (item.uid == uid && item.folder == calendar->number && !item.is_organizer) return &item;
  }
  return nullptr;
}

void Cancel(Store& store, Mailbox& mailbox, const std::string& uid) {
  Item* copy = CopyIn(mailbox, uid);
  if (copy == nullptr || copy->cancelled) return;
  copy->cancelled = true;
  ++copy->sequence;
  store.Touch(mailbox, *copy);
}

// What the organizer decides; what the attendee set stays.
void TakeOver(Item& copy, const Item& meeting, uint32_t version) {
  copy.start = meeting.start;
  copy.end = meeting.end;
  copy.times_version = version;
  copy.all_day = meeting.all_day;
  copy.zone = meeting.zone;
  copy.recurrence = meeting.recurrence;
  copy.exceptions = meeting.exceptions;
  copy.sequence = meeting.sequence;
  copy.cancelled = false;
  for (const std::string element :
       {"Subject", "Body", "Location", "RequiredAttendees", "OptionalAttendees", "Resources"}) {
    const auto property = meeting.properties.find(element);
    if (property == meeting.properties.end()) {
      copy.properties.erase(element);
    } else {
      copy.properties[element] = {property->second.xml, version};
    }
  }
}

Item NewCopy(const Item& meeting) {
  Item copy;
  copy.uid = meeting.uid;
  copy.organizer_name = meeting.organizer_name;
  copy.organizer_email = meeting.organizer_email;
  copy.is_organizer = false;
  copy.my_response = "NoResponseReceived";
  copy.properties["LegacyFreeBusyStatus"] = {"<t:LegacyFreeBusyStatus>Tentative</t:LegacyFreeBusyStatus>", 1};
  TakeOver(copy, meeting, 1);
  return copy;
}

}  // namespace

bool HasAttendees(const Item& meeting) {
  return std::any_of(std::begin(kLists), std::end(kLists),
                     [&meeting](std::string_view list) { return meeting.properties.contains(std::string(list)); });
}

void DeliverMeeting(Store& store, const Item& meeting) {
  const Item sent = meeting;  // adding items elsewhere must not disturb what is read here
  const auto invited = AttendeeMailboxes(store, sent);
  for (const uint64_t number : invited) {
    Mailbox& mailbox = *store.MailboxByNumber(number);
    if (Item* copy = CopyIn(mailbox, sent.uid)) {
      TakeOver(*copy, sent, copy->version + 1);
      store.Touch(mailbox, *copy);
    } else {
      store.AddItem(mailbox, FindFolder(mailbox, "calendar")->number, NewCopy(sent));
    }
  }
  for (const auto& [number, other] : store.mailboxes()) {
    if (!invited.contains(number)) Cancel(store, *store.MailboxByNumber(number), sent.uid);
  }
}

void CancelMeeting(Store& store, const Item& meeting) {
  const Item sent = meeting;
  for (const uint64_t number : AttendeeMailboxes(store, sent)) Cancel(store, *store.MailboxByNumber(number), sent.uid);
}

}  // namespace crosspoint::exchange_sim
