#pragma once

namespace crosspoint::meeting_sync {

// Reason that a feed's trouble has when the mailbox is no longer where the stream looks, or may not be: time to open
// another.
inline constexpr char kMailboxMoved[] = "MAILBOX_MOVED";

}  // namespace crosspoint::meeting_sync
