#include "voicemail/app/copy_sync.h"

#include <algorithm>
#include <map>

#include "common/brake/deletion_brake.h"
#include "common/status/status.h"
#include "voicemail/app/reasons.h"

namespace crosspoint::voicemail {
namespace {

// How often a message that changes under our hands is looked at again; the next run finds what is left.
constexpr int kLooks = 3;

bool Contains(const std::vector<std::string>& ids, const std::string& id) {
  return !id.empty() && std::find(ids.begin(), ids.end(), id) != ids.end();
}

const CopyState* Told(const FolderChanges& folder, const VoicemailId& id) {
  const auto it = folder.here.find(id);
  return it == folder.here.end() ? nullptr : &it->second;
}

}  // namespace

absl::StatusOr<CopySyncReport> CopySync::Run(const MailboxAddress& mailbox, bool confirm) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto lease, copies_.AcquireLease(mailbox.user));
  auto report = RunLeased(mailbox, confirm, lease);
  copies_.ReleaseLease(mailbox.user, lease);
  return report;
}

absl::StatusOr<FolderChanges> CopySync::ReadFolder(const MailboxAddress& mailbox, CopyPlace folder,
                                                   const std::string& state, bool& anew) {
  anew = state.empty();
  auto changes = mailboxes_.Changes(mailbox, folder, state);
  if (changes.ok() || !HasReason(changes.status(), kSyncStateLost)) return changes;
  log_.Info("sync_state_lost", {{"user", mailbox.user.Name()}});
  anew = true;
  return mailboxes_.Changes(mailbox, folder, "");
}

absl::StatusOr<std::vector<Observation>> CopySync::Observe(const MailboxAddress& mailbox,
                                                           const std::vector<CopyRecord>& records,
                                                           const Reading& reading, bool confirm) {
  std::vector<Observation> observations;
  for (const auto& record : records) {
    if (record.copy.place == CopyPlace::kNone) continue;  // the writer has it in hand
    const auto* in_inbox = Told(reading.inbox, record.id);
    const auto* in_deleted = Told(reading.deleted, record.id);
    const bool left =
        Contains(reading.inbox.left, record.copy.item) || Contains(reading.deleted.left, record.copy.item);
    const bool unmentioned = (reading.inbox_anew && record.copy.place == CopyPlace::kInbox) ||
                             (reading.deleted_anew && record.copy.place == CopyPlace::kDeletedItems);
    // It may have moved on between the two readings.
    const bool unclear = in_inbox != nullptr && in_deleted != nullptr;
    if (!unclear && (in_inbox != nullptr || in_deleted != nullptr)) {
      observations.push_back({record.id, in_inbox != nullptr ? *in_inbox : *in_deleted});
    } else if (unclear || left || unmentioned || record.DiffersFrom(record.copy) ||
               (confirm && record.copy.place == CopyPlace::kElsewhere)) {
      CROSSPOINT_ASSIGN_OR_RETURN(auto copy, mailboxes_.Find(mailbox, record.id, record.copy.item));
      observations.push_back({record.id, std::move(copy)});
    } else {
      auto copy = record.copy;
      for (const auto* folder : {&reading.inbox, &reading.deleted}) {
        if (const auto read = folder->read.find(copy.item); read != folder->read.end()) copy.read = read->second;
      }
      if (copy != record.copy) observations.push_back({record.id, std::move(copy)});
    }
  }
  return observations;
}

absl::StatusOr<bool> CopySync::ApplyAll(const MailboxAddress& mailbox, const CopyLease& lease, uint64_t began,
                                        std::vector<Observation> observations) {
  for (int look = 0; look < kLooks && !observations.empty(); ++look) {
    std::vector<Observation> again;
    for (auto& observation : observations) {
      CROSSPOINT_ASSIGN_OR_RETURN(const auto applied,
                                  copies_.Apply(mailbox.user, lease, began, observation, clock_.Now()));
      if (applied == Applied::kTouched) again.push_back(std::move(observation));
    }
    if (again.empty()) return true;
    CROSSPOINT_ASSIGN_OR_RETURN(began, copies_.Counter(mailbox.user));
    for (auto& observation : again) {
      CROSSPOINT_ASSIGN_OR_RETURN(observation.copy, mailboxes_.Find(mailbox, observation.id, observation.copy.item));
    }
    observations = std::move(again);
  }
  return observations.empty();
}

absl::StatusOr<CopySyncReport> CopySync::RunLeased(const MailboxAddress& mailbox, bool confirm,
                                                   const CopyLease& lease) {
  const auto& user = mailbox.user;
  CROSSPOINT_ASSIGN_OR_RETURN(const auto began, copies_.Counter(user));
  CROSSPOINT_ASSIGN_OR_RETURN(auto point, copies_.LoadPoint(user));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto records, copies_.Copies(user));
  Reading reading;
  CROSSPOINT_ASSIGN_OR_RETURN(reading.inbox,
                              ReadFolder(mailbox, CopyPlace::kInbox, point.inbox_state, reading.inbox_anew));
  CROSSPOINT_ASSIGN_OR_RETURN(reading.deleted,
                              ReadFolder(mailbox, CopyPlace::kDeletedItems, point.deleted_state, reading.deleted_anew));
  CROSSPOINT_ASSIGN_OR_RETURN(auto observations, Observe(mailbox, records, reading, confirm));

  CopySyncReport report{.seen = static_cast<int>(reading.inbox.here.size() + reading.deleted.here.size())};
  std::map<VoicemailId, const CopyRecord*> by_id;
  for (const auto& record : records) by_id[record.id] = &record;
  const auto removes = [&](const Observation& observation) {
    const auto& record = *by_id.at(observation.id);
    return observation.copy.deleted() && !record.deleted && !record.owes_place;
  };
  const auto removals = std::count_if(observations.begin(), observations.end(), removes);
  const auto linked = std::count_if(records.begin(), records.end(), [](const auto& r) { return !r.deleted; });
  if (!point.brake_released && BrakeStops(static_cast<size_t>(removals), static_cast<size_t>(linked))) {
    report.stopped = static_cast<int>(removals);
    std::erase_if(observations, removes);
  }
  report.changed = static_cast<int>(observations.size());
  CROSSPOINT_ASSIGN_OR_RETURN(const bool settled, ApplyAll(mailbox, lease, began, std::move(observations)));
  if (report.changed > 0) changes_.Changed(user);
  if (report.stopped > 0 && report.stopped != point.stopped_deletions) {
    log_.Error("deletion_brake", {{"user", user.Name()}, {"deletions", report.stopped}});
  }
  // While something is left to be applied, the next run must be told of it again.
  if (settled && report.stopped == 0) {
    point.inbox_state = std::move(reading.inbox.state);
    point.deleted_state = std::move(reading.deleted.state);
    point.release_used = point.brake_released;
  }
  point.stopped_deletions = report.stopped;
  CROSSPOINT_RETURN_IF_ERROR(copies_.SavePoint(user, lease, point));
  return report;
}

}  // namespace crosspoint::voicemail
