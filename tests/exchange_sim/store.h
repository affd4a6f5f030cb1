#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "exchange_sim/items/item.h"
#include "exchange_sim/server/subscriptions.h"

namespace crosspoint::exchange_sim {

enum class Disposal { kHardDelete, kSoftDelete, kMoveToDeletedItems };

// When the organisation came to be, and what its sync states are bound to.
struct Birth {
  Seconds began = 0;
  uint64_t epoch = 0;

  static Birth Fresh();
};

// The whole organisation, in memory. Everything but the construction needs `mu`.
class Store {
 public:
  Store(int people, uint64_t seed, const Birth& birth = Birth::Fresh());
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::mutex mu;

  uint64_t epoch() const { return epoch_; }
  void NewEpoch() { ++epoch_; }  // every sync state given out so far becomes invalid

  Mailbox& AddMailbox(Person person);
  Mailbox* FindMailbox(std::string_view address);  // by any of its addresses
  Mailbox* MailboxByNumber(uint64_t number);
  // Who has the address; unlike FindMailbox this never makes up what lies in the mailbox.
  const Person* FindPerson(std::string_view address) const;
  // All of people. What lies in them is there only once somebody looked: ask MailboxByNumber for that.
  const std::map<uint64_t, Mailbox>& mailboxes() const { return mailboxes_; }
  // The public folders, which everybody may read. Not among mailboxes().
  Mailbox& public_folders() { return public_folders_; }
  // Visible people whom `entry` finds, by display name.
  std::vector<const Person*> ResolveNames(std::string_view entry) const;

  Item& AddItem(Mailbox& mailbox, uint64_t folder, Item item);
  // Puts a message into the Inbox.
  Item& Deliver(Mailbox& mailbox, Item message);
  // After a change of `item`: next version and change number, and everybody is told.
  enum class Changed { kContent, kReadFlag };
  void Touch(Mailbox& mailbox, Item& item, Changed changed = Changed::kContent);
  // Into another folder, perhaps of another mailbox: a new id, as far as clients can see.
  Item& Move(Mailbox& from, uint64_t item, Mailbox& to, uint64_t folder);
  Item& Copy(Mailbox& from, uint64_t item, Mailbox& to, uint64_t folder);
  void Remove(Mailbox& mailbox, uint64_t item, Disposal disposal);

  Subscriptions subscriptions;
  void Publish(const Mailbox& mailbox, const Event& event) { subscriptions.Publish(mailbox.number, event); }

 private:
  void Furnish(Mailbox& mailbox);
  Item& Put(Mailbox& mailbox, uint64_t folder, Item item);
  Item TakeOut(Mailbox& mailbox, uint64_t number);
  void PublishFolder(const Mailbox& mailbox, const Folder& folder);

  uint64_t epoch_;
  uint64_t seed_;
  Seconds began_;
  Mailbox public_folders_;
  std::map<uint64_t, Mailbox> mailboxes_;
  std::map<std::string, uint64_t> by_address_;  // lower case
};

}  // namespace crosspoint::exchange_sim
