#pragma once

#include <string>

#include "exchange_sim/items/item.h"

namespace crosspoint::exchange_sim {

// The message as it would travel over the Internet, RFC 5322 and MIME.
std::string MimeOf(const ItemView& message);
std::string MimeDate(Seconds at);  // Mon, 23 Nov 2026 09:00:00 +0000

}  // namespace crosspoint::exchange_sim
