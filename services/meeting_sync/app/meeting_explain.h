#pragma once

#include <string>
#include <vector>

#include "meeting_sync/app/bridge_ports.h"

namespace crosspoint::meeting_sync {

// Why a meeting looks as it does, in lines for people, oldest first: what happened to the record, what both sides had
// in common last, and what is still to be carried over. `item` is the calendar item as it is now, if there is one that
// was asked for.
std::vector<std::string> Explain(const BridgeMeeting& record, const std::optional<Meeting>& item);

// Of a meeting that is in the mailbox alone.
std::vector<std::string> ExplainItem(const Meeting& item);

}  // namespace crosspoint::meeting_sync
