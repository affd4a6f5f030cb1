#include "meeting_sync/adapters/ews_writer.h"

#include <algorithm>

#include "common/status/status.h"
#include "connectors/ews/item_gone.h"
#include "connectors/ews/properties.h"
#include "meeting_sync/adapters/ews_convert.h"

namespace crosspoint::meeting_sync {

absl::StatusOr<ItemRef> EwsMailboxWriter::Write(const Mailbox& mailbox, const Meeting& seen,
                                                const MeetingFields& wanted, const std::vector<Field>& fields,
                                                const std::string& correlation_id, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, servers_.ClientOf(mailbox, deadline));
  auto update = UpdateFor(wanted, fields);
  if (!correlation_id.empty()) update.set_properties.push_back({ews::CrosspointIdPath(), correlation_id});
  if (update.empty()) return seen.item;
  // A named property alone is nothing that anybody invited needs to hear of.
  const bool told = seen.invitations_sent && std::any_of(fields.begin(), fields.end(), [](Field field) {
                      return field != Field::kAvailabilityState;
                    });
  const bool tells_new_people = !wanted.attendees.empty() && !fields.empty() && seen.attendees.empty();
  const auto invitations = told || tells_new_people ? ews::Invitations::kAndSaveCopy : ews::Invitations::kNone;
  const auto call = CallFor(mailbox, deadline);
  // Before it is sent: the mailbox may tell of it sooner than the answer is here.
  written_.Note(seen.item.id, std::chrono::steady_clock::now());
  absl::StatusOr<ews::ItemId> written;
  if (!seen.item.change_key.empty()) {
    written = client->UpdateCalendarItem(ews::ItemId{seen.item.id, seen.item.change_key}, update, invitations, call);
  } else {
    // A server without change keys: what is there now must be what was decided by.
    CROSSPOINT_ASSIGN_OR_RETURN(const auto item, client->GetCalendarItem(ews::ItemId{seen.item.id, ""}, OurProperties(),
                                                                         ews::Detail::kFacts, call));
    if (FieldsOf(MeetingFrom(item)) != FieldsOf(seen)) return absl::AbortedError("the item has changed since");
    written = client->UpdateCalendarItemVerified(item, update, invitations, call);
  }
  if (!written.ok()) return written.status();
  return ItemRef{written->id.empty() ? seen.item.id : written->id, written->change_key};
}

absl::Status EwsMailboxWriter::Remove(const Mailbox& mailbox, const Meeting& seen, Deadline deadline) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto* client, servers_.ClientOf(mailbox, deadline));
  const auto call = CallFor(mailbox, deadline);
  const ews::ItemId id{seen.item.id, seen.item.change_key};
  written_.Note(seen.item.id, std::chrono::steady_clock::now());
  const bool tell = seen.invitations_sent && !FieldsOf(seen).attendees.empty();
  const auto status = client->DeleteCalendarItem(id, ews::DeleteType::kMoveToDeletedItems,
                                                 tell ? ews::Invitations::kAndSaveCopy : ews::Invitations::kNone, call);
  return ews::IsItemGone(status) ? absl::OkStatus() : status;
}

}  // namespace crosspoint::meeting_sync
