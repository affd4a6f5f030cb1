#include "voicemail/app/sweeper.h"

#include <algorithm>

#include "common/status/status.h"
#include "voicemail/domain/blob_key.h"

namespace crosspoint::voicemail {
namespace {

constexpr std::chrono::hours kYoung{1};

}  // namespace

absl::StatusOr<bool> Sweeper::IsNeeded(const std::string& key) {
  const auto owner = OwnerOf(key);
  if (!owner) return true;  // not ours to remove
  if (owner->greeting.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(const bool forgotten,
                                store_.Forget(owner->user, owner->message, clock_.Now() - kRetention));
    return !forgotten;
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto greetings, store_.Greetings(owner->user));
  return std::any_of(greetings.begin(), greetings.end(), [&](const auto& greeting) {
    return greeting.state == owner->greeting && greeting.audio.sha256 == owner->sha256;
  });
}

absl::StatusOr<SweepReport> Sweeper::Sweep() {
  SweepReport report;
  absl::Status trouble;
  CROSSPOINT_RETURN_IF_ERROR(blobs_.Visit(clock_.Now() - kYoung, [&](const std::string& key) {
    if (!trouble.ok()) return;
    const auto needed = IsNeeded(key);
    if (!needed.ok()) {
      trouble = needed.status();
    } else if (*needed) {
      ++report.kept;
    } else {
      trouble = blobs_.Remove(key);
      ++report.removed;
    }
  }));
  CROSSPOINT_RETURN_IF_ERROR(trouble);
  return report;
}

}  // namespace crosspoint::voicemail
