#pragma once

#include <vector>

#include "exchange_sim/items/item.h"

namespace crosspoint::exchange_sim {

// A calendar around `now`: a daily and a weekly series with an exception and a deleted occurrence, and a few single
// meetings in the past and the next two weeks. The same for the same person, seed and day.
std::vector<Item> SeedMeetings(const Mailbox& mailbox, uint64_t seed, Seconds now);

// The `index`th of any number of single meetings, half an hour each, eight a day from `now` on.
Item MakeMeeting(const Mailbox& mailbox, uint64_t index, Seconds now);

// A few contacts outside of the company, and mail: two read, one unread.
std::vector<Item> SeedContacts(const Mailbox& mailbox, uint64_t seed, Seconds now);
std::vector<Item> SeedMail(const Mailbox& mailbox, const Person& colleague, uint64_t seed, Seconds now);
// What the whole company looks up.
std::vector<Item> SeedPublicContacts(Seconds now);

// The id that calendars agree on for one meeting, in the form of Exchange.
std::string MakeUid(uint64_t random);

}  // namespace crosspoint::exchange_sim
