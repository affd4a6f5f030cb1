#pragma once

#include "exchange_sim/store.h"

namespace crosspoint::exchange_sim {

bool HasAttendees(const Item& meeting);

// What a request says about meeting messages: the values of SendMeetingInvitations, …OrCancellations, …Cancellations.
struct Sending {
  bool to_attendees = false;
  bool only_to_changed = false;  // to those who are new on the list, and cancellations to those who left it
  bool save_copy = false;        // in Sent Items
};
Sending ParseSending(std::string_view attribute);

// An occurrence of the meeting by its original start; nullopt: all of it.
using OccurrenceOf = std::optional<Seconds>;

// Writes to the attendees who have a mailbox here: a MeetingRequest into the Inbox, and the tentative copy in the
// calendar that processing it makes. Who was taken off the list since gets a cancellation. `meeting` remembers who was
// invited; its sequence number is the caller's to raise.
void SendInvitations(Store& store, Mailbox& organizer, Item& meeting, const Sending& sending, OccurrenceOf occurrence);

// A MeetingCancellation to everybody who was invited, and their copies are marked. `body` is a Body element or empty.
void SendCancellations(Store& store, Mailbox& organizer, const Item& meeting, const Sending& sending,
                       OccurrenceOf occurrence, const std::string& body = "");

struct MeetingAnswer {
  std::string type;  // Accept, Tentative or Decline
  std::string body;  // Body element, may be empty
  std::optional<Seconds> proposed_start;
  std::optional<Seconds> proposed_end;
  bool send = true;
  bool save_copy = true;
};
// The attendee answers: the copy shows it (declined, it goes to Deleted Items), the invitation goes to Deleted Items,
// and the organizer gets a MeetingResponse and sees the answer in the meeting. Returns the attendee's items that
// changed, by number.
std::vector<uint64_t> AnswerMeeting(Store& store, Mailbox& attendee, Item& copy, const MeetingAnswer& answer,
                                    OccurrenceOf occurrence);

// The copy of the meeting `uid` in the attendee's calendar; null when there is none.
Item* CopyIn(Mailbox& attendee, const std::string& uid);

}  // namespace crosspoint::exchange_sim
