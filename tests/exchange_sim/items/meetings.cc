#include "exchange_sim/items/meetings.h"

#include <algorithm>

#include "exchange_sim/items/delivery.h"
#include "exchange_sim/xml.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::string_view kLists[] = {"RequiredAttendees", "OptionalAttendees", "Resources"};
constexpr std::string_view kNoAnswer = "NoResponseReceived";

std::set<uint64_t> AttendeeMailboxes(Store& store, const Item& meeting) {
  std::set<uint64_t> found;
  for (const std::string_view list : kLists) {
    const auto property = meeting.properties.find(std::string(list));
    if (property == meeting.properties.end()) continue;
    pugi::xml_document document;
    document.load_string(property->second.xml.c_str());
    for (const pugi::xml_node attendee : document.document_element().children("t:Attendee")) {
      found.merge(MailboxesBehind(store, attendee.child("t:Mailbox").child("t:EmailAddress").text().get()));
    }
  }
  if (const Mailbox* organizer = store.FindMailbox(meeting.organizer_email)) found.erase(organizer->number);
  return found;
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
  copy.attachments = meeting.attachments;
  copy.next_attachment = meeting.next_attachment;
  for (const std::string element : {"Subject", "Body", "Location", "Importance", "Sensitivity", "RequiredAttendees",
                                    "OptionalAttendees", "Resources"}) {
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
  copy.my_response = kNoAnswer;
  SetText(copy.properties, "LegacyFreeBusyStatus", "Tentative");
  TakeOver(copy, meeting, 1);
  return copy;
}

// Attendees as the recipients of a message.
std::string Recipients(const Item& meeting, std::string_view element, const std::string& list) {
  const auto property = meeting.properties.find(list);
  if (property == meeting.properties.end()) return {};
  pugi::xml_document document;
  document.load_string(property->second.xml.c_str());
  XmlWriter out;
  out.Open(element);
  for (const pugi::xml_node attendee : document.document_element().children("t:Attendee")) {
    out.Raw(Fragment(attendee.child("t:Mailbox")));
  }
  out.Close();
  return out.Take();
}

std::string SubjectOf(const Item& item) {
  const auto subject = item.properties.find("Subject");
  return subject == item.properties.end() ? "" : TextOf(subject->second.xml);
}

// The times of the meeting or of one occurrence.
void SetTimes(Item& message, const Item& meeting, OccurrenceOf occurrence) {
  message.start = meeting.start;
  message.end = meeting.end;
  message.recurrence = meeting.recurrence;
  if (!occurrence) return;
  message.recurrence.reset();
  message.meeting.recurrence_id = occurrence;
  message.start = *occurrence;
  message.end = *occurrence + (meeting.end - meeting.start);
  const auto change = meeting.exceptions.find(*occurrence);
  if (change == meeting.exceptions.end() || change->second.deleted) return;
  message.start = change->second.start.value_or(message.start);
  message.end = change->second.end.value_or(message.end);
}

// A meeting message by `sender`, not yet addressed to anybody.
Item MessageAbout(const Item& meeting, ItemKind kind, const Mailbox& sender, OccurrenceOf occurrence) {
  Item message;
  message.kind = kind;
  message.uid = meeting.uid;
  message.zone = meeting.zone;
  message.all_day = meeting.all_day;
  message.organizer_name = meeting.organizer_name;
  message.organizer_email = meeting.organizer_email;
  message.is_organizer = false;
  message.invitations_sent = true;
  message.sequence = meeting.sequence;
  message.my_response = kNoAnswer;
  SetTimes(message, meeting, occurrence);
  for (const std::string element : {"Subject", "Location", "Importance", "Sensitivity"}) {
    const auto property = meeting.properties.find(element);
    if (property != meeting.properties.end()) message.properties[element] = {property->second.xml, 1};
  }
  MarkSent(sender, message);
  return message;
}

// What the organizer sends: to all attendees, whoever of them it goes to.
Item FromOrganizer(const Item& meeting, ItemKind kind, const Mailbox& organizer, OccurrenceOf occurrence) {
  Item message = MessageAbout(meeting, kind, organizer, occurrence);
  for (const std::string element : {"Body", "RequiredAttendees", "OptionalAttendees", "Resources"}) {
    const auto property = meeting.properties.find(element);
    if (property != meeting.properties.end()) message.properties[element] = {property->second.xml, 1};
  }
  const std::string to = Recipients(meeting, "t:ToRecipients", "RequiredAttendees");
  const std::string cc = Recipients(meeting, "t:CcRecipients", "OptionalAttendees");
  if (!to.empty()) message.properties["ToRecipients"] = {to, 1};
  if (!cc.empty()) message.properties["CcRecipients"] = {cc, 1};
  message.attachments = meeting.attachments;
  message.next_attachment = meeting.next_attachment;
  return message;
}

Item Incoming(Item message, uint64_t calendar_item) {
  message.mail.is_read = false;
  message.mail.is_from_me = false;
  message.meeting.calendar_item = calendar_item;
  return message;
}

void SaveSent(Store& store, Mailbox& sender, Item message) {
  store.AddItem(sender, FolderNamed(sender, "sentitems").number, std::move(message));
}

std::vector<Item*> RequestsIn(Mailbox& attendee, const std::string& uid) {
  std::vector<Item*> found;
  const uint64_t inbox = FolderNamed(attendee, "inbox").number;
  for (auto& [number, item] : attendee.items) {
    if (item.kind == ItemKind::kMeetingRequest && item.folder == inbox && item.uid == uid) found.push_back(&item);
  }
  return found;
}

void Cancel(Store& store, Mailbox& attendee, const Item& message) {
  Item* copy = CopyIn(attendee, message.uid);
  store.Deliver(attendee, Incoming(message, copy == nullptr ? 0 : copy->number));
  if (copy == nullptr || copy->cancelled || message.meeting.recurrence_id) return;
  copy->cancelled = true;
  ++copy->sequence;
  store.Touch(attendee, *copy);
}

// Brings the attendee's copy up to date; returns what kind of request tells of it.
std::string_view RefreshCopy(Store& store, Mailbox& attendee, const Item& meeting, uint64_t& number) {
  Item* copy = CopyIn(attendee, meeting.uid);
  if (copy == nullptr) {
    number = store.AddItem(attendee, FolderNamed(attendee, "calendar").number, NewCopy(meeting)).number;
    return "NewMeetingRequest";
  }
  number = copy->number;
  const bool same_times = copy->start == meeting.start && copy->end == meeting.end && !copy->cancelled;
  const uint32_t version = copy->version + 1;
  TakeOver(*copy, meeting, version);
  if (!same_times) {
    copy->my_response = kNoAnswer;
    copy->replied_at.reset();
    SetText(copy->properties, "LegacyFreeBusyStatus", "Tentative", version);
  }
  store.Touch(attendee, *copy);
  return same_times ? "InformationalUpdate" : "FullUpdate";
}

void Invite(Store& store, Mailbox& attendee, const Item& meeting, Item request) {
  for (Item* const older : RequestsIn(attendee, meeting.uid)) {
    if (older->meeting.out_of_date) continue;
    older->meeting.out_of_date = true;
    store.Touch(attendee, *older);
  }
  uint64_t copy = 0;
  request.meeting.request_type = RefreshCopy(store, attendee, meeting, copy);
  store.Deliver(attendee, Incoming(std::move(request), copy));
}

// Writes the answer of `person` into the attendee lists; false when nobody of them is that person.
bool NoteAnswer(Item& meeting, const Person& person, std::string_view type, Seconds at) {
  bool noted = false;
  for (const std::string_view list : kLists) {
    const auto property = meeting.properties.find(std::string(list));
    if (property == meeting.properties.end()) continue;
    pugi::xml_document document;
    document.load_string(property->second.xml.c_str(), pugi::parse_default | pugi::parse_ws_pcdata_single);
    for (const pugi::xml_node entry : document.document_element().children("t:Attendee")) {
      pugi::xml_node attendee = entry;
      if (!person.HasAddress(attendee.child("t:Mailbox").child("t:EmailAddress").text().get())) continue;
      attendee.child("t:ResponseType").text().set(std::string(type).c_str());
      attendee.remove_child("t:LastResponseTime");
      pugi::xml_node time = attendee.insert_child_after("t:LastResponseTime", attendee.child("t:ResponseType"));
      time.text().set(FormatDateTime(at).c_str());
      noted = true;
    }
    property->second = {Fragment(document.document_element()), meeting.version + 1};
  }
  return noted;
}

Item* MeetingOf(Mailbox& organizer, const std::string& uid) {
  for (auto& [number, item] : organizer.items) {
    if (item.kind == ItemKind::kCalendarItem && item.is_organizer && item.uid == uid) return &item;
  }
  return nullptr;
}

Item ResponseTo(const Item& copy, const Mailbox& attendee, const MeetingAnswer& answer, OccurrenceOf occurrence) {
  Item response = MessageAbout(copy, ItemKind::kMeetingResponse, attendee, occurrence);
  const bool accepts = answer.type == "Accept";
  const bool declines = answer.type == "Decline";
  const std::string_view word = accepts ? "Accepted" : declines ? "Declined" : "Tentative";
  const std::string_view suffix = accepts ? "Pos" : declines ? "Neg" : "Tent";
  SetText(response.properties, "Subject", fmt::format("{}: {}", word, SubjectOf(copy)));
  SetText(response.properties, "ItemClass", fmt::format("IPM.Schedule.Meeting.Resp.{}", suffix));
  if (!answer.body.empty()) response.properties["Body"] = {answer.body, 1};
  response.properties["ToRecipients"] = {MailboxXml("t:ToRecipients", copy.organizer_name, copy.organizer_email), 1};
  response.meeting.response_type = answer.type;
  response.meeting.proposed_start = answer.proposed_start;
  response.meeting.proposed_end = answer.proposed_end;
  return response;
}

void TellOrganizer(Store& store, const Mailbox& attendee, const Item& response, bool whole_series) {
  Mailbox* const organizer = store.FindMailbox(response.organizer_email);
  if (organizer == nullptr) return;
  Item* const meeting = MeetingOf(*organizer, response.uid);
  if (meeting != nullptr && whole_series &&
      NoteAnswer(*meeting, attendee.person, response.meeting.response_type, response.mail.sent_at)) {
    store.Touch(*organizer, *meeting);
  }
  Item incoming = Incoming(response, meeting == nullptr ? 0 : meeting->number);
  incoming.is_organizer = true;
  incoming.meeting.processed = meeting != nullptr;
  store.Deliver(*organizer, std::move(incoming));
}

// The answer in the attendee's own calendar; returns the item's number afterwards, 0 when it is gone.
uint64_t ShowAnswer(Store& store, Mailbox& attendee, Item& copy, const MeetingAnswer& answer, OccurrenceOf occurrence) {
  const std::string_view busy = answer.type == "Accept" ? "Busy" : "Tentative";
  const uint32_t version = copy.version + 1;
  if (occurrence) {
    OccurrenceChange& change = copy.exceptions[*occurrence];
    if (answer.type == "Decline") {
      change = OccurrenceChange{.deleted = true};
    } else {
      SetText(change.properties, "LegacyFreeBusyStatus", busy, version);
    }
    store.Touch(attendee, copy);
    return copy.number;
  }
  copy.my_response = answer.type;
  copy.replied_at = Now();
  SetText(copy.properties, "LegacyFreeBusyStatus", busy, version);
  store.Touch(attendee, copy);
  if (answer.type != "Decline") return copy.number;
  return store.Move(attendee, copy.number, attendee, FolderNamed(attendee, "deleteditems").number).number;
}

}  // namespace

