#include "contact/app/sync_plan.h"

#include <utility>

#include "common/status/status.h"
#include "contact/domain/mailbox_card.h"

namespace crosspoint::contact {
namespace {

// The contact an item stands for; empty when it is a new one.
std::string ContactOf(const MailboxItem& item, const Known& known) {
  if (const auto at = known.contacts.find(item.id); at != known.contacts.end()) {
    const auto linked = known.linked.find(at->second);
    if (linked != known.linked.end() && linked->second.contact) return at->second;
  }
  if (item.contact.empty()) return "";
  const auto linked = known.linked.find(item.contact);
  if (linked == known.linked.end() || !linked->second.contact) return "";
  // A copied item names the contact of the original.
  if (linked->second.link && linked->second.link->item != item.id) return "";
  return item.contact;
}

bool ChangedHere(const Linked& linked) {
  return linked.contact && linked.link && CardOf(linked.contact->facts) != linked.link->base;
}

void PlanNew(const MailboxItem& item, const std::string& region, const std::function<std::string()>& new_id,
             SyncPlan& plan) {
  auto facts = item.card;
  // An item without name, number or address is nobody.
  if (!Complete(facts, region, "").ok()) return;
  const auto id = new_id();
  plan.commit.links[id] = {.item = item.id, .change_key = item.change_key, .base = CardOf(facts)};
  plan.commit.writes.push_back({.kind = ContactWrite::Kind::kUpsert,
                                .id = id,
                                .source = Source::kExchange,
                                .source_id = item.id,
                                .facts = std::move(facts)});
}

}  // namespace

absl::StatusOr<ItemMerge> MergeItem(const Linked& linked, const MailboxItem& item, const std::string& region) {
  auto theirs = item.card;
  CROSSPOINT_RETURN_IF_ERROR(Complete(theirs, region, ""));
  theirs = CardOf(theirs);
  const auto& contact = *linked.contact;
  // An item that was made for the contact and is not linked yet says what we wrote.
  const auto& base = linked.link ? linked.link->base : theirs;
  ItemMerge merge;
  merge.link = {.item = item.id, .change_key = item.change_key, .base = theirs};
  merge.write = {.kind = ContactWrite::Kind::kUpdate,
                 .id = contact.id,
                 .source = Source::kExchange,
                 .source_id = item.id,
                 .edition = contact.edition,
                 .facts = contact.facts};
  if (theirs != base) {
    const auto newer = item.modified_us >= contact.update_time_us ? Newer::kTheirs : Newer::kOurs;
    auto merged = Merge(base, contact.facts, theirs, newer);
    CROSSPOINT_RETURN_IF_ERROR(Complete(merged.facts, region, ""));
    merge.write.facts = std::move(merged.facts);
    merge.conflicts = std::move(merged.conflicts);
  }
  merge.push = CardOf(merge.write.facts) != theirs;
  return merge;
}

SyncPlan PlanSync(const std::vector<MailboxChange>& changes, const Known& known, const std::string& region,
                  const std::function<std::string()>& new_id) {
  SyncPlan plan;
  for (const auto& change : changes) {
    const auto& item = change.item;
    if (change.removed) {
      const auto at = known.contacts.find(item.id);
      const auto linked = at == known.contacts.end() ? known.linked.end() : known.linked.find(at->second);
      if (linked == known.linked.end() || !linked->second.contact) continue;
      if (linked->second.link && linked->second.link->item != item.id) continue;
      if (ChangedHere(linked->second)) {
        plan.commit.unlinked.push_back(linked->first);
        plan.commit.tell.push_back(linked->first);
      } else {
        plan.removals.push_back({linked->first, linked->second.contact->edition});
      }
      continue;
    }
    const auto contact = ContactOf(item, known);
    if (contact.empty()) {
      PlanNew(item, region, new_id, plan);
      continue;
    }
    auto merge = MergeItem(known.linked.at(contact), item, region);
    if (!merge.ok()) continue;
    plan.commit.links[contact] = std::move(merge->link);
    plan.commit.writes.push_back(std::move(merge->write));
    plan.commit.release.push_back(contact);
    if (merge->push) plan.commit.tell.push_back(contact);
    if (!merge->conflicts.empty()) plan.conflicts.push_back({contact, std::move(merge->conflicts)});
  }
  return plan;
}

}  // namespace crosspoint::contact
