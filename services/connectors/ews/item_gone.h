#pragma once

#include "connectors/ews/errors.h"

namespace crosspoint::ews {

// Whether an answer about an item means that there is none. A server that has moved on to other ids calls the old ones
// malformed.
inline bool IsItemGone(const absl::Status& status) {
  if (absl::IsNotFound(status)) return ReactionOf(status) == Reaction::kGone;
  const auto code = ResponseCodeOf(status);
  return code == "ErrorInvalidId" || code == "ErrorInvalidIdMalformed";
}

}  // namespace crosspoint::ews
