#include "meeting_sync/app/invitations.h"

#include <algorithm>

#include "common/status/status.h"
#include "meeting_sync/app/bridge_reasons.h"
#include "meeting_sync/app/reasons.h"
#include "meeting_sync/domain/claim_plan.h"
#include "meeting_sync/domain/invite_text.h"

namespace crosspoint::meeting_sync {
namespace {

// Codes are long enough that even one of these is rare.
constexpr int kCodeTries = 5;
constexpr size_t kLongestItemUid = 1024;

absl::Status MailboxIsWatched(std::string_view remedy) {
  return Refused(absl::StatusCode::kFailedPrecondition, "MAILBOX_IS_WATCHED",
                 "the user's meetings are made by sending them from the mailbox: " + std::string(remedy));
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

}  // namespace

std::optional<PlannedClaim> BridgeClaim(const BridgeMeeting& meeting, TimePoint now) {
  if (meeting.fields.end <= now) return std::nullopt;
  auto claim = ClaimFor({.key = ItemKey{meeting.id.value},
                         .start = meeting.fields.start,
                         .end = meeting.fields.end,
                         .show_as = meeting.fields.show_as,
                         .chosen_state = meeting.fields.chosen_state});
  if (claim) claim->id = "b" + meeting.id.value;
  return claim;
}

MeetingWrite GoLive(BridgeMeeting meeting, TimePoint now) {
  MeetingWrite write{.meeting = std::move(meeting), .expected_revision = 0};
  write.expected_revision = write.meeting.revision;
  write.meeting.state = BridgeState::kLive;
  if (write.meeting.ical_uid.empty()) write.meeting.ical_uid = write.meeting.id.value + "@crosspoint";
  write.put_claim = BridgeClaim(write.meeting, now);
  write.meeting.placed_claim = write.put_claim.has_value();
  return write;
}

Invite Invitations::InviteFor(const MeetingUser& user, BridgeMeeting meeting) {
  Invite invite{.meeting = std::move(meeting), .body = {}, .launch = HasLiveLink(user.mode)};
  invite.body = InviteText(invite.meeting.conference);
  return invite;
}

absl::StatusOr<std::optional<BridgeMeeting>> Invitations::Repeated(const UserId& owner, const RequestKey& request,
                                                                   Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto made, parts_.store.Repeated(owner, request, deadline));
  if (!made) return std::optional<BridgeMeeting>();
  CROSSPOINT_ASSIGN_OR_RETURN(auto meeting, parts_.store.Get(owner, *made, deadline));
  if (!meeting) return NotThere("what that request made is gone");
  return meeting;
}

absl::StatusOr<BridgeMeeting> Invitations::Make(const MeetingUser& user, BridgeMeeting meeting,
                                                const RequestKey& request, Deadline deadline) {
  const auto now = parts_.clock.Now();
  meeting.owner = user.user;
  meeting.organizer = user.address;
  meeting.organizer_name = user.display_name;
  meeting.created = meeting.modified = now;
  absl::Status refused;
  for (int i = 0; i < kCodeTries; ++i) {
    CROSSPOINT_ASSIGN_OR_RETURN(
        meeting.conference,
        parts_.bridge.CreateConference({.owner = user.user, .meeting = meeting.id, .subject = meeting.fields.subject},
                                       deadline));
    MeetingWrite write{.meeting = meeting, .expected_revision = meeting.revision};
    if (meeting.state == BridgeState::kLive) write = GoLive(meeting, now);
    write.request = request;
    auto made = parts_.store.Put(write, deadline);
    if (made.ok()) return made;
    refused = made.status();
    if (HasReason(refused, kRequestRepeated)) {
      CROSSPOINT_ASSIGN_OR_RETURN(auto first, Repeated(user.user, request, deadline));
      if (first) return *std::move(first);
    }
    if (!HasReason(refused, kCodeTaken)) return refused;
  }
  return absl::UnavailableError("no free participant code was found");
}

absl::StatusOr<Invite> Invitations::Prepare(const UserId& owner, const MeetingFields& fields, const RequestKey& request,
                                            Deadline deadline) {
  CROSSPOINT_RETURN_IF_ERROR(CheckFields(fields));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, parts_.users.Find(owner));
  CROSSPOINT_ASSIGN_OR_RETURN(auto known, Repeated(owner, request, deadline));
  if (known) return InviteFor(user, *std::move(known));
  const auto now = parts_.clock.Now();
  BridgeMeeting meeting{.id = MeetingId{parts_.ids.NewId("c")},
                        .state = BridgeState::kPrepared,
                        .fields = fields,
                        .expires = now + kInviteLife};
  Note(meeting, now, "prepared as an invitation");
  CROSSPOINT_ASSIGN_OR_RETURN(auto made, Make(user, std::move(meeting), request, deadline));
  return InviteFor(user, std::move(made));
}

absl::StatusOr<Invite> Invitations::PrepareChange(const UserId& owner, const MeetingId& id, const MeetingFields& wanted,
                                                  Deadline deadline) {
  CROSSPOINT_RETURN_IF_ERROR(CheckFields(wanted));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, parts_.users.Find(owner));
  CROSSPOINT_ASSIGN_OR_RETURN(auto meeting, parts_.store.Get(owner, id, deadline));
  if (!meeting || meeting->state != BridgeState::kLive) return NotThere("no such meeting");
  if (!meeting->link) {
    return Refused(absl::StatusCode::kFailedPrecondition, "NO_LIVE_LINK",
                   "the meeting has no calendar item whose sending could be seen: change it by UpdateMeeting");
  }
  for (const auto field : kAllFields) CopyField(wanted, field, meeting->fields);
  return InviteFor(user, *std::move(meeting));
}

