#pragma once

#include <string>
#include <vector>

#include "exchange_sim/items/item.h"

namespace crosspoint::exchange_sim {

// What an item response message must hold even when it is an error.
inline constexpr std::string_view kNoItems = "<m:Items/>";

// <m:Items> with the ids of these, and of their attachments where `with_attachments`.
std::string ItemsOf(const std::vector<ItemView>& views, bool with_attachments = false);
// The item and what else creating it by a response object changed, in the order given.
std::string ItemsOf(const Mailbox& mailbox, const std::vector<uint64_t>& numbers);

}  // namespace crosspoint::exchange_sim
