#include "exchange_sim/distribution_lists.h"

#include <algorithm>
#include <array>
#include <set>

#include "exchange_sim/text.h"
#include "fmt/format.h"

namespace crosspoint::exchange_sim {
namespace {

constexpr std::array<std::string_view, 3> kRooms = {"Spree", "Isar", "Elbe"};  // as in the meetings people begin with

ListEntry Team(const std::string& department) {
  return {department + " Team", fmt::format("{}-team@{}", Lower(department), kDomain), true};
}

bool IsCalled(const ListEntry& list, std::string_view wanted) {
  return Lower(list.email) == Lower(wanted) || Lower(list.name) == Lower(wanted);
}

std::set<std::string> Departments(const Store& store) {
  std::set<std::string> departments;
  for (const auto& [number, mailbox] : store.mailboxes()) {
    if (!mailbox.person.department.empty()) departments.insert(mailbox.person.department);
  }
  return departments;
}

}  // namespace

std::optional<std::vector<ListEntry>> MembersOf(const Store& store, std::string_view list) {
  const std::set<std::string> departments = Departments(store);
  std::vector<ListEntry> members;
  if (IsCalled({"All Staff", fmt::format("all-staff@{}", kDomain), true}, list)) {
    for (const std::string& department : departments) members.push_back(Team(department));
    return members;
  }
  const auto found = std::find_if(departments.begin(), departments.end(),
                                  [list](const std::string& department) { return IsCalled(Team(department), list); });
  if (found == departments.end()) return std::nullopt;
  for (const auto& [number, mailbox] : store.mailboxes()) {
    const Person& person = mailbox.person;
    if (person.department == *found && !person.hidden) members.push_back({person.display_name, person.email, false});
  }
  return members;
}

std::vector<ListEntry> RoomLists() { return {{"Meeting Rooms", fmt::format("rooms@{}", kDomain), true}}; }

std::vector<ListEntry> RoomsOf(std::string_view list) {
  if (!IsCalled(RoomLists().front(), list)) return {};
  std::vector<ListEntry> rooms;
  for (const std::string_view room : kRooms) {
    rooms.push_back({fmt::format("Room {}", room), fmt::format("room.{}@{}", Lower(room), kDomain), false});
  }
  return rooms;
}

}  // namespace crosspoint::exchange_sim