absl::StatusOr<std::optional<Meeting>> Invitations::OpenItem(const MeetingUser& user, const std::string& item,
                                                             Deadline deadline) {
  if (!user.mailbox) return std::optional<Meeting>();
  const auto found = parts_.source.Get(*user.mailbox, {{.id = item}}, deadline);
  // It is a UID then; and what cannot be looked up now is joined by its UID when it is seen.
  if (!found.ok() || found->empty()) return std::optional<Meeting>();
  return found->front();
}

absl::StatusOr<Invite> Invitations::Attach(const UserId& owner, const std::string& item_uid, Deadline deadline) {
  if (item_uid.empty() || item_uid.size() > kLongestItemUid || !IsPrintable(item_uid)) {
    return InvalidField("item_uid", "the iCalendar UID or the id of the open invitation, at most 1024 bytes");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, parts_.users.Find(owner));
  if (user.mode == UserMode::kExchangeOnly || user.mode == UserMode::kBridgeOnly) {
    return Refused(absl::StatusCode::kFailedPrecondition, "NO_OUTLOOK", "the user does not use Outlook");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(auto known, parts_.store.FindByUid(owner, item_uid, deadline));
  if (known) return InviteFor(user, *std::move(known));
  auto uid = item_uid;
  BridgeMeeting meeting{.state = BridgeState::kPrepared};
  CROSSPOINT_ASSIGN_OR_RETURN(const auto open, OpenItem(user, item_uid, deadline));
  if (open) {
    if (!open->ical_uid.empty()) uid = open->ical_uid;
    meeting.fields = FieldsOf(*open);
    CROSSPOINT_ASSIGN_OR_RETURN(known, parts_.store.FindByUid(owner, uid, deadline));
    if (known) return InviteFor(user, *std::move(known));
  }
  // Named after the item, so that two clicks at once meet in one record.
  meeting.id = MeetingId{"c" + KeyOf(owner.Name() + "\n" + uid).value};
  meeting.ical_uid = uid;
  const auto now = parts_.clock.Now();
  meeting.expires = now + kInviteLife;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto before, parts_.store.Get(owner, meeting.id, deadline));
  if (before && before->state != BridgeState::kCancelled) return InviteFor(user, *before);
  if (before) meeting.revision = before->revision;  // was called off, and is made anew
  Note(meeting, now, "a conference was attached to an open invitation");
  auto made = Make(user, std::move(meeting), {}, deadline);
  if (HasReason(made.status(), kMeetingChanged)) {
    CROSSPOINT_ASSIGN_OR_RETURN(known, parts_.store.FindByUid(owner, uid, deadline));
    if (known) return InviteFor(user, *std::move(known));
  }
  if (!made.ok()) return made.status();
  return InviteFor(user, *std::move(made));
}

absl::StatusOr<BridgeMeeting> Invitations::Confirm(const UserId& owner, const MeetingId& id, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, parts_.users.Find(owner));
  CROSSPOINT_ASSIGN_OR_RETURN(auto meeting, parts_.store.Get(owner, id, deadline));
  if (!meeting || meeting->state == BridgeState::kCancelled) return NotThere("no such invitation");
  if (meeting->state == BridgeState::kLive) return *std::move(meeting);
  if (HasLiveLink(user.mode)) return MailboxIsWatched("the sent invitation confirms itself");
  if (meeting->fields.end == TimePoint{}) {
    return InvalidField("name", "an invitation whose time is known; an attached one is known by its sent item alone");
  }
  const auto now = parts_.clock.Now();
  Note(*meeting, now, "confirmed as sent: a meeting from now on");
  auto live = parts_.store.Put(GoLive(*std::move(meeting), now), deadline);
  if (!HasReason(live.status(), kMeetingChanged)) return live;
  // Somebody confirmed it at the same moment.
  CROSSPOINT_ASSIGN_OR_RETURN(auto newer, parts_.store.Get(owner, id, deadline));
  if (newer && newer->state == BridgeState::kLive) return *std::move(newer);
  return live.status();
}

absl::StatusOr<BridgeMeeting> Invitations::Create(const UserId& owner, const MeetingFields& fields,
                                                  const RequestKey& request, Deadline deadline) {
  CROSSPOINT_RETURN_IF_ERROR(CheckFields(fields));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto user, parts_.users.Find(owner));
  if (HasLiveLink(user.mode)) return MailboxIsWatched("prepare an invitation");
  CROSSPOINT_ASSIGN_OR_RETURN(auto known, Repeated(owner, request, deadline));
  if (known) return *std::move(known);
  BridgeMeeting meeting{.id = MeetingId{parts_.ids.NewId("c")}, .state = BridgeState::kLive, .fields = fields};
  Note(meeting, parts_.clock.Now(), "made on the bridge");
  return Make(user, std::move(meeting), request, deadline);
}

}  // namespace crosspoint::meeting_sync
