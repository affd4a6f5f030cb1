#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "meeting_sync/app/ports.h"
#include "meeting_sync/domain/bridge_meeting.h"

namespace crosspoint::meeting_sync {

// What a conference is asked for.
struct ConferenceOrder {
  UserId owner;
  MeetingId meeting;
  std::string subject;
};

// Where conferences come from: the appliance of an on-site tenant, or the hosted service. Thread-safe.
class Bridge {
 public:
  virtual ~Bridge() = default;
  // A conference of its own for the meeting, with new codes. Asked again for the same meeting it gives other codes.
  //   kFailedPrecondition  NO_BRIDGE: the tenant has none configured
  virtual absl::StatusOr<Conference> CreateConference(const ConferenceOrder& order, Deadline deadline) = 0;
};

// Both sides changed a field; one value was kept.
struct Conflict {
  std::string id;  // given by the store, in order of time
  MeetingId meeting;
  FieldConflict field;
  TimePoint time;
};

// A caller's own name for what it asked, and a digest of the request.
struct RequestKey {
  std::string id;  // UUID; empty: the caller does not repeat itself
  std::string digest;
};

// One change of one record, with all that follows from it, in a single step.
struct MeetingWrite {
  BridgeMeeting meeting;
  uint64_t expected_revision = 0;         // of the record; 0: there must be none of that id
  std::optional<RequestKey> request;      // remembered for 24 hours
  std::optional<PlannedClaim> put_claim;  // goes to presence by the outbox
  std::string delete_claim;               // likewise; empty: none
  std::vector<FieldConflict> conflicts;
  bool push = false;  // the calendar item has to take what the record says: by the outbox
};

// What a user's records say about calendar items, for a look at what the mailbox tells.
struct LinkIndex {
  std::map<ItemKey, MeetingId> by_item;     // linked
  std::map<std::string, MeetingId> by_uid;  // all that have a UID and are not cancelled
};

// Which records changed after a revision.
struct MeetingChanges {
  std::vector<BridgeMeeting> live;
  std::vector<MeetingId> gone;  // no meeting any more, or never one
  uint64_t revision = 0;        // go on from here
  bool gap = false;             // too long ago: read everything
};

// Removals that wait for an administrator. Source: DESIGN, Deletion brake.
struct BrakedRun {
  std::vector<MeetingId> removed;  // whose calendar items are gone
  TimePoint since;
};

inline constexpr size_t kMaxPrepared = 200;      // invitations of a user that were not sent
inline constexpr size_t kMaxUpcoming = 1'000;    // meetings of a user on the bridge that have not ended
inline constexpr size_t kMaxBridgeClaims = 100;  // of a user's meetings that are on the bridge alone

// The bridge's records, by owner. Every write is safe when it returns, and is one step with its outbox entries.
// Thread-safe. Errors besides those named: the store's own, kUnavailable and kDeadlineExceeded foremost.
class MeetingStore {
 public:
  virtual ~MeetingStore() = default;
  // Writes the record and returns it with its new revision. The participant code is the record's from here on.
  //   kAborted            MEETING_CHANGED: its revision is another; read it and decide again
  //   kAlreadyExists      CODE_TAKEN: the participant code is another meeting's
  //   kAlreadyExists      REQUEST_REPEATED: metadata "meeting" is what that request made
  //   kInvalidArgument    REQUEST_ID_REUSED: the request id came with another digest
  //   kResourceExhausted  TOO_MANY_MEETINGS: one of the limits above
  virtual absl::StatusOr<BridgeMeeting> Put(const MeetingWrite& write, Deadline deadline) = 0;
  // What an earlier request of that id made; nullopt when there was none.  REQUEST_ID_REUSED as above.
  virtual absl::StatusOr<std::optional<MeetingId>> Repeated(const UserId& owner, const RequestKey& request,
                                                            Deadline deadline) = 0;
  // In any state; nullopt when there is none, or a prepared one has expired.
  virtual absl::StatusOr<std::optional<BridgeMeeting>> Get(const UserId& owner, const MeetingId& id,
                                                           Deadline deadline) = 0;
  // Live ones that overlap the time, by start and id.
  virtual absl::StatusOr<std::vector<BridgeMeeting>> List(const UserId& owner, TimePoint start, TimePoint end,
                                                          Deadline deadline) = 0;
  virtual absl::StatusOr<std::optional<BridgeMeeting>> FindByUid(const UserId& owner, const std::string& uid,
                                                                 Deadline deadline) = 0;
  // Of any tenant; nullopt when the code is nobody's.
  virtual absl::StatusOr<std::optional<BridgeMeeting>> FindByCode(const std::string& participant_code,
                                                                  Deadline deadline) = 0;
  virtual absl::StatusOr<LinkIndex> Links(const UserId& owner, Deadline deadline) = 0;
  virtual absl::StatusOr<MeetingChanges> ChangesSince(const UserId& owner, uint64_t revision, Deadline deadline) = 0;

  // Newest first, at most `limit`, older than `before` unless that is empty.
  virtual absl::StatusOr<std::vector<Conflict>> ListConflicts(const UserId& owner, const std::string& before,
                                                              size_t limit, Deadline deadline) = 0;
  virtual absl::StatusOr<std::optional<BrakedRun>> Brake(const UserId& owner, Deadline deadline) = 0;
  // nullopt lets the brake go.
  virtual absl::Status SetBrake(const UserId& owner, const std::optional<BrakedRun>& run, Deadline deadline) = 0;
};

// Writing to a mailbox. Thread-safe; errors as those of the other mailbox ports.
class MailboxWriter {
 public:
  virtual ~MailboxWriter() = default;
  // Gives `fields` of the item the values of `wanted` and tells those invited when the item is `seen.invitations_sent`.
  // `correlation_id` is written along when not empty.
  //   kAborted  the item is not the one that was seen any more: read it and decide again
  virtual absl::StatusOr<ItemRef> Write(const Mailbox& mailbox, const Meeting& seen, const MeetingFields& wanted,
                                        const std::vector<Field>& fields, const std::string& correlation_id,
                                        Deadline deadline) = 0;
  // Calls the meeting off and tells those invited. OK when it is gone already.
  virtual absl::Status Remove(const Mailbox& mailbox, const Meeting& seen, Deadline deadline) = 0;
};

}  // namespace crosspoint::meeting_sync
