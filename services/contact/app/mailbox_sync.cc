#include "contact/app/mailbox_sync.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/brake/deletion_brake.h"
#include "common/status/status.h"
#include "contact/app/reasons.h"
#include "contact/domain/mailbox_card.h"

namespace crosspoint::contact {
namespace {

// More changes than any folder has mean that the server never says "last".
constexpr size_t kMaxChanges = 200'000;
constexpr size_t kWritesPerStep = 200;

// The last word on each item, in the order in which they were first named.
std::vector<MailboxChange> LastOfEach(std::vector<MailboxChange> changes) {
  std::map<std::string, size_t> at;
  std::vector<MailboxChange> last;
  for (auto& change : changes) {
    const auto [known, fresh] = at.emplace(change.item.id, last.size());
    if (fresh) {
      last.push_back(std::move(change));
    } else {
      last[known->second] = std::move(change);
    }
  }
  return last;
}

}  // namespace

std::string MailboxSync::RegionOf(const UserId& user) const {
  const auto region = regions_.find(user.tenant);
  return region == regions_.end() ? "" : region->second;
}

absl::StatusOr<MailboxSync::Reading> MailboxSync::ReadChanges(const Mailbox& mailbox, const SyncPoint& point) {
  Reading reading;
  reading.reset = point.sync_state.empty();
  reading.sync_state = point.sync_state;
  while (true) {
    auto page = mailboxes_.Changes(mailbox, reading.sync_state);
    if (!page.ok() && HasReason(page.status(), kSyncStateLost) && !reading.reset) {
      log_.Info("sync_state_lost", {{"user", mailbox.user.Name()}});
      reading = {.changes = {}, .sync_state = "", .reset = true};
      continue;
    }
    if (!page.ok()) return Annotate(page.status(), "read contact changes");
    reading.sync_state = std::move(page->sync_state);
    std::ranges::move(page->changes, std::back_inserter(reading.changes));
    if (page->last) break;
    if (reading.changes.size() > kMaxChanges) return absl::UnavailableError("the list of changes has no end");
  }
  reading.changes = LastOfEach(std::move(reading.changes));
  return reading;
}

// After a reset, what the server did not mention is asked for one by one: an unmentioned item is no proof of a
// deletion. Source: DESIGN, Deletion brake.
absl::Status MailboxSync::ConfirmUnseen(const Mailbox& mailbox, Reading& reading) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto all, store_.AllItems(mailbox.user));
  std::set<std::string> seen;
  for (const auto& change : reading.changes) seen.insert(change.item.id);
  std::vector<std::string> unseen;
  for (const auto& [item, contact] : all) {
    if (!seen.contains(item)) unseen.push_back(item);
  }
  if (unseen.empty()) return absl::OkStatus();
  CROSSPOINT_ASSIGN_OR_RETURN(auto found, mailboxes_.Get(mailbox, unseen));
  for (size_t i = 0; i < unseen.size() && i < found.size(); ++i) {
    MailboxChange change{.removed = !found[i].has_value(), .item = {.id = unseen[i]}};
    if (found[i]) change.item = *std::move(found[i]);
    reading.changes.push_back(std::move(change));
  }
  return absl::OkStatus();
}

absl::StatusOr<Known> MailboxSync::LoadKnown(const UserId& user, const std::vector<MailboxChange>& changes) {
  std::vector<std::string> items;
  std::set<std::string> contacts;
  for (const auto& change : changes) {
    items.push_back(change.item.id);
    if (!change.item.contact.empty()) contacts.insert(change.item.contact);
  }
  Known known;
  CROSSPOINT_ASSIGN_OR_RETURN(known.contacts, store_.ContactsOf(user, items));
  for (const auto& [item, contact] : known.contacts) contacts.insert(contact);
  CROSSPOINT_ASSIGN_OR_RETURN(known.linked, store_.Load(user, {contacts.begin(), contacts.end()}));
  return known;
}

