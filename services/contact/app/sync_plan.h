#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "contact/app/mailbox_ports.h"

namespace crosspoint::contact {

// What is known of the items that changed.
struct Known {
  std::map<std::string, std::string> contacts;  // item -> contact that came from it
  std::map<std::string, Linked> linked;         // by contact, those and the ones that items name
};

struct SyncPlan {
  SyncCommit commit;
  struct Removal {
    std::string contact;
    uint64_t edition = 0;
  };
  std::vector<Removal> removals;  // contacts that are gone from the mailbox, and not yet part of `commit`
  struct Conflict {
    std::string contact;
    std::vector<std::string> fields;
  };
  std::vector<Conflict> conflicts;
};

// What the changes of a mailbox mean for our contacts. An item that is gone while its contact was changed here comes
// back. `new_id` gives ids, `region` says how numbers are meant.
SyncPlan PlanSync(const std::vector<MailboxChange>& changes, const Known& known, const std::string& region,
                  const std::function<std::string()>& new_id);

// A contact with the item it stands for, after the item was read.
struct ItemMerge {
  ContactWrite write;  // brings the contact up to date
  Link link;
  bool push = false;  // the item lacks what was changed here
  std::vector<std::string> conflicts;
};
//   kInvalidArgument  the item says nothing that could be a contact
absl::StatusOr<ItemMerge> MergeItem(const Linked& linked, const MailboxItem& item, const std::string& region);

}  // namespace crosspoint::contact
