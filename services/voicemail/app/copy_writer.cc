#include "voicemail/app/copy_writer.h"

#include "common/status/status.h"

namespace crosspoint::voicemail {

absl::Status CopyWriter::Write(const UserId& user, const VoicemailId& id) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto record, copies_.GetCopy(user, id));
  if (!record || (!record->owes_read && !record->owes_place)) return absl::OkStatus();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto mailbox, users_.MailboxOf(user));
  CROSSPOINT_ASSIGN_OR_RETURN(auto found, mailboxes_.Find(mailbox, id, record->copy.item));
  if (found.place == CopyPlace::kGone && record->owes_place && !record->deleted) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto message, store_.Get(user, id));
    if (!message) return absl::OkStatus();
    CROSSPOINT_ASSIGN_OR_RETURN(found, mailboxes_.Create(mailbox, *message));
  }
  CROSSPOINT_ASSIGN_OR_RETURN(found, Settle(mailbox, *record, std::move(found)));
  CROSSPOINT_RETURN_IF_ERROR(copies_.CopyWritten(user, *record, found));
  auto settled = *record;
  settled.owes_read = settled.owes_place = false;
  if (settled.DiffersFrom(found)) look_(user);
  return absl::OkStatus();
}

absl::StatusOr<CopyState> CopyWriter::Settle(const MailboxAddress& mailbox, const CopyRecord& record, CopyState found) {
  if (found.place == CopyPlace::kGone) return found;
  // One that was made by an attempt nobody remembers may have been deleted by its owner since: it is not brought back.
  const bool is_known = record.copy.place != CopyPlace::kNone;
  if (record.owes_place && (is_known || record.deleted) && found.deleted() != record.deleted) {
    CROSSPOINT_ASSIGN_OR_RETURN(
        found, mailboxes_.Move(mailbox, found, record.deleted ? CopyPlace::kDeletedItems : CopyPlace::kInbox));
  }
  const bool heard = record.state == MessageState::kHeard;
  if (record.owes_read && found.read != heard) {
    CROSSPOINT_RETURN_IF_ERROR(mailboxes_.SetRead(mailbox, found, heard));
    found.read = heard;
  }
  return found;
}

}  // namespace crosspoint::voicemail