void MailboxSync::ApplyBrake(const UserId& user, const SyncPoint& point, SyncPlan& plan, SyncReport& report) {
  if (plan.removals.empty()) return;
  const bool stops = BrakeStops(plan.removals.size(), static_cast<size_t>(point.linked));
  // While an administrator decides about some, more that go join them.
  if (stops || point.held > 0) {
    report.held = static_cast<int>(plan.removals.size());
    for (auto& removal : plan.removals) plan.commit.hold.push_back(std::move(removal.contact));
    if (stops) {
      log_.Error("contact_deletions_stopped",
                 {{"user", user.Name()}, {"deletions", report.held}, {"linked", point.linked}});
    }
    return;
  }
  report.removed = static_cast<int>(plan.removals.size());
  for (auto& [contact, edition] : plan.removals) {
    plan.commit.writes.push_back({.kind = ContactWrite::Kind::kDelete, .id = contact, .edition = edition});
    plan.commit.unlinked.push_back(std::move(contact));
  }
}

// A script stops the store for everybody while it runs, so long lists go in steps. What is written twice is the same.
absl::Status MailboxSync::CommitInSteps(const UserId& user, const MailboxLease& lease, SyncCommit commit) {
  while (commit.writes.size() > kWritesPerStep) {
    SyncCommit step;
    const auto end = commit.writes.begin() + kWritesPerStep;
    step.writes.assign(std::make_move_iterator(commit.writes.begin()), std::make_move_iterator(end));
    commit.writes.erase(commit.writes.begin(), end);
    for (const auto& write : step.writes) {
      if (auto link = commit.links.extract(write.id); !link.empty()) step.links.insert(std::move(link));
    }
    CROSSPOINT_RETURN_IF_ERROR(store_.Commit(user, lease, step));
  }
  return store_.Commit(user, lease, commit);
}

absl::StatusOr<SyncReport> MailboxSync::Pull(const Mailbox& mailbox, const MailboxLease& lease) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto begun, store_.Now());
  CROSSPOINT_ASSIGN_OR_RETURN(const auto point, store_.LoadPoint(mailbox.user));
  CROSSPOINT_ASSIGN_OR_RETURN(auto reading, ReadChanges(mailbox, point));
  if (reading.reset) CROSSPOINT_RETURN_IF_ERROR(ConfirmUnseen(mailbox, reading));
  CROSSPOINT_ASSIGN_OR_RETURN(const auto known, LoadKnown(mailbox.user, reading.changes));
  auto plan = PlanSync(reading.changes, known, RegionOf(mailbox.user), [this] { return ids_.NewId("c"); });
  SyncReport report{.changes = static_cast<int>(reading.changes.size()), .reset = reading.reset};
  for (const auto& conflict : plan.conflicts) {
    report.conflicts += static_cast<int>(conflict.fields.size());
    for (const auto& field : conflict.fields) {
      log_.Info("contact_conflict", {{"contact", ContactId{mailbox.user, conflict.contact}.Name()}, {"field", field}});
    }
  }
  ApplyBrake(mailbox.user, point, plan, report);
  plan.commit.sync_state = std::move(reading.sync_state);
  plan.commit.begun_us = begun;
  CROSSPOINT_RETURN_IF_ERROR(CommitInSteps(mailbox.user, lease, std::move(plan.commit)));
  return report;
}

absl::Status MailboxSync::Push(const Mailbox& mailbox, const MailboxLease& lease, const std::string& contact) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto loaded, store_.Load(mailbox.user, {contact}));
  const auto at = loaded.find(contact);
  const Linked linked = at == loaded.end() ? Linked{} : at->second;
  if (!linked.contact) return PushDeletion(mailbox, lease, contact, linked);
  std::vector<std::optional<MailboxItem>> items;
  if (linked.link) {
    CROSSPOINT_ASSIGN_OR_RETURN(items, mailboxes_.Get(mailbox, {linked.link->item}));
  } else {
    // An earlier try may have made it.
    CROSSPOINT_ASSIGN_OR_RETURN(auto made, mailboxes_.Find(mailbox, contact));
    if (!made.empty()) items.emplace_back(std::move(made.front()));
  }
  if (items.empty() || !items.front()) {
    // Deleted there and not changed here since: the next reading says so.
    if (linked.link && CardOf(linked.contact->facts) == linked.link->base) return absl::OkStatus();
    return PushNew(mailbox, lease, *linked.contact);
  }
  return PushChange(mailbox, lease, linked, *items.front());
}

