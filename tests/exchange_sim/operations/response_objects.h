#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "exchange_sim/call.h"

namespace crosspoint::exchange_sim {

// What MessageDisposition asks for.
enum class Disposition { kSaveOnly, kSendOnly, kSendAndSaveCopy };
//   ErrorMessageDispositionRequired  the attribute is missing
absl::StatusOr<Disposition> DispositionOf(Call& call);

// A message that `sender` begins to write.
Item NewDraft(const Mailbox& sender);
// Saves or sends a message of the caller; the Items of the answer.
absl::StatusOr<std::string> Dispatch(Call& call, Item item, Disposition disposition);

// Elements of CreateItem that answer another item: AcceptItem, ReplyToItem, CancelCalendarItem, …
bool IsResponseObject(std::string_view element);
absl::StatusOr<std::string> Respond(Call& call, pugi::xml_node element);

}  // namespace crosspoint::exchange_sim