bool HasAttendees(const Item& meeting) {
  return std::any_of(std::begin(kLists), std::end(kLists),
                     [&meeting](std::string_view list) { return meeting.properties.contains(std::string(list)); });
}

Sending ParseSending(std::string_view attribute) {
  Sending sending;
  sending.to_attendees =
      attribute.starts_with("SendTo") ? attribute != "SendToNone" : attribute.starts_with("SendOnly");
  sending.only_to_changed = attribute.find("Changed") != std::string_view::npos;
  sending.save_copy = attribute.ends_with("AndSaveCopy");
  return sending;
}

Item* CopyIn(Mailbox& attendee, const std::string& uid) {
  const Folder& calendar = FolderNamed(attendee, "calendar");
  for (auto& [number, item] : attendee.items) {
    const bool copy = item.kind == ItemKind::kCalendarItem && item.folder == calendar.number && !item.is_organizer;
    if (copy && item.uid == uid) return &item;
  }
  return nullptr;
}

void SendInvitations(Store& store, Mailbox& organizer, Item& meeting, const Sending& sending, OccurrenceOf occurrence) {
  const auto invited = AttendeeMailboxes(store, meeting);
  const Item request = FromOrganizer(meeting, ItemKind::kMeetingRequest, organizer, occurrence);
  for (const uint64_t number : invited) {
    if (sending.only_to_changed && meeting.invited.contains(number)) continue;
    Invite(store, *store.MailboxByNumber(number), meeting, request);
  }
  Item cancellation = FromOrganizer(meeting, ItemKind::kMeetingCancellation, organizer, std::nullopt);
  SetText(cancellation.properties, "Subject", "Canceled: " + SubjectOf(meeting));
  cancellation.cancelled = true;
  for (const uint64_t number : meeting.invited) {
    if (!invited.contains(number)) Cancel(store, *store.MailboxByNumber(number), cancellation);
  }
  meeting.invited = invited;
  meeting.invitations_sent = true;
  if (sending.save_copy) SaveSent(store, organizer, request);
}

