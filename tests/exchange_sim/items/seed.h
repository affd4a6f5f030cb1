#pragma once

#include <vector>

#include "exchange_sim/items/item.h"

namespace crosspoint::exchange_sim {

// A calendar around `now`: a daily and a weekly series with an exception and a deleted occurrence, and a few single
// meetings in the past and the next two weeks. The same for the same person, seed and day.
std::vector<Item> SeedMeetings(const Mailbox& mailbox, uint64_t seed, Seconds now);

// The `index`th of any number of single meetings, half an hour each, eight a day from `now` on.
Item MakeMeeting(const Mailbox& mailbox, uint64_t index, Seconds now);

// The id that calendars agree on for one meeting, in the form of Exchange.
std::string MakeUid(uint64_t random);

}  // namespace crosspoint::exchange_sim