absl::Status MailboxSync::PushDeletion(const Mailbox& mailbox, const MailboxLease& lease, const std::string& contact,
                                       const Linked& linked) {
  std::vector<std::string> items;
  if (linked.link) {
    items.push_back(linked.link->item);
  } else {
    CROSSPOINT_ASSIGN_OR_RETURN(const auto made, mailboxes_.Find(mailbox, contact));
    for (const auto& item : made) items.push_back(item.id);
  }
  for (const auto& item : items) CROSSPOINT_RETURN_IF_ERROR(mailboxes_.Delete(mailbox, item));
  SyncCommit commit;
  commit.unlinked.push_back(contact);
  commit.release.push_back(contact);
  return store_.Commit(mailbox.user, lease, commit);
}

absl::Status MailboxSync::PushNew(const Mailbox& mailbox, const MailboxLease& lease, const Contact& contact) {
  const auto card = CardOf(contact.facts);
  CROSSPOINT_ASSIGN_OR_RETURN(const auto made, mailboxes_.Create(mailbox, contact.id, card));
  SyncCommit commit;
  commit.writes.push_back({.kind = ContactWrite::Kind::kMove,
                           .id = contact.id,
                           .source = Source::kExchange,
                           .source_id = made.id,
                           .facts = {}});
  commit.links[contact.id] = {.item = made.id, .change_key = made.change_key, .base = card};
  return store_.Commit(mailbox.user, lease, commit);
}

absl::Status MailboxSync::PushChange(const Mailbox& mailbox, const MailboxLease& lease, const Linked& linked,
                                     const MailboxItem& item) {
  CROSSPOINT_ASSIGN_OR_RETURN(auto merge, MergeItem(linked, item, RegionOf(mailbox.user)));
  if (merge.push) {
    const auto card = CardOf(merge.write.facts);
    CROSSPOINT_ASSIGN_OR_RETURN(const auto updated, mailboxes_.Update(mailbox, item, card));
    merge.link.change_key = updated.change_key;
    merge.link.base = card;
  }
  SyncCommit commit;
  const auto& contact = *linked.contact;
  const bool facts_changed = merge.write.facts != contact.facts;
  if (!facts_changed) merge.write.kind = ContactWrite::Kind::kMove;
  commit.writes.push_back(std::move(merge.write));
  commit.links[contact.id] = std::move(merge.link);
  return store_.Commit(mailbox.user, lease, commit);
}

absl::Status MailboxSync::ResolveBrake(const UserId& user, const MailboxLease& lease, bool proceed) {
  CROSSPOINT_ASSIGN_OR_RETURN(const auto held, store_.Held(user));
  if (held.empty()) {
    return Refused(absl::StatusCode::kFailedPrecondition, kNothingHeld, "no deletions wait for a decision");
  }
  CROSSPOINT_ASSIGN_OR_RETURN(const auto loaded, store_.Load(user, held));
  SyncCommit commit;
  for (const auto& contact : held) {
    const auto known = loaded.find(contact);
    const bool there = known != loaded.end() && known->second.contact;
    if (proceed && there) {
      commit.writes.push_back(
          {.kind = ContactWrite::Kind::kDelete, .id = contact, .edition = known->second.contact->edition});
    } else if (there) {
      commit.tell.push_back(contact);
    }
    commit.unlinked.push_back(contact);
    commit.release.push_back(contact);
  }
  return CommitInSteps(user, lease, std::move(commit));
}

}  // namespace crosspoint::contact
