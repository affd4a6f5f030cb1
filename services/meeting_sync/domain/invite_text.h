#pragma once

#include <string>

#include "meeting_sync/domain/conference.h"

namespace crosspoint::meeting_sync {

// What an invitation says about joining: address, dial-in, participant code and password; plain text, never the host
// code.
std::string InviteText(const Conference& conference);

}  // namespace crosspoint::meeting_sync