void SendCancellations(Store& store, Mailbox& organizer, const Item& meeting, const Sending& sending,
                       OccurrenceOf occurrence, const std::string& body) {
  Item message = FromOrganizer(meeting, ItemKind::kMeetingCancellation, organizer, occurrence);
  SetText(message.properties, "Subject", "Canceled: " + SubjectOf(meeting));
  if (!body.empty()) message.properties["Body"] = {body, 1};
  message.cancelled = true;
  for (const uint64_t number : meeting.invited) {
    Mailbox& attendee = *store.MailboxByNumber(number);
    uint64_t copy = 0;
    if (occurrence && CopyIn(attendee, meeting.uid) != nullptr) RefreshCopy(store, attendee, meeting, copy);
    Cancel(store, attendee, message);
  }
  if (sending.save_copy) SaveSent(store, organizer, message);
}

std::vector<uint64_t> AnswerMeeting(Store& store, Mailbox& attendee, Item& copy, const MeetingAnswer& answer,
                                    OccurrenceOf occurrence) {
  const Item response = ResponseTo(copy, attendee, answer, occurrence);
  const std::string uid = copy.uid;
  std::vector<uint64_t> changed = {ShowAnswer(store, attendee, copy, answer, occurrence)};
  for (Item* const request : RequestsIn(attendee, uid)) {
    request->meeting.processed = true;
    request->my_response = answer.type;
    const uint64_t trash = FolderNamed(attendee, "deleteditems").number;
    changed.push_back(store.Move(attendee, request->number, attendee, trash).number);
  }
  if (answer.send) TellOrganizer(store, attendee, response, !occurrence);
  if (answer.send && answer.save_copy) SaveSent(store, attendee, response);
  if (!answer.send) {
    Item draft = response;
    draft.mail.is_draft = true;
    store.AddItem(attendee, FolderNamed(attendee, "drafts").number, std::move(draft));
  }
  return changed;
}

}  // namespace crosspoint::exchange_sim
