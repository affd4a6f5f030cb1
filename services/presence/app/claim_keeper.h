#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "presence/app/ports.h"
#include "presence/app/presence_feed.h"
#include "presence/domain/own_word.h"

namespace crosspoint::presence {

// Changes and lists claims. Thread-safe; calls wait for the store.
class ClaimKeeper {
 public:
  // All must outlive the keeper.
  ClaimKeeper(PresenceStore& store, ChangePublisher& publisher, PresenceFeed& feed)
      : store_(store), publisher_(publisher), feed_(feed) {}

  struct PutResult {
    Claim claim;
    Presence presence;
  };
  // Adds or replaces a claim of an automatic source.
  absl::StatusOr<PutResult> Put(const UserId& user, const ClaimWish& wish, Deadline deadline);
  absl::StatusOr<Presence> Delete(const UserId& user, const ClaimId& claim, Deadline deadline);

  // The user's own word by hand; see PlanOwnWord. `request_id` may be empty.
  //   kInvalidArgument  request_id was used with another content
  absl::StatusOr<Presence> Say(const UserId& user, const OwnWord& word, const std::string& request_id,
                               Deadline deadline);
  // Takes the user's own word by hand back.
  absl::StatusOr<Presence> Clear(const UserId& user, Deadline deadline);

  // Claims that have not ended, strongest first: by class, then start, then revision, whether they have begun or not.
  absl::StatusOr<std::vector<Claim>> List(const UserId& user, Deadline deadline);

 private:
  absl::StatusOr<ChangeResult> Change(const UserId& user, const ClaimChange& change, Deadline deadline);

  PresenceStore& store_;
  ChangePublisher& publisher_;
  PresenceFeed& feed_;
};

}  // namespace crosspoint::presence
