#pragma once

#include <span>
#include <string>

#include "common/ids/ids.h"

namespace crosspoint::meeting_sync {

// Which of the live replicas should read the user's mailbox, by rendezvous hashing: every replica computes the same,
// the shares are even, and a replica that comes or goes moves only its own share. Empty when there is none. What
// decides in the end is the lease; this only keeps replicas from racing for it.
std::string ChooseReplica(const UserId& user, std::span<const std::string> replicas);

}  // namespace crosspoint::meeting_sync
