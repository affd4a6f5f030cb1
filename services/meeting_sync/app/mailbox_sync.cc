#include "meeting_sync/app/mailbox_sync.h"

#include <algorithm>
#include <set>

#include "common/status/status.h"
#include "meeting_sync/app/reasons.h"

namespace crosspoint::meeting_sync {
namespace {

using std::chrono::hours;

// The horizon moves when it has come this much nearer: the daily roll, a little early so that a late one loses nothing.
constexpr hours kRollAfter{20};
// Items at the seam of two windows are read with both.
constexpr hours kSeam{24};
// More changes than any calendar has mean that the provider never says "last".
constexpr size_t kMaxChanges = 200'000;

}  // namespace

absl::StatusOr<MailboxSync::Reading> MailboxSync::ReadChanges(const Mailbox& mailbox, const SyncPoint& point) {
  Reading reading;
  reading.reset = point.sync_state.empty() || point.resync_request != 0;
  reading.sync_state = reading.reset ? std::string() : point.sync_state;
  while (true) {
    auto page = calendar_.Changes(mailbox, reading.sync_state);
    if (!page.ok() && HasReason(page.status(), kSyncStateLost) && !reading.reset) {
      log_.Info("sync_state_lost", {{"user", mailbox.user.Name()}});
      reading = {.reset = true};
      continue;
    }
    if (!page.ok()) return Annotate(page.status(), "read calendar changes");
    reading.sync_state = std::move(page->sync_state);
    std::move(page->changes.begin(), page->changes.end(), std::back_inserter(reading.changes));
    if (page->last) return reading;
    if (reading.changes.size() > kMaxChanges) return absl::UnavailableError("the list of changes has no end");
  }
}

// After a reset, what the provider did not mention is asked for one by one: an unmentioned item is no proof of a
// deletion. Source: DESIGN, Deletion brake.
absl::Status MailboxSync::ConfirmUnseen(const Mailbox& mailbox, const SyncWindow& window, const Reading& reading,
                                        LinkTable& links) {
  std::set<ItemKey> seen;
  for (const auto& change : reading.changes) seen.insert(KeyOf(change.entry.item.id));
  std::vector<ItemKey> keys;
  std::vector<std::string> ids;
  for (const auto& [key, link] : links) {
    if (link.kind == EntryKind::kOccurrence || seen.contains(key)) continue;
    keys.push_back(key);
    ids.push_back(link.item.id);
  }
  if (ids.empty()) return absl::OkStatus();
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, calendar_.Confirm(mailbox, ids));
  for (size_t i = 0; i < keys.size(); ++i) {
    if (found[i] && window.Keeps(*found[i])) {
      links.insert_or_assign(keys[i], LinkOf(*found[i]));
    } else {
      links.erase(keys[i]);
    }
  }
  return absl::OkStatus();
}

// Items told long ago that lay beyond the window then are not told again when it reaches them.
absl::Status MailboxSync::ExtendWindow(const Mailbox& mailbox, const SyncPoint& point, const SyncWindow& window,
                                       LinkTable& links) {
  const auto from = std::max(point.window_end - kSeam, window.start);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto entries, calendar_.View(mailbox, from, window.end));
  for (const auto& entry : entries) {
    if (entry.kind == EntryKind::kSingle && window.Keeps(entry))
      links.insert_or_assign(KeyOf(entry.item.id), LinkOf(entry));
  }
  return absl::OkStatus();
}

absl::Status MailboxSync::RefreshOccurrences(const Mailbox& mailbox, const SyncWindow& window, bool reset,
                                             LinkTable& links) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto view, calendar_.View(mailbox, window.view_start, window.view_end));
  auto missing = ReplaceOccurrences(view, links);
  if (!reset) return absl::OkStatus();
  std::erase_if(missing, [&](const ItemLink& link) { return link.end <= window.view_start; });
  if (missing.empty()) return absl::OkStatus();
  std::vector<std::string> ids;
  for (const auto& link : missing) ids.push_back(link.item.id);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto found, calendar_.Confirm(mailbox, ids));
  for (size_t i = 0; i < missing.size(); ++i) {
    if (!found[i] || !window.Keeps(*found[i])) continue;
    auto link = LinkOf(*found[i]);
    link.key = missing[i].key;
    links.insert_or_assign(link.key, std::move(link));
  }
  return absl::OkStatus();
}

absl::StatusOr<SyncReport> MailboxSync::Run(const Mailbox& mailbox, const MailboxLease& lease) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto point, store_.LoadPoint(mailbox.user));
  CROSSPOINT_ASSIGN_OR_RETURN(auto reading, ReadChanges(mailbox, point));
  const auto now = clock_.Now();
  const auto window = SyncWindow::At(now);
  if (follower_) CROSSPOINT_RETURN_IF_ERROR(follower_(mailbox, reading.changes, reading.reset));
  const bool roll = !reading.reset && point.view_end < window.view_end - kRollAfter;

  SyncCommit commit;
  if (reading.reset || roll || !reading.changes.empty()) {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto stored, store_.LoadItems(mailbox.user));
    auto links = stored.links;
    const bool series = ApplyChanges(reading.changes, window, links);
    if (reading.reset) CROSSPOINT_RETURN_IF_ERROR(ConfirmUnseen(mailbox, window, reading, links));
    if (roll) CROSSPOINT_RETURN_IF_ERROR(ExtendWindow(mailbox, point, window, links));
    if (series || roll || reading.reset) {
      CROSSPOINT_RETURN_IF_ERROR(RefreshOccurrences(mailbox, window, reading.reset, links));
    }
    ForgetOld(window, links);
    commit.links = DiffLinks(stored.links, links);
    // Asked to read everything anew, we also say everything anew: presence may have lost claims.
    const bool say_all = point.resync_request != 0;
    const auto placed = say_all ? ClaimTable{} : stored.claims;
    const auto wanted = PlanClaims(links, now);
    commit.claims = DiffClaims(placed, wanted, now);
    if (say_all) {
      const auto stale = DiffClaims(stored.claims, wanted, now);
      commit.claims.deleted = stale.deleted;
      commit.claims.ended = stale.ended;
    }
    point.linked_items = static_cast<int>(links.size());
    if (reading.reset || roll) {
      point.window_end = window.end;
      point.view_end = window.view_end;
    }
  }
  point.sync_state = std::move(reading.sync_state);
  point.sync_time = now;
  point.problem.clear();
  point.fence = lease.fence;
  commit.point = std::move(point);
  CROSSPOINT_RETURN_IF_ERROR(store_.Commit(mailbox.user, lease, commit));
  return SyncReport{.changes = static_cast<int>(reading.changes.size()),
                    .claims_put = static_cast<int>(commit.claims.put.size()),
                    .claims_deleted = static_cast<int>(commit.claims.deleted.size()),
                    .reset = reading.reset};
}

absl::Status MailboxSync::Retire(const UserId& user, const MailboxLease& lease) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto stored, store_.LoadItems(user));
  return store_.Drop(user, lease, stored.claims);
}

}  // namespace crosspoint::meeting_sync
