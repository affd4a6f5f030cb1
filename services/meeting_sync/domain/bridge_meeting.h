#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "meeting_sync/domain/conference.h"
#include "meeting_sync/domain/meeting_fields.h"
#include "meeting_sync/domain/merge.h"

namespace crosspoint::meeting_sync {

enum class BridgeState {
  kPrepared,   // an invitation that was not sent yet: exists for nobody but its sending
  kLive,       // a meeting
  kCancelled,  // was one; kept for 30 days
};

// The calendar item that is the meeting's other copy.
struct LinkedItem {
  ItemRef item;
  ItemKey key;
  BaseVersion base;  // what both sides last had in common
  bool operator==(const LinkedItem&) const = default;
};

// What happened to a meeting, for people who ask why.
struct HistoryStep {
  TimePoint time;
  std::string text;
  bool operator==(const HistoryStep&) const = default;
};
inline constexpr size_t kMaxHistory = 24;

// A meeting as the bridge has it: the record behind a conference.
struct BridgeMeeting {
  UserId owner;  // the host
  MeetingId id;
  BridgeState state = BridgeState::kPrepared;
  MeetingFields fields;
  std::string organizer;       // the host's address
  std::string organizer_name;  // may be empty
  Conference conference;
  std::string ical_uid;  // equal in all copies; empty until the mailbox has chosen one
  int sequence = 0;      // of the iCalendar form: grows with every change that matters to those invited
  bool recurring = false;
  std::optional<LinkedItem> link;  // nullopt: on the bridge alone
  bool placed_claim = false;       // presence has a claim of this record; a linked one's is its item's
  TimePoint created;
  TimePoint modified;  // of `fields`
  TimePoint expires;   // of a prepared one: when it is forgotten
  std::vector<HistoryStep> history;
  uint64_t revision = 0;  // of the owner's records; grows with every change of any of them

  // What the calendar item carries in its named property: the name of this record, so that no index is needed.
  std::string correlation_id() const { return NameOfMeeting(owner, id); }
  bool operator==(const BridgeMeeting&) const = default;
};

// Adds a step; the oldest but the first make room.
void Note(BridgeMeeting& meeting, TimePoint time, std::string text);

// The record as the list shows it, to its owner.
Meeting ToMeeting(const BridgeMeeting& record);

// Which record a correlation id names; nullopt when it is none of ours.
std::optional<MeetingName> FromCorrelationId(std::string_view correlation_id);

// Who `email` is in the conference; nullopt for a stranger. The owner is the host.
std::optional<ConferenceRole> RoleOf(const BridgeMeeting& record, std::string_view email);

}  // namespace crosspoint::meeting_sync
