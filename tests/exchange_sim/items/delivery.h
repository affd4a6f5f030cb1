#pragma once

#include "exchange_sim/store.h"

namespace crosspoint::exchange_sim {

// Puts or refreshes a tentative copy of the meeting in the calendar of every attendee who has a mailbox here. Attendees
// who were taken off the list since keep a cancelled copy. No mail is written: the copy stands where processing the
// invitation would have put it.
void DeliverMeeting(Store& store, const Item& meeting);

// Marks every attendee's copy cancelled.
void CancelMeeting(Store& store, const Item& meeting);

bool HasAttendees(const Item& meeting);

}  // namespace crosspoint::exchange_sim
