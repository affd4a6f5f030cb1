#pragma once

namespace crosspoint::meeting_sync {

// How a user's meetings are kept. Source: DESIGN, Meetings.
enum class UserMode {
  kLinked = 1,        // Exchange and Outlook: two copies, kept equal; the list comes from the mailbox
  kExchangeOnly = 2,  // on the bridge; ICS is the way into the calendar; the list is both, joined
  kOutlookOnly = 3,   // on the bridge; no invitation is launched; what is in Outlook alone is not seen
  kBridgeOnly = 4,    // neither
};

constexpr UserMode ModeOf(bool has_mailbox, bool uses_outlook) {
  if (has_mailbox) return uses_outlook ? UserMode::kLinked : UserMode::kExchangeOnly;
  return uses_outlook ? UserMode::kOutlookOnly : UserMode::kBridgeOnly;
}

// Whether the calendar item is the copy that sends invitations, and a sent one makes the meeting.
constexpr bool HasLiveLink(UserMode mode) { return mode == UserMode::kLinked; }
constexpr bool ReadsMailbox(UserMode mode) { return mode == UserMode::kLinked || mode == UserMode::kExchangeOnly; }

}  // namespace crosspoint::meeting_sync
