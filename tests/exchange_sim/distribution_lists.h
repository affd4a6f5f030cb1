#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exchange_sim/store.h"

namespace crosspoint::exchange_sim {

// What GetUserAddressList would call the one address list of the company.
inline constexpr std::string_view kAddressListId = "5c1f0a52-6f0e-4a57-9d8e-0b6c5d2a7e10";

// Somebody on a distribution list, or a list on it.
struct ListEntry {
  std::string name;
  std::string email;
  bool is_list = false;
};

// The direct members of the list with that address or name: one for each department ("sales-team@corp.example", "Sales
// Team"), and "all-staff@corp.example" with those lists on it. nullopt when there is no such list.
std::optional<std::vector<ListEntry>> MembersOf(const Store& store, std::string_view list);

std::vector<ListEntry> RoomLists();
// Empty for a list that is not there.
std::vector<ListEntry> RoomsOf(std::string_view list);

}  // namespace crosspoint::exchange_sim
