#pragma once

#include "common/grpcx/call.h"
#include "meeting_sync/app/meeting_book.h"

namespace crosspoint::meeting_sync {

// As whom the caller looks at the meetings of `owner`.
inline Viewer ViewerOf(const grpcx::Call& call, const UserId& owner) {
  const auto& principal = *call.principal;
  const bool is_owner = principal.kind == grpcx::Principal::Kind::kUnchecked || principal.user == owner;
  return is_owner ? Viewer::kOwner : Viewer::kOther;
}

}  // namespace crosspoint::meeting_sync
