#include "exchange_sim/items/seed.h"

#include <array>

#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::array<std::string_view, 8> kSubjects = {"Customer call",  "Budget review",  "Project sync",
                                                       "Interview",      "Supplier visit", "Quarterly numbers",
                                                       "Design session", "Contract review"};
constexpr std::array<std::string_view, 4> kRooms = {"Room Spree", "Room Isar", "Room Elbe", ""};

Item Meeting(const Mailbox& mailbox, uint64_t& random, Seconds local_start, Seconds length, std::string_view subject) {
  Item item;
  item.zone = TimeZone::Find(mailbox.person.time_zone);
  item.uid = MakeUid(NextRandom(random));
  item.start = item.zone->ToUtc(local_start);
  item.end = item.start + length;
  item.organizer_name = mailbox.person.display_name;
  item.organizer_email = mailbox.person.email;
  SetText(item.properties, "Subject", subject);
  const std::string_view room = kRooms[NextRandom(random) % kRooms.size()];
  if (!room.empty()) SetText(item.properties, "Location", room);
  return item;
}

std::chrono::local_days Day(Seconds local) { return std::chrono::local_days(std::chrono::days(local / 86400)); }

}  // namespace

std::string MakeUid(uint64_t random) {
  return fmt::format("040000008200E00074C5B7101A82E00800000000{:016X}000000000000000010000000{:016X}{:016X}", random,
                     Hash("a", random), Hash("b", random));
}

std::vector<Item> SeedMeetings(const Mailbox& mailbox, uint64_t seed, Seconds now) {
  constexpr Seconds kDay = 86400;
  constexpr Seconds kHour = 3600;
  uint64_t random = Hash(mailbox.person.email, seed);
  const TimeZonePtr zone = TimeZone::Find(mailbox.person.time_zone);
  if (zone == nullptr) return {};
  const Seconds today = zone->ToLocal(now) / kDay * kDay;
  std::vector<Item> items;

  Item daily = Meeting(mailbox, random, today - 30 * kDay + 9 * kHour, kHour / 4, "Daily stand-up");
  daily.recurrence = Recurrence{.pattern = Recurrence::Pattern::kWeekly,
                                .weekdays = 0x3e,
                                .weekday_words = "Monday Tuesday Wednesday Thursday Friday",
                                .first_day_of_week = "Monday",
                                .start_date = Day(today - 30 * kDay),
                                .end_date = Day(today + 180 * kDay)};
  auto starts = OriginalStarts(daily, now + 400 * kDay, 1000);
  daily.start = starts.front();
  daily.end = daily.start + kHour / 4;
  daily.exceptions[starts[starts.size() / 2]].deleted = true;
  OccurrenceChange& moved = daily.exceptions[starts[starts.size() / 2 + 1]];
  moved.start = starts[starts.size() / 2 + 1] + kHour;
  moved.end = *moved.start + kHour / 4;
  items.push_back(std::move(daily));

  const Seconds weekly_day = today - 21 * kDay + static_cast<Seconds>(NextRandom(random) % 5) * kDay;
  Item weekly = Meeting(mailbox, random, weekly_day + 14 * kHour, kHour, mailbox.person.department + " weekly");
  const auto weekday = std::chrono::weekday(Day(weekly_day));
  constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                     "Thursday", "Friday", "Saturday"};
  weekly.recurrence = Recurrence{.pattern = Recurrence::Pattern::kWeekly,
                                 .weekdays = 1u << weekday.c_encoding(),
                                 .weekday_words = std::string(kDays[weekday.c_encoding()]),
                                 .start_date = Day(weekly_day)};
  items.push_back(std::move(weekly));

  for (int i = 0; i < 6; ++i) {
    const Seconds day = today + (static_cast<Seconds>(NextRandom(random) % 21) - 7) * kDay;
    const Seconds hour = 10 + static_cast<Seconds>(NextRandom(random) % 8);
    const std::string_view subject = kSubjects[NextRandom(random) % kSubjects.size()];
    items.push_back(Meeting(mailbox, random, day + hour * kHour, kHour, subject));
  }
  return items;
}

Item MakeMeeting(const Mailbox& mailbox, uint64_t index, Seconds now) {
  constexpr Seconds kDay = 86400;
  uint64_t random = Hash(mailbox.person.email, index);
  const Seconds today = now / kDay * kDay;
  const Seconds start = today + static_cast<Seconds>(index / 8) * kDay + static_cast<Seconds>(8 + index % 8) * 3600;
  return Meeting(mailbox, random, start, 1800, kSubjects[NextRandom(random) % kSubjects.size()]);
}

}  // namespace crosspoint::exchange_sim
