#include "meeting_sync/adapters/push_outbox.h"

#include "common/redis/outbox_answers.h"
#include "meeting_sync/adapters/meeting_codec.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

// A lasting refusal of one meeting must not hold back the user's other entries for long: it is left to the next look at
// the mailbox, and stays visible in ExplainMeeting.
constexpr FinalAnswers kFinal{
    .at_once = {},
    .after_attempts = {absl::StatusCode::kInvalidArgument, absl::StatusCode::kNotFound,
                       absl::StatusCode::kPermissionDenied, absl::StatusCode::kUnauthenticated,
                       absl::StatusCode::kFailedPrecondition, absl::StatusCode::kAlreadyExists,
                       absl::StatusCode::kOutOfRange, absl::StatusCode::kUnimplemented, absl::StatusCode::kInternal,
                       absl::StatusCode::kDataLoss, absl::StatusCode::kCancelled, absl::StatusCode::kUnknown}};

absl::Status Carry(UserBook& users, LiveLink& link, const MeetingName& name, Deadline deadline) {
  const auto user = users.Find(name.user);
  // Whoever has no mailbox here (any more) has nothing to be written to.
  if (absl::IsNotFound(user.status()) || absl::IsFailedPrecondition(user.status())) return absl::OkStatus();
  if (!user.ok()) return user.status();
  if (!user->mailbox) return absl::OkStatus();
  return link.Reconcile(*user->mailbox, *name.bridge_id, deadline);
}

}  // namespace

OutboxWorker::Handler PushOutboxHandler(UserBook& users, LiveLink& link, OutboxWorker::Handler others) {
  return [&users, &link, others = std::move(others)](const OutboxDelivery& delivered, Deadline deadline) {
    if (delivered.entry.type != kPushType) return others(delivered, deadline);
    const auto name = DecodePush(delivered.entry.payload);
    if (!name) return absl::InvalidArgumentError("unreadable outbox entry");
    return ForWorker(Carry(users, link, *name, deadline), delivered.attempt, kFinal);
  };
}

}  // namespace crosspoint::meeting_sync
